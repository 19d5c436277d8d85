/*
 * uring.c - io_uring: one io_uring_setup, and one io_uring_enter for two requests, which are no
 * system calls: one does nothing, the other makes a directory (there is no mkdirat). All is the
 * executable's.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { REQUESTS = 2 };

static void *map(int ring, size_t size, off_t what)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);
}

static unsigned *word(void *ring, __u32 offset)
{
    return (unsigned *)(void *)((char *)ring + offset);
}

int main(void)
{
    struct io_uring_params params = { 0 };
    const int fd = (int)syscall(SYS_io_uring_setup, REQUESTS, &params);

    if (fd < 0)
        return 2;
    void *submissions =
        map(fd, params.sq_off.array + REQUESTS * sizeof(unsigned), IORING_OFF_SQ_RING);
    void *completions =
        map(fd, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
            IORING_OFF_CQ_RING);
    struct io_uring_sqe *requests = map(fd, REQUESTS * sizeof(*requests), IORING_OFF_SQES);
    if (submissions == MAP_FAILED || completions == MAP_FAILED || requests == MAP_FAILED)
        return 2;
    requests[0].opcode = IORING_OP_NOP;
    requests[1] = (struct io_uring_sqe){
        .opcode = IORING_OP_MKDIRAT, .fd = AT_FDCWD, .addr = (uintptr_t) "made", .len = 0700
    };
    for (unsigned i = 0; i < REQUESTS; i++)
        word(submissions, params.sq_off.array)[i] = i;
    __atomic_store_n(word(submissions, params.sq_off.tail), REQUESTS, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, fd, REQUESTS, REQUESTS, IORING_ENTER_GETEVENTS, NULL, 0) !=
        REQUESTS)
        return 1;
    const struct io_uring_cqe *results = (void *)word(completions, params.cq_off.cqes);
    return results[0].res || results[1].res;
}
