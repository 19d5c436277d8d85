/*
 * posix-spawn.c - `posix-spawn FILE`: libspawn starts FILE by posix_spawn (the child calls setpgid
 * once, then execve) and a shell by system(3) (execve). libspawn is the caller of 1 setpgid, 2
 * execve and 2 wait4; its children's stacks go on with the stack that made them (mark spawned-by).
 */
#include <sys/wait.h>

int spawn_file(char *file);
int spawn_shell(const char *command);

int main(int argc, char **argv)
{
    if (argc != 2 || spawn_file(argv[1]) != 0)
        return 2;
    return WEXITSTATUS(spawn_shell("exit 3"));
}
