/* counted.c - the kernel's own count of the calls of a command and of all that it starts.
 *
 *   counted FILE COMMAND [ARG...]
 *
 * Writes to FILE how often raw_syscalls:sys_enter was hit, as `perf stat` would, but makes always
 * the same number of calls itself, so that these can be taken from what a tracer around it counts.
 * Counting begins within the execve of COMMAND. Needs root, and tracefs mounted. */
#include <err.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char id_path[] = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id";

static int open_counter(pid_t pid)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(attributes),
        .disabled = 1,
        .enable_on_exec = 1,
        .inherit = 1,
    };
    unsigned long long id;
    FILE *file = fopen(id_path, "re");

    if (!file || fscanf(file, "%llu", &id) != 1)
        err(125, "%s", id_path);
    fclose(file);
    attributes.config = id;
    int counter = (int)syscall(SYS_perf_event_open, &attributes, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (counter < 0)
        err(125, "perf_event_open");
    return counter;
}

int main(int argc, char **argv)
{
    int go[2], status;
    char byte = 0;
    uint64_t calls;

    if (argc < 3)
        errx(125, "usage: counted FILE COMMAND [ARG...]");
    FILE *file = fopen(argv[1], "we");
    if (!file)
        err(125, "%s", argv[1]);
    if (pipe(go))
        err(125, "pipe");
    pid_t pid = fork();
    if (pid < 0)
        err(125, "fork");
    if (!pid) {
        close(go[1]);
        if (read(go[0], &byte, 1) != 1)
            _exit(125);
        close(go[0]);
        execv(argv[2], argv + 2);
        err(127, "%s", argv[2]);
    }
    close(go[0]);
    int counter = open_counter(pid);
    if (write(go[1], &byte, 1) != 1)
        err(125, "write");
    if (waitpid(pid, &status, 0) != pid || read(counter, &calls, sizeof(calls)) != sizeof(calls))
        err(125, "cannot count");
    if (fprintf(file, "%llu\n", (unsigned long long)calls) < 0 || fclose(file))
        err(125, "%s", argv[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
