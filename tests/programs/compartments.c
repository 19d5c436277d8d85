/*
 * compartments.c - `compartments [-f FILTER] WAY CALL`: an application of two libraries. libspawner
 * writes "work" and executes true(1) in a child, libparser parses harmless input. Then libparser is
 * given hostile input, by which it tries CALL (execve: of echo(1), which says "taken"; write: of
 * "taken") on one of these ways; or none:
 *
 *   libc    it calls the C library
 *   call    it calls libspawner's function, which calls the C library
 *   raw     it executes a syscall instruction of its own
 *   middle  it jumps to the syscall instruction in the C library's function
 *   forge   it calls the C library, and has put a return address of libspawner's on the stack
 *
 * The executable says "stopped" if the call failed with EPERM. With a FILTER, a file of BPF, this
 * is installed first.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcompartments.h"

enum { FILTER_MAX = 4096, FUNCTION_MAX = 256 };

static char *no_words[] = { NULL };

static void install(const char *path)
{
    static struct sock_filter code[FILTER_MAX];
    FILE *file = fopen(path, "r");
    size_t count = file ? fread(code, sizeof(*code), FILTER_MAX, file) : 0;
    const struct sock_fprog program = { (unsigned short)count, code };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
        exit(2);
}

static void work(void)
{
    static char *words[] = { "true", NULL };
    pid_t child;

    spawner_write(1, "work\n", 5);
    child = fork();
    if (!child) {
        spawner_execve("/bin/true", words, no_words);
        _exit(1);
    }
    waitpid(child, NULL, 0);
    if (parser_parse("harmless", 9))
        exit(2);
}

/* The first syscall instruction of a function. */
static void *find_instruction(void *function)
{
    const unsigned char *code = function;

    for (int i = 0; i < FUNCTION_MAX; i++)
        if (code[i] == 0x0f && code[i + 1] == 0x05)
            return (void *)(code + i);
    exit(2);
}

static void attack(const char *way, int writes)
{
    static char *words[] = { "echo", "taken", NULL };
    static const char taken[] = "taken\n";
    void *function = writes ? (void *)write : (void *)execve;
    struct request request = { .number = writes ? SYS_write : SYS_execve, .handler = function };
    const long call[2][3] = { { (long)"/bin/echo", (long)words, (long)no_words },
                              { 1, (long)taken, sizeof(taken) - 1 } };

    memcpy(request.arguments, call[writes], sizeof(request.arguments));
    if (!strcmp(way, "call"))
        request.handler = writes ? (void *)spawner_write : (void *)spawner_execve;
    else if (!strcmp(way, "raw"))
        request.handler = (void *)parser_raw;
    else if (!strcmp(way, "middle"))
        request.handler = find_instruction(function);
    else if (!strcmp(way, "forge"))
        request.forged = (void *)(writes ? spawner_write_returned : spawner_execve_returned);
    else if (strcmp(way, "libc") != 0)
        exit(2);
    errno = 0;
    long result = parser_parse((const char *)&request, sizeof(request));
    if (result == -EPERM || (result == -1 && errno == EPERM))
        write(1, "stopped\n", 8);
}

int main(int argc, char **argv)
{
    if (argc == 5 && !strcmp(argv[1], "-f"))
        install(argv[2]);
    if (argc != 3 && argc != 5)
        return 2;
    work();
    if (strcmp(argv[argc - 2], "none") != 0)
        attack(argv[argc - 2], !strcmp(argv[argc - 1], "write"));
    return 0;
}
