/*
 * direct.c - the executable asks for itself: main calls getppid 3 times, in phase main, through
 * libc's wrapper. Its line of output is buffered and written at exit: by the executable, in phase
 * exit.
 */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 3; i++)
        getppid();
    puts("direct: 3 calls of getppid");
    return 0;
}
