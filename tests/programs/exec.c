/*
 * exec.c - `exec FILE`: main calls getsid once and becomes FILE: the one execve is this
 * executable's, and nothing of FILE is.
 */
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    getsid(0);
    execv(argv[1], argv + 1);
    return 127;
}
