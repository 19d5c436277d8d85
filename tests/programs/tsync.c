/*
 * tsync.c - two threads that only compute; then a third installs a filter for all of them
 * (SECCOMP_FILTER_FLAG_TSYNC) that denies getppid with ENOSYS, and they make 1000 getppid each,
 * without any call before. A fourth sits in epoll_wait meanwhile, which must not fail with EINTR.
 * `tsync twice`: the third has installed one before that is for itself alone.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS = 1000, SPINNERS = 2 };

static atomic_int running, go, wrong;

static long raw(long nr)
{
    long ret;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(nr) : "rcx", "r11", "memory");
    return ret;
}

static void *spin(void *unused)
{
    (void)unused;
    running++;
    while (!go)
        ;
    for (int i = 0; i < CALLS; i++)
        wrong += raw(SYS_getppid) != -ENOSYS;
    return NULL;
}

static void *wait_for_event(void *context)
{
    struct epoll_event event = { .events = EPOLLIN };
    int *fds = context;

    running++;
    wrong += epoll_wait(fds[0], &event, 1, -1) != 1;
    return NULL;
}

static int install(unsigned flags)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int main(int argc, char **argv)
{
    (void)argv;
    pthread_t spinners[SPINNERS], waiter;
    int fds[2] = { epoll_create1(0), eventfd(0, 0) };
    struct epoll_event event = { .events = EPOLLIN };

    epoll_ctl(fds[0], EPOLL_CTL_ADD, fds[1], &event);
    for (int i = 0; i < SPINNERS; i++)
        pthread_create(&spinners[i], NULL, spin, NULL);
    pthread_create(&waiter, NULL, wait_for_event, fds);
    while (running < SPINNERS + 1)
        usleep(1000);
    usleep(50000); /* until it waits */
    int result = argc > 1 && install(0);
    result |= install(SECCOMP_FILTER_FLAG_TSYNC);
    go = 1;
    for (int i = 0; i < SPINNERS; i++)
        pthread_join(spinners[i], NULL);
    eventfd_write(fds[1], 1);
    pthread_join(waiter, NULL);
    printf("installed %d, wrong %d\n", result, wrong);
    return 0;
}
