/*
 * fork-exec.c - `fork-exec FILE`: a forked child calls umask once and executes FILE; the parent
 * waits for it (wait4) and then calls getsid once. All of them, and the execve, are this
 * executable's.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int status = 1;
    pid_t child;

    if (argc != 2)
        return 2;
    child = fork();
    if (child == 0) {
        umask(022);
        execv(argv[1], (char *[]){ argv[1], NULL });
        _exit(127);
    }
    waitpid(child, &status, 0);
    getsid(0);
    return WEXITSTATUS(status);
}
