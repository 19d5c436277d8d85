/*
 * vfork-exec.c - `vfork-exec FILE`: a child by vfork calls umask once, on its parent's stack, and
 * executes FILE; the parent waits for it (wait4) and then calls getsid once. All of them, and the
 * execve, are this executable's.
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
    child = vfork();
    if (child == 0) {
        umask(022);
        execl(argv[1], argv[1], (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    getsid(0);
    return WEXITSTATUS(status);
}
