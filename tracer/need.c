/* need.c - runs a command again and again, with one call of one library failing or faked. */
#include "need.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "diag.h"
#include "record/escape.h"
#include "record/runfile.h"
#include "report/output.h"
#include "report/table.h"

enum { OPTION_TEST = 256, SLACK_SECONDS = 10, TIMES_AS_LONG = 10, SIGNALS = 5 };

static const char help[] =
    "Usage: systrace-lib probe [OPTION]... -- COMMAND [ARG]...\n"
    "Tell which system calls each library really needs, by running COMMAND without one after the "
    "other:\n"
    "once to see which there are, then twice for each pair of a library and a call that it asked "
    "for.\n"
    "\n"
    "      --test=CMD     a shell command that says by its exit status whether COMMAND, which is "
    "then\n"
    "                       running, works; COMMAND is ended after it. Without it COMMAND's own "
    "status says\n"
    "  -o, --output=FILE  write the table, CSV, to FILE; without it, to standard output\n"
    "  -h, --help         print this help\n";

struct need {
    const char *test, *output; /* NULL: none */
    char **command;
    char directory[64]; /* of our own */
    double limit;       /* seconds that a run may take; 0: there is none yet */
    struct pair {
        char *library; /* owned, escaped */
        enum abi abi;
        uint32_t nr;
        uint64_t calls;
        bool works[2]; /* failing, faked */
    } * pairs;
    size_t count;
};

/* ---- A run ---- */

static _Noreturn void become(char *const *words, bool silent)
{
    int null = silent ? open("/dev/null", O_RDWR) : -1;

    for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    if (!silent)
        dup2(STDERR_FILENO, STDOUT_FILENO); /* the table's */
    execv(words[0], words);
    _exit(EXIT_OURS);
}

static pid_t begin(char *const *words, bool silent)
{
    pid_t pid = fork();

    if (!pid)
        become(words, silent);
    if (pid < 0)
        die("cannot fork: %s", strerror(errno));
    return pid;
}

/* Waits for its end; false: it has not come by then. */
static bool end_by(pid_t pid, uint64_t deadline, int *status)
{
    static const struct timespec nap = { 0, 2000000 };

    while (!waitpid(pid, status, WNOHANG)) {
        if (clock_now() > deadline)
            return false;
        nanosleep(&nap, NULL);
    }
    return true;
}

/* The tracer, and with it all that it traces: the first signal is for the command, the next for
 * what that has left running, and one more ends the tracing, with results. */
static void end(pid_t pid)
{
    int status;

    for (int i = 0; i < SIGNALS; i++) {
        kill(pid, SIGTERM);
        if (end_by(pid, clock_now() + 1000000000, &status))
            return;
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

/* Does it work, traced with this option? */
static bool works(const struct need *need, const char *option, const char *output)
{
    size_t count = 0;
    while (need->command[count])
        count++;
    const char **words = calloc(count + 8, sizeof(*words));
    const char *const test[] = { "/bin/sh", "-c", need->test, NULL };
    const char *const first[] = { "/proc/self/exe", "-q", option, "--format=json", "-o",
                                  output,           "--" };
    uint64_t deadline = need->limit ? clock_now() + (uint64_t)(need->limit * 1e9) : UINT64_MAX;
    int status = -1;

    if (!words)
        die("out of memory");
    memcpy(words, first, sizeof(first));
    memcpy(words + sizeof(first) / sizeof(*first), need->command, count * sizeof(*words));
    pid_t tracer = begin((char *const *)words, true);
    free(words);
    pid_t judge = need->test ? begin((char *const *)test, false) : tracer;
    if (!end_by(judge, deadline, &status)) {
        kill(judge, SIGKILL);
        waitpid(judge, &status, 0);
        status = -1;
    }
    if (need->test)
        end(tracer);
    return status == 0;
}

/* ---- Pairs ---- */

static bool has_pair(const struct need *need, const char *library, const struct table_row *row)
{
    for (size_t i = 0; i < need->count; i++) {
        struct pair *pair = &need->pairs[i];
        if (pair->abi == row->abi && pair->nr == row->nr && !strcmp(pair->library, library)) {
            pair->calls += row->calls;
            return true;
        }
    }
    return false;
}

static void add_pair(struct need *need, const struct table *table, const struct table_row *row)
{
    char *library = escape(table_module(table, row)->name);

    if (!library)
        die("out of memory");
    if (!row->calls || table->callers.libraries[row->library].module == MODULE_START ||
        has_pair(need, library, row)) {
        free(library);
        return;
    }
    need->pairs[need->count++] =
        (struct pair){ .library = library, .abi = row->abi, .nr = row->nr, .calls = row->calls };
}

/* Those of the run that was recorded there. False after a message. */
static bool list_pairs(struct need *need, const char *path)
{
    static const struct table_options options;
    struct runfile_error error;
    struct table table;
    struct table_row *rows;
    struct run run;
    size_t count;

    if (runfile_load(path, &run, &error)) {
        diag("what the first run shows cannot be read: %s", error.text);
        return false;
    }
    if (table_build(&run, &options, &table) < 0 ||
        table_sum(&table, TABLE_LIBRARY | TABLE_SYSCALL, &rows, &count) < 0 ||
        !(need->pairs = calloc(count + 1, sizeof(*need->pairs))))
        die("out of memory");
    for (size_t i = 0; i < count; i++)
        add_pair(need, &table, &rows[i]);
    free(rows);
    table_deinit(&table);
    run_deinit(&run);
    return true;
}

static void try_pair(struct need *need, struct pair *pair)
{
    static const char *const abis[] = { [ABI_X86_64] = "64", [ABI_I386] = "32", [ABI_X32] = "x32" };
    static const char *const results[] = { "error=ENOSYS", "retval=0" };
    char *option;

    for (int i = 0; i < 2; i++) {
        if (asprintf(&option, "--inject=%s:%" PRIu32 "@%s:%s", pair->library, pair->nr,
                     abis[pair->abi], results[i]) < 0)
            die("out of memory");
        pair->works[i] = works(need, option, "/dev/null");
        free(option);
    }
}

/* ---- The whole ---- */

static const char *class_of(const struct pair *pair)
{
    static const char *const classes[2][2] = { { "required", "fake" }, { "stub", "either" } };
    return classes[pair->works[0]][pair->works[1]];
}

static int print(FILE *file, void *context)
{
    const struct need *need = context;
    char name[SYSCALL_NAME_MAX];

    fputs("library,syscall,abi,nr,calls,stub,fake,result\n", file);
    for (size_t i = 0; i < need->count; i++) {
        const struct pair *pair = &need->pairs[i];
        if (!syscall_name(pair->abi, pair->nr, name))
            return -ENOMEM;
        putc('"', file);
        for (const char *c = pair->library; *c; c++)
            fprintf(file, *c == '"' ? "\"\"" : "%c", *c);
        fprintf(file, "\",%s,%s,%" PRIu32 ",%" PRIu64 ",%s,%s,%s\n", name, abi_name(pair->abi),
                pair->nr, pair->calls, pair->works[0] ? "works" : "fails",
                pair->works[1] ? "works" : "fails", class_of(pair));
    }
    return 0;
}

static int write_table(struct need *need)
{
    struct output_error error;

    if (!need->output)
        return print(stdout, need) || fflush(stdout) ? EXIT_OURS : 0;
    if (output_write(need->output, print, need, &error)) {
        diag("%s", error.text);
        return EXIT_OURS;
    }
    return 0;
}

/* The first run, and from it the pairs. */
static bool look(struct need *need)
{
    char path[sizeof(need->directory) + sizeof("/run.json")];
    uint64_t begun = clock_now();

    snprintf(path, sizeof(path), "%s/run.json", need->directory);
    bool ret = works(need, "-q", path);
    need->limit = TIMES_AS_LONG * (double)(clock_now() - begun) / 1e9 + SLACK_SECONDS;
    if (!ret)
        diag("the command does not work as it is, with no call taken away: its %s fails",
             need->test ? "test" : "own status says that it");
    ret = ret && list_pairs(need, path);
    unlink(path);
    return ret;
}

static int run(struct need *need)
{
    bool tells = isatty(STDERR_FILENO);

    strcpy(need->directory, "/tmp/systrace-lib.XXXXXX");
    if (!mkdtemp(need->directory)) {
        diag("cannot make a directory in /tmp: %s", strerror(errno));
        return EXIT_OURS;
    }
    bool seen = look(need);
    rmdir(need->directory);
    if (!seen)
        return EXIT_OURS;
    for (size_t i = 0; i < need->count; i++) {
        if (tells)
            fprintf(stderr, "\r%zu of %zu pairs", i + 1, need->count);
        try_pair(need, &need->pairs[i]);
    }
    if (tells)
        fputs("\r\033[K", stderr);
    return write_table(need);
}

static int parse(struct need *need, int argc, char **argv)
{
    static const struct option options[] = { { "test", required_argument, NULL, OPTION_TEST },
                                             { "output", required_argument, NULL, 'o' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:o:h", options, NULL)) != -1) {
        if (option == OPTION_TEST)
            need->test = optarg;
        else if (option == 'o')
            need->output = optarg;
        else if (option == 'h')
            return 1;
        else
            return -EINVAL;
    }
    need->command = argv + optind;
    return *need->command ? 0 : -EINVAL;
}

int need_main(int argc, char **argv)
{
    struct need need = { 0 };
    struct output_error error;
    int result = parse(&need, argc, argv);

    if (result > 0)
        return fputs(help, stdout) < 0 ? EXIT_OURS : 0;
    if (result < 0) {
        diag("use systrace-lib probe [--test=CMD] [-o FILE] -- COMMAND: see systrace-lib probe "
             "--help");
        return EXIT_OURS;
    }
    if (need.output && output_check(need.output, &error)) {
        diag("%s", error.text);
        return EXIT_OURS;
    }
    result = run(&need);
    for (size_t i = 0; i < need.count; i++)
        free(need.pairs[i].library);
    free(need.pairs);
    return result;
}
