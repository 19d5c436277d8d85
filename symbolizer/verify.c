/* verify.c - walks a stack twice and prints what differs. */
#include "verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DUMP_MAX = 4096, LINE_BYTES = 32 };

/* A walk's result, for comparison. */
struct result {
    struct frame *frames;
    uint32_t depth;
    enum stack_end end;
};

static bool keep_result(struct result *result, const struct unwinder *u, enum stack_end end)
{
    *result = (struct result){ .depth = u->depth, .end = end };
    result->frames = calloc(u->depth + 1, sizeof(*result->frames));
    if (!result->frames)
        return false;
    if (u->depth)
        memcpy(result->frames, u->frames, u->depth * sizeof(*result->frames));
    return true;
}

static bool same_result(const struct result *a, const struct result *b)
{
    return a->end == b->end && a->depth == b->depth &&
           !memcmp(a->frames, b->frames, a->depth * sizeof(*a->frames));
}

static void print_marks(FILE *file, uint32_t marks)
{
    for (uint32_t mark = 1; mark <= marks; mark <<= 1) {
        if (marks & mark)
            fprintf(file, " %s", frame_mark_name((enum frame_mark)mark));
    }
}

static void print_result(FILE *file, const char *by, const struct result *result)
{
    fprintf(file, "  by %s: %s\n", by, stack_end_name(result->end));
    for (uint32_t i = 0; i < result->depth; i++) {
        fprintf(file, "    module %" PRIu32 " +0x%" PRIx64, result->frames[i].module,
                result->frames[i].offset);
        print_marks(file, result->frames[i].marks);
        fputc('\n', file);
    }
}

static void print_registers(FILE *file, const struct target *target,
                            const struct user_regs_struct *known)
{
    struct user_regs_struct all = *known, *r = &all;

    if (target->read_registers)
        target->read_registers(target->context, r);
    fprintf(file,
            "  rip %llx rsp %llx rbp %llx rbx %llx r12 %llx r13 %llx r14 %llx r15 %llx\n"
            "  rax %llx rcx %llx rdx %llx rsi %llx rdi %llx r8 %llx r9 %llx r10 %llx r11 %llx\n",
            r->rip, r->rsp, r->rbp, r->rbx, r->r12, r->r13, r->r14, r->r15, r->rax, r->rcx, r->rdx,
            r->rsi, r->rdi, r->r8, r->r9, r->r10, r->r11);
}

static void print_stack(FILE *file, const struct unwinder *u)
{
    for (size_t i = 0; i < u->stack_size && i < DUMP_MAX; i++) {
        if (i % LINE_BYTES == 0)
            fprintf(file, "%s  %" PRIx64 ":", i ? "\n" : "", u->stack_start + i);
        fprintf(file, "%s%02x", i % 8 ? "" : " ", u->stack[i]);
    }
    fputc('\n', file);
}

enum stack_end verify_unwind(struct verify *verify, struct unwinder *u, struct space *space,
                             const struct target *target, const struct user_regs_struct *registers)
{
    struct result by_rows, by_reference;

    if (!verify->every || verify->stacks++ % verify->every)
        return unwind(u, space, target, registers);
    enum stack_end end = unwind_by_reference(u, space, target, registers);
    if (!keep_result(&by_reference, u, end))
        return unwind(u, space, target, registers);
    end = unwind(u, space, target, registers);
    if (keep_result(&by_rows, u, end)) {
        verify->verified++;
        if (!same_result(&by_rows, &by_reference)) {
            verify->differences++;
            fprintf(verify->file, "systrace-lib: verify: difference %" PRIu64 "\n",
                    verify->differences);
            print_result(verify->file, "rows", &by_rows);
            print_result(verify->file, "libunwind", &by_reference);
            print_registers(verify->file, target, registers);
            print_stack(verify->file, u);
        }
        free(by_rows.frames);
    }
    free(by_reference.frames);
    return end;
}
