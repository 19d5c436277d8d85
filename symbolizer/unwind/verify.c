/* verify.c - walks a stack twice and prints what differs. */
#include "verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DUMP_MAX = 4096, LINE_BYTES = 32 };

/* A stack, with its frames from the innermost. */
struct walked {
    uint32_t depth;
    enum stack_end end;
    struct frame *frames; /* for the caller to free */
};

/* Keeps the frames of the last walk. */
static bool keep_frames(struct walked *ret, const struct unwinder *u, enum stack_end end)
{
    *ret = (struct walked){ .depth = u->depth, .end = end };
    ret->frames = calloc(u->depth + 1, sizeof(*ret->frames));
    if (!ret->frames)
        return false;
    if (u->depth)
        memcpy(ret->frames, u->frames, u->depth * sizeof(*ret->frames));
    return true;
}

/* The same of a stack that has a number. */
static bool get_frames(struct walked *ret, const struct unwinder *u, uint32_t number)
{
    const struct stack *stack = &u->stacks->stacks[number];

    *ret = (struct walked){ .depth = stack->depth, .end = stack->end };
    ret->frames = calloc(stack->depth + 1, sizeof(*ret->frames));
    if (ret->frames)
        stacks_frames(u->stacks, number, ret->frames);
    return ret->frames;
}

static bool same_stack(const struct walked *a, const struct walked *b)
{
    return a->end == b->end && a->depth == b->depth &&
           (!a->depth || !memcmp(a->frames, b->frames, a->depth * sizeof(*a->frames)));
}

static void print_marks(FILE *file, uint32_t marks)
{
    for (uint32_t mark = 1; mark <= marks; mark <<= 1) {
        if (marks & mark)
            fprintf(file, " %s", frame_mark_name((enum frame_mark)mark));
    }
}

static void print_frames(FILE *file, const char *by, const struct walked *stack)
{
    fprintf(file, "  by %s: %s\n", by, stack_end_name(stack->end));
    for (uint32_t i = 0; i < stack->depth; i++) {
        fprintf(file, "    module %" PRIu32 " +0x%" PRIx64, stack->frames[i].module,
                stack->frames[i].offset);
        print_marks(file, stack->frames[i].marks);
        fputc('\n', file);
    }
}

static void print_registers(FILE *file, const struct target *target,
                            const struct registerset *known)
{
    struct registerset r = *known;

    if (target->read_registers)
        target->read_registers(target->context, &r);
    fputc(' ', file);
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        fprintf(file, " %s %" PRIx64, registerset_name(i), r.all[i]);
    fputc('\n', file);
}

static void print_stack(FILE *file, struct unwinder *u)
{
    unwinder_read_up_to(u, u->stack_start + DUMP_MAX);
    for (size_t i = 0; i < u->stack_size && i < DUMP_MAX; i++) {
        if (i % LINE_BYTES == 0)
            fprintf(file, "%s  %" PRIx64 ":", i ? "\n" : "", u->stack_start + i);
        fprintf(file, "%s%02x", i % 8 ? "" : " ", u->stack[i]);
    }
    fputc('\n', file);
}

int64_t verify_unwind(struct verify *verify, struct unwinder *u, struct space *space,
                      const struct target *target, const struct registerset *registers,
                      int64_t spawner)
{
    struct walked ours = { 0 }, by_reference;

    if (!verify->every || verify->stacks++ % verify->every)
        return unwind_number(u, space, target, registers, spawner);
    enum stack_end end = unwind_by_reference(u, space, target, registers);
    bool kept = keep_frames(&by_reference, u, unwind_beyond(u, end, spawner));
    int64_t number = unwind_number(u, space, target, registers, spawner);
    if (kept && number >= 0 && get_frames(&ours, u, (uint32_t)number)) {
        bool same = same_stack(&ours, &by_reference);
        /* Of a thread that was killed meanwhile the two walks may have seen more or less. */
        bool comparable = same || !unwinder_lost_thread(u);
        verify->verified += comparable;
        if (!same && comparable) {
            verify->differences++;
            fprintf(verify->file, "systrace-lib: verify: difference %" PRIu64 "\n",
                    verify->differences);
            print_frames(verify->file, "us", &ours);
            print_frames(verify->file, "libunwind", &by_reference);
            print_registers(verify->file, target, registers);
            print_stack(verify->file, u);
        }
    }
    free(ours.frames);
    free(by_reference.frames);
    return number;
}
