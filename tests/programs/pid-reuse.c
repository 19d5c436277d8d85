/*
 * pid-reuse.c - `pid-reuse FILE COUNT`: COUNT times one and the same pid is in turn a child that
 * calls getsid and ends; a thread that becomes cat, and so gives its pid up; meanwhile a child that
 * calls getsid; a child that becomes FILE; a thread that calls getpgrp; a child that is killed; and
 * a child whose other thread becomes FILE. (clone3's set_tid, which takes privileges, also in a
 * user and pid namespace of its own.)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK = 64 * 1024 };

static pid_t pid;
static const char *file;
static volatile int thread_runs; /* the kernel clears it when the thread is done */

/* (A thread that has ended may have its pid a little longer.) */
static pid_t fork_as(pid_t wanted)
{
    struct clone_args args = { .exit_signal = SIGCHLD,
                               .set_tid = wanted ? (uintptr_t)&wanted : 0,
                               .set_tid_size = wanted != 0 };
    pid_t child;

    while ((child = (pid_t)syscall(SYS_clone3, &args, sizeof(args))) < 0 && errno == EEXIST)
        usleep(1000);
    return child;
}

/* The thread's start, on a stack of its own: there is nothing to return to. */
long clone3_to(struct clone_args *args, size_t size, void (*start)(void));
__asm__(".text\n"
        "clone3_to:\n"
        ".cfi_startproc\n"
        "    movq %rdx, %r8\n"
        "    movl $435, %eax\n"
        "    syscall\n"
        "    testq %rax, %rax\n"
        "    jz thread_start\n"
        "    ret\n"
        ".cfi_endproc\n"
        "thread_start:\n"
        ".cfi_startproc\n"
        ".cfi_undefined rip\n"
        "    call *%r8\n"
        "    hlt\n"
        ".cfi_endproc\n");

static void run_thread(void)
{
    long result = SYS_getpgrp;

    __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
    __asm__ volatile("syscall" : : "a"(SYS_exit), "D"(0) : "rcx", "r11", "memory");
}

/* A thread with that pid, its start on a stack of its own. */
static int start_thread(void (*start)(void))
{
    static char stack[STACK] __attribute__((aligned(16)));
    struct clone_args args = { .flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FILES |
                                        CLONE_FS | CLONE_CHILD_CLEARTID,
                               .stack = (uintptr_t)stack,
                               .stack_size = STACK,
                               .child_tid = (uintptr_t)&thread_runs,
                               .set_tid = (uintptr_t)&pid,
                               .set_tid_size = 1 };

    thread_runs = 1;
    return clone3_to(&args, sizeof(args), start) != pid;
}

static int try_thread(void)
{
    if (start_thread(run_thread))
        return 1;
    while (thread_runs)
        usleep(1000);
    return 0;
}

static int await_pid(pid_t child, int wanted)
{
    int status;

    return waitpid(child, &status, 0) != child || status != wanted;
}

static int await(int wanted)
{
    return await_pid(pid, wanted);
}

static void *execute(void *argument)
{
    execl(file, file, (char *)NULL);
    _exit(2);
    return argument;
}

static void execute_in_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, execute, NULL))
        _exit(2);
    for (;;)
        getppid();
}

static void run_cat(void)
{
    static char *const arguments[] = { "cat", NULL };
    long result = SYS_execve;

    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"("/bin/cat"), "S"(arguments), "d"(0)
                     : "rcx", "r11", "memory");
    __asm__ volatile("hlt");
}

/* The thread becomes cat, with its leader's pid: while that runs, the thread's own is free. */
static int try_former_thread(void)
{
    int in[2], out[2];
    char byte = 'x';

    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        return 1;
    pid_t child = fork();
    if (child == 0) {
        if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0 ||
            start_thread(run_cat))
            _exit(2);
        for (;;)
            getppid();
    }
    if (write(in[1], &byte, 1) != 1 || read(out[0], &byte, 1) != 1)
        return 1;
    if (fork_as(pid) == 0) {
        getsid(0);
        _exit(0);
    }
    int bad = await(0);
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
    return bad || await_pid(child, 0);
}

static int try_all(void)
{
    if (fork_as(pid) == 0) {
        getsid(0);
        _exit(0);
    }
    if (await(0) || try_former_thread())
        return 1;
    if (fork_as(pid) == 0)
        execute(NULL);
    if (await(0) || try_thread())
        return 1;
    if (fork_as(pid) == 0)
        for (;;)
            getppid();
    usleep(1000);
    kill(pid, SIGKILL);
    if (await(SIGKILL))
        return 1;
    if (fork_as(pid) == 0)
        execute_in_thread();
    return await(0);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    file = argv[1];
    pid = fork_as(0); /* one that is free, and stays so for a long time */
    if (pid == 0)
        _exit(0);
    if (pid < 0 || await(0))
        return 2;
    for (int i = 0; i < atoi(argv[2]); i++)
        if (try_all())
            return 1;
    return 0;
}
