/*
 * orphan.c - the parent is gone before its child's first stop: it forks and ends at once, by _exit;
 * the child then calls getsid 2 times, as the executable. exit_group is called 2 times.
 */
#include <unistd.h>

int main(void)
{
    if (fork())
        _exit(0);
    getsid(0);
    getsid(0);
    _exit(0);
}
