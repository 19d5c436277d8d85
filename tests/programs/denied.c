/*
 * denied.c - a seccomp filter of the program's own: getsid is answered by EPERM, 3 times, and
 * counted as denied, where the engine can tell; getpgid is trapped once, and the handler of SIGSYS
 * calls getpgrp once; getppid is allowed, twice.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void handle(int signal)
{
    (void)signal;
    getpgrp();
}

int main(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsid, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 2, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

    signal(SIGSYS, handle);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        return 2;
    for (int i = 0; i < 3; i++)
        if (getsid(0) != -1 || errno != EPERM)
            return 1;
    getpgid(0);
    getppid();
    getppid();
    return 0;
}
