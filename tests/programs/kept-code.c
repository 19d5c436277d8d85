/*
 * kept-code.c - code made at run time, which is kept from children (MADV_DONTFORK, as V8 does),
 * calls a function that forks: 5 getppid of the child, on a stack that goes through the code, which
 * is not there any more. All stacks are complete.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret */
static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3 };

enum { ROUNDS = 5, SIZE = 4096 };

static int fork_and_ask(void)
{
    int status;
    pid_t child = fork();

    for (int i = 0; !child && i < ROUNDS; i++)
        getppid();
    if (!child)
        _exit(0);
    return child > 0 && waitpid(child, &status, 0) == child ? status : 1;
}

int main(void)
{
    unsigned char *page =
        mmap(NULL, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int (*made)(int (*)(void)) = (int (*)(int (*)(void)))page;

    if (page == MAP_FAILED || madvise(page, SIZE, MADV_DONTFORK))
        return 2;
    memcpy(page, code, sizeof(code));
    return made(fork_and_ask);
}
