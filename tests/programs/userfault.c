/*
 * userfault.c - serves the pages of a stack of its own by a thread (userfaultfd(2)). A function on
 * its lower page takes the upper one away, on which the frames are that called it, and asks for
 * getppid: whoever reads those frames waits until the thread has served them. `userfault device`
 * gets its descriptor from /dev/userfaultfd.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 16, SIZE = PAGES * PAGE };

#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xaa, 0x00)
#endif

static char *stack, *saved; /* where pages are served, and their contents */
static int fault_fd;
static ucontext_t outside, inside;

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static void *serve(void *unused)
{
    struct uffd_msg message;

    (void)unused;
    while (read(fault_fd, &message, sizeof(message)) == sizeof(message)) {
        __u64 page = message.arg.pagefault.address & ~(__u64)(PAGE - 1);
        struct uffdio_copy copy = { .dst = page,
                                    .src = (__u64)(saved + ((char *)page - stack)),
                                    .len = PAGE };
        if (ioctl(fault_fd, UFFDIO_COPY, &copy))
            fail("UFFDIO_COPY");
    }
    return NULL;
}

/* On the lower page: the upper one is far enough away by what the caller keeps. */
static __attribute__((noinline)) int ask(void)
{
    char *here = (char *)((unsigned long)__builtin_frame_address(0) & ~(PAGE - 1ul));

    here += PAGE;
    memcpy(saved + (here - stack), here, (size_t)(stack + SIZE - here));
    if (madvise(here, (size_t)(stack + SIZE - here), MADV_DONTNEED))
        fail("madvise");
    return (int)syscall(SYS_getppid);
}

static __attribute__((noinline)) int call_deeper(void)
{
    volatile char room[2 * PAGE];

    room[0] = room[sizeof(room) - 1] = 1;
    int result = ask();
    return result + room[0] - room[sizeof(room) - 1];
}

static void run(void)
{
    call_deeper();
}

static void open_descriptor(int by_device)
{
    struct uffdio_api api = { .api = UFFD_API };
    int device = by_device ? open("/dev/userfaultfd", O_RDWR | O_CLOEXEC) : -1;

    fault_fd = by_device ? ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC)
                         : (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (fault_fd < 0 || ioctl(fault_fd, UFFDIO_API, &api))
        fail("userfaultfd");
}

int main(int argc, char **argv)
{
    pthread_t thread;

    (void)argv;
    open_descriptor(argc > 1);
    stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    saved = calloc(PAGES, PAGE);
    struct uffdio_register range = { .range = { (__u64)stack, SIZE },
                                     .mode = UFFDIO_REGISTER_MODE_MISSING };
    if (stack == MAP_FAILED || !saved || ioctl(fault_fd, UFFDIO_REGISTER, &range))
        fail("stack");
    if (pthread_create(&thread, NULL, serve, NULL) || getcontext(&inside))
        fail("start");
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = SIZE;
    inside.uc_link = &outside;
    makecontext(&inside, run, 0);
    if (swapcontext(&outside, &inside))
        fail("swapcontext");
    puts("served");
    return 0;
}
