/*
 * group-signal.c - `group-signal NUMBER`: ignores the signal, sends it to its process group and to
 * its parent by kill, twice; to each thread of its parent by tgkill; to its parent in the name of
 * process 1 by rt_sigqueueinfo (sigqueue(3)'s call), and has a pipe send it (F_SETOWN, F_SETSIG).
 * Prints "alive", and ends with status 3. All calls are the executable's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MASK_SIZE = 8 };

/* Also those that libc keeps to itself. */
static int ignore(int number)
{
    const unsigned long action[4] = { (unsigned long)SIG_IGN };
    return (int)syscall(SYS_rt_sigaction, number, action, NULL, MASK_SIZE);
}

static void send_to_threads(pid_t process, int number)
{
    char path[64];
    const struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%d/task", process);
    DIR *threads = opendir(path);
    while (threads && (entry = readdir(threads)))
        if (atoi(entry->d_name))
            syscall(SYS_tgkill, process, atoi(entry->d_name), number);
    if (threads)
        closedir(threads);
}

static void send_in_the_name_of_init(pid_t process, int number)
{
    siginfo_t info = { .si_signo = number, .si_code = SI_QUEUE };

    info.si_pid = 1;
    syscall(SYS_rt_sigqueueinfo, process, number, &info);
}

static void have_it_sent(pid_t process, int number)
{
    int ends[2];
    char byte;

    if (pipe(ends) || fcntl(ends[0], F_SETOWN, process) || fcntl(ends[0], F_SETSIG, number) ||
        fcntl(ends[0], F_SETFL, O_ASYNC) || write(ends[1], "x", 1) != 1 ||
        read(ends[0], &byte, 1) != 1)
        perror("pipe");
}

int main(int argc, char **argv)
{
    const int number = argc > 1 ? atoi(argv[1]) : 0;
    const pid_t parent = getppid();

    if (number != SIGKILL && number != SIGSTOP && ignore(number))
        return 2;
    for (int i = 0; i < 2; i++) {
        kill(0, number);
        kill(parent, number);
        send_to_threads(parent, number);
        send_in_the_name_of_init(parent, number);
        have_it_sent(parent, number);
    }
    puts("alive");
    return 3;
}
