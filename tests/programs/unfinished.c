/*
 * unfinished.c - calls that never return: pause in a child, which is killed there; vfork's child
 * that leaves by the instruction (exit_group), once; a thread's exit, once; the execve of the same
 * program with an argument, which then leaves likewise, once. All are the executable's.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "asleep.h"

static void *leave(void *argument)
{
    syscall(SYS_exit, 0);
    return argument;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (argc > 1)
        syscall(SYS_exit_group, 3);
    pid_t child = fork();
    if (child == 0)
        pause();
    await_sleep(child);
    kill(child, SIGKILL);
    if (waitpid(child, NULL, 0) != child || pthread_create(&thread, NULL, leave, NULL))
        return 2;
    pthread_join(thread, NULL);
    child = vfork();
    if (child == 0)
        syscall(SYS_exit_group, 0);
    waitpid(child, NULL, 0);
    execl("/proc/self/exe", argv[0], "again", (char *)NULL);
    return 1;
}
