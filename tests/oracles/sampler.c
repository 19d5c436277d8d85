/*
 * sampler.c - takes the place of symbolizer/unwind/verify.c in a tracer of its own,
 * tests/oracles/sampler: every N-th new stack of --verify=N is unwound by rows, by libunwind, by
 * libdwfl and by gdb, and handed to tests/oracles/gdb.py for comparison as a line of JSON. It must
 * be started by tests/oracles/sample, with $SYSTRACE_ORACLES a directory where gdb.py listens.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "sampled.h"
#include "symbolizer/unwind/verify.h"
#include "tracer/procfs.h"
#include "tracer/view.h"
#include "tracer/tracee.h"
#include "symbolizer/unwind/site.h"

static struct {
    int listener;  /* gdb connects to it, to look at the thread */
    FILE *samples; /* to gdb.py; NULL: there is nobody */
    uint64_t left; /* how many samples are wanted */
    struct stacks seen;
} sampler;

/* What is known of the process beside its stack. */
struct picture {
    struct space *space;
    char *maps; /* the text of /proc/TID/maps */
};

static struct sockaddr_un socket_address(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", getenv("SYSTRACE_ORACLES"), name);
    return address;
}

/* Before main: descriptors are opened close-on-exec and never reach the program. */
__attribute__((constructor)) static void start(void)
{
    const char *wanted = getenv("SYSTRACE_ORACLES_SAMPLES");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!getenv("SYSTRACE_ORACLES") || stacks_init(&sampler.seen))
        return;
    struct sockaddr_un samples = socket_address("samples"), remote = socket_address("remote");
    sampler.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(sampler.listener, (struct sockaddr *)&remote, sizeof(remote)) < 0 ||
        listen(sampler.listener, 1) < 0 ||
        connect(fd, (struct sockaddr *)&samples, sizeof(samples)) < 0) {
        perror("sampler");
        exit(125);
    }
    sampler.samples = fdopen(fd, "w");
    sampler.left = wanted ? strtoull(wanted, NULL, 10) : UINT64_MAX;
    unsetenv("SYSTRACE_ORACLES"); /* it is not for the program */
    unsetenv("SYSTRACE_ORACLES_SAMPLES");
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static const char *cfi_name(const struct site *site)
{
    static const char *const names[] = { [SITE_COVERED] = "covered",
                                         [SITE_AT_END] = "at-end",
                                         [SITE_ENTRY] = "entry",
                                         [SITE_NO_CFI] = "no-cfi",
                                         [SITE_BAD_CFI] = "bad-cfi" };
    return site ? names[site->cfi] : "unmapped";
}

/* Is this glibc's __start_context, the bottom of a makecontext(3) stack? By its first instructions,
 * mov %rbx,%rsp; mov (%rsp),%rdi. */
static bool in_start_context(const struct site *site)
{
    static const uint8_t first[] = { 0x48, 0x89, 0xdc, 0x48, 0x8b, 0x3c, 0x24 };
    uint8_t code[sizeof(first)];
    uint64_t offset;

    return site->image && site->start &&
           image_offset(site->image, site->start - site->bias, &offset) &&
           image_bytes(site->image, offset, code, sizeof(code)) &&
           !memcmp(code, first, sizeof(code));
}

/* The kinds of code that matter to the comparison. */
static const char *kind_name(const struct site *site)
{
    return !site                             ? "none"
           : in_start_context(site)          ? "start-context"
           : site->row.kind == ROW_OUTERMOST ? "outermost"
           : site->row.kind == ROW_CODE      ? "code"
           : site->row.kind == ROW_SIGNAL    ? "signal"
                                             : "other";
}

/* Can the file be found by the name that it was mapped by, if not in the root of the process? */
static bool file_here(const struct region *region)
{
    struct stat file;

    return !region->image || !region->inode ||
           (!stat(region->image->module.path, &file) && file.st_ino == region->inode);
}

static bool files_here(const struct space *space)
{
    bool here = true;

    for (size_t i = 0; i < space->code->region_count; i++)
        here &= file_here(&space->code->regions[i]);
    return here;
}

/* Is the file of a region mapped from its beginning more than once? */
static bool mapped_twice(const char *maps, const struct region *region)
{
    struct mapping m;
    int count = 0;

    while (maps_next(&maps, &m) > 0)
        count += m.inode && m.inode == region->inode && m.device == region->device && !m.offset;
    return count > 1;
}

/* Where the code of a frame is mapped: the address in the first such mapping from *region on, which
 * becomes the next one; 0: in none. */
static uint64_t frame_address(const struct space *space, const struct frame *frame, size_t *region)
{
    while (*region < space->code->region_count) {
        const struct region *r = &space->code->regions[(*region)++];
        if (r->image && r->image->number == frame->module && frame->offset >= r->offset &&
            frame->offset - r->offset < r->end - r->start)
            return r->start + (frame->offset - r->offset);
    }
    return 0;
}

static json_t *marks_of(const struct frame *frame)
{
    json_t *list = json_array();

    for (unsigned mark = 1; mark <= frame->marks; mark <<= 1) {
        if (frame->marks & mark)
            json_array_append_new(list, json_string(frame_mark_name((enum frame_mark)mark)));
    }
    return list;
}

/*
 * One frame, as the others see it: its pc is the address that was looked up, and `beyond` bytes. A
 * file may be mapped twice (node maps its own code again, nearer to what it compiles), and frames
 * are kept as places in files: then the frame is at one of several addresses.
 */
/* The pcs that a frame may have: `beyond` its address. A file may be mapped twice (node maps its
 * own code again, nearer to what it compiles), and frames are kept as places in files. */
static json_t *our_pcs(const struct space *space, const struct frame *frame, uint64_t beyond)
{
    json_t *pcs = json_array();
    size_t region = 0;
    uint64_t address;

    if (frame->module == MODULE_ANON)
        json_array_append_new(pcs, number(frame->offset + beyond));
    else
        while ((address = frame_address(space, frame, &region)))
            json_array_append_new(pcs, number(address + beyond));
    return pcs;
}

/* The frame that called `inner`, if any. */
static json_t *our_frame(const struct picture *picture, const struct frame *frame, uint64_t beyond,
                         const struct site *inner, const struct site **ret)
{
    size_t region = 0;
    uint64_t address = frame->module == MODULE_ANON ? frame->offset
                                                    : frame_address(picture->space, frame, &region);
    const struct region *mapping = space_find(picture->space, address);
    const struct site *site = site_known(picture->space, address);

    *ret = site;
    if (site && in_start_context(site) && site->start == address)
        beyond = 0; /* where no call returns to */
    return json_pack("{so ss* ss ss sb sb sb sb so}", "pcs", our_pcs(picture->space, frame, beyond),
                     "module", site && site->image ? site->image->module.name : NULL, "cfi",
                     cfi_name(site), "kind", kind_name(site), "go", site && site->go, "calls",
                     site && inner && site->callee && site->callee == inner->start, "gone",
                     mapping && !file_here(mapping), "twice",
                     mapping && mapped_twice(picture->maps, mapping), "marks", marks_of(frame));
}

/* The last walk. Its sites are what was looked up: the pc itself after a frame that was not called,
 * the byte before it else. Frames of tail calls are not on the stack. */
static json_t *our_walk(const struct picture *picture, const struct unwinder *u,
                        uint64_t first_beyond, enum stack_end end)
{
    json_t *list = json_array();
    const struct site *site = NULL;
    uint64_t beyond = first_beyond;

    for (uint32_t i = 0; i < u->depth; i++) {
        if (u->frames[i].marks & FRAME_TAIL)
            continue;
        json_array_append_new(list, our_frame(picture, &u->frames[i], beyond, site, &site));
        beyond = !(site && site->uncalled);
    }
    return json_pack("{ss so}", "end", stack_end_name(end), "frames", list);
}

static json_t *dwfl_walk(const struct sampled *sampled)
{
    static uint64_t pcs[SAMPLED_MAX];
    const char *end;
    size_t count = by_dwfl(sampled, pcs, &end);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s[o]}", "pcs", number(pcs[i])));
    return json_pack("{ss so}", "end", end, "frames", list);
}

/*
 * How far beyond the address that we look up the others are to begin. They look the innermost frame
 * up at its pc, which is beyond the `syscall`; where that is beyond the function's unwind entry as
 * well (of glibc's __restore_rt, clone, clone3 and vfork), they begin in the last instruction that
 * the entry covers, where all registers are as they are now.
 */
static int first_beyond(const struct unwinder *u, const struct space *space, uint64_t rip)
{
    const struct site *site = site_known(space, rip - SYSCALL_SIZE);

    if (site && site->cfi == SITE_AT_END)
        return -1;
    return u->frames[0].marks & FRAME_SIGNAL ? 0 : SYSCALL_SIZE;
}

/* How gdb may open the program: by its name, so that it need not read it again next time, or else
 * by /proc. */
static json_t *program_path(pid_t tid)
{
    char link[64], path[PATH_MAX];
    struct stat by_link, by_path;

    snprintf(link, sizeof(link), "/proc/%d/exe", (int)tid);
    ssize_t size = readlink(link, path, sizeof(path) - 1);
    path[size < 0 ? 0 : size] = '\0';
    bool same = !stat(link, &by_link) && !stat(path, &by_path) &&
                by_link.st_dev == by_path.st_dev && by_link.st_ino == by_path.st_ino;
    return json_string(same ? path : link);
}

/* Where the vDSO is: gdb finds it by itself only in processes of its own. */
static uint64_t vdso_address(const struct space *space)
{
    for (size_t i = 0; i < space->code->region_count; i++) {
        const struct region *r = &space->code->regions[i];
        if (r->image && !strcmp(r->image->module.name, "[vdso]"))
            return r->start;
    }
    return 0;
}

/* All that is known without gdb. */
static json_t *describe(const struct picture *picture, struct unwinder *u, enum stack_end end,
                        struct sampled *sampled)
{
    const uint64_t rip = sampled->registers.rip;
    const uint64_t beyond = (uint64_t)first_beyond(u, picture->space, rip);
    json_t *sample = json_object();
    struct registerset registers;

    registerset_split(&sampled->registers, &registers);
    json_object_set_new(sample, "rows", our_walk(picture, u, beyond, end));
    end = unwind_by_reference(u, picture->space, sampled->target, &registers);
    json_object_set_new(sample, "libunwind", our_walk(picture, u, beyond, end));
    sampled->registers.rip = rip - SYSCALL_SIZE + beyond;
    json_object_set_new(sample, "libdwfl", dwfl_walk(sampled));
    json_object_set_new(sample, "tid", json_integer(sampled->tid));
    json_object_set_new(sample, "program", program_path(sampled->tid));
    json_object_set_new(sample, "files_here", json_boolean(files_here(picture->space)));
    json_object_set_new(sample, "vdso", number(vdso_address(picture->space)));
    json_object_set_new(sample, "call", number(sampled->registers.orig_rax));
    return sample;
}

/* Lets gdb unwind as well. False: it does not answer. */
static bool hand_over(const json_t *sample, const struct sampled *sampled)
{
    return !json_dumpf(sample, sampler.samples, JSON_COMPACT) &&
           putc('\n', sampler.samples) != EOF && fflush(sampler.samples) != EOF &&
           remote_serve(sampler.listener, sampled) >= 0;
}

static void take_sample(struct verify *verify, struct unwinder *u, struct space *space,
                        const struct target *target, enum stack_end end)
{
    struct picture picture = { .space = space };
    struct sampled sampled = { .tid = ((const struct view *)target->context)->tracee->tid,
                               .target = target };

    if (ptrace(PTRACE_GETREGS, sampled.tid, 0, &sampled.registers) < 0 ||
        target->read_maps(target->context, &picture.maps) < 0)
        return; /* it was killed */
    json_t *sample = describe(&picture, u, end, &sampled);
    if (hand_over(sample, &sampled)) {
        verify->verified++;
    } else {
        fprintf(stderr, "sampler: gdb does not answer\n");
        fclose(sampler.samples);
        sampler.samples = NULL;
        verify->differences++; /* makes the exit status 125 */
    }
    json_decref(sample);
    free(picture.maps);
}

int64_t verify_unwind(struct verify *verify, struct unwinder *u, struct space *space,
                      const struct target *target, const struct registerset *registers,
                      int64_t spawner)
{
    enum stack_end end = unwind(u, space, target, registers);
    int64_t known = sampler.seen.count;

    if (sampler.samples && sampler.left && verify->every && u->depth &&
        stacks_intern(&sampler.seen, u->frames, u->depth, end) >= known &&
        !(verify->stacks++ % verify->every)) {
        sampler.left--;
        take_sample(verify, u, space, target, end);
    }
    return unwind_number(u, space, target, registers, spawner);
}
