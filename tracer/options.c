/* options.c - parses the command line of tracing: table, help and switch in the same order. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

enum {
    OPTION_ENGINE = 256,
    OPTION_NEAR,
    OPTION_FORMAT,
    OPTION_TABLE,
    OPTION_RUNTIME,
    OPTION_NO_RUNTIME,
    OPTION_THROUGH,
    OPTION_VERIFY
};

/* '+': parsing stops at the command; ':': we print the errors. */
static const char short_options[] = "+:o:u:E:qVh";

static const struct option long_options[] = {
    { "output", required_argument, NULL, 'o' },
    { "user", required_argument, NULL, 'u' },
    { "env", required_argument, NULL, 'E' },
    { "engine", required_argument, NULL, OPTION_ENGINE },
    { "no-near", no_argument, NULL, OPTION_NEAR },
    { "format", required_argument, NULL, OPTION_FORMAT },
    { "table", no_argument, NULL, OPTION_TABLE },
    { "runtime-library", required_argument, NULL, OPTION_RUNTIME },
    { "no-runtime-libraries", no_argument, NULL, OPTION_NO_RUNTIME },
    { "through-signals", no_argument, NULL, OPTION_THROUGH },
    { "verify", optional_argument, NULL, OPTION_VERIFY },
    { "quiet", no_argument, NULL, 'q' },
    { "version", no_argument, NULL, 'V' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

static const char help[] =
    "Usage: systrace-lib [OPTION]... [--] COMMAND [ARG]...\n"
    "       systrace-lib report RUN... [OPTION]...\n"
    "Trace every system call of COMMAND and of all it starts, and tell which library asked for "
    "it.\n"
    "\n"
    "  -o, --output=FILE        write results to FILE; may be repeated. The ending chooses the "
    "format:\n"
    "                             .csv the table, .json the run file, .txt text.\n"
    "                             Without -o the table goes to stderr\n"
    "  -u, --user=USER          run COMMAND as USER (needs root)\n"
    "  -E, --env=VAR=VAL        set VAR in the environment of COMMAND; -E VAR removes it\n"
    "      --engine=ENGINE      how to stop at calls: seccomp (one stop a call), ptrace (two), or "
    "auto\n"
    "      --no-near            do not bring a tracee that stops often to the tracer's CPU\n"
    "      --format=FORMAT      csv, json or text, whatever the ending of FILE\n"
    "      --table              write the table, not the run, to a .json FILE\n"
    "      --runtime-library=GLOB   a library that never is the caller, like libc; may be "
    "repeated\n"
    "      --no-runtime-libraries   not even libc is passed over\n"
    "      --through-signals    what a signal interrupted counts as on the stack of its handler\n"
    "      --verify[=N]         unwind every (N-th) stack by libunwind as well; print and count "
    "what differs\n"
    "  -q, --quiet              no progress on a terminal\n"
    "  -V, --version            print the version\n"
    "  -h, --help               print this help\n"
    "\n"
    "Exit status: that of COMMAND (or death by the same signal); 125 if systrace-lib itself "
    "fails,\n"
    "126 if COMMAND cannot be executed, 127 if it is not found.\n"
    "\"systrace-lib report --help\" tells about reading run files. \"-- report\" traces a command "
    "named report.\n";

static int append(const char ***array, size_t *count, const char *word)
{
    const char **larger = reallocarray(*array, *count + 1, sizeof(*larger));
    if (!larger)
        return -ENOMEM;
    *array = larger;
    larger[(*count)++] = word;
    return 0;
}

static int parse_engine(const char *name, enum engine *ret)
{
    static const char *const names[] = { "auto", "seccomp", "ptrace" };

    for (int i = 0; i < 3; i++) {
        if (!strcmp(name, names[i])) {
            *ret = (enum engine)i;
            return 0;
        }
    }
    diag("unknown engine '%s': use auto, seccomp or ptrace", name);
    return -EINVAL;
}

static int parse_format(const char *name, enum output_format *ret)
{
    int format = output_format_parse(name);

    if (format < 0) {
        diag("unknown format '%s': use csv, json or text", name);
        return -EINVAL;
    }
    *ret = (enum output_format)format;
    return 0;
}

static int parse_every(const char *word, uint64_t *ret)
{
    char *end;

    *ret = 1;
    if (!word)
        return 0;
    errno = 0;
    *ret = strtoull(word, &end, 10);
    if (*word >= '0' && *word <= '9' && !*end && !errno && *ret)
        return 0;
    diag("'%s' is no number from 1 on: use --verify or --verify=N", word);
    return -EINVAL;
}

static int parse_environment(struct options *o, const char *word)
{
    if (!*word || *word == '=') {
        diag("'%s' names no environment variable: use -E VAR=VAL or -E VAR", word);
        return -EINVAL;
    }
    return append(&o->environment, &o->environment_count, word);
}

/* The option that getopt_long did not take, as the user wrote it. */
static int refuse(int option, char **argv, int index)
{
    const char *word = argv[index - 1];
    char letter[3] = { '-', (char)optopt, '\0' };
    bool is_long = !strncmp(word, "--", 2);

    diag("%s '%s': see systrace-lib --help",
         option == ':' ? "an argument is missing for option" : "unknown option",
         is_long ? word : letter);
    return -EINVAL;
}

static int parse_option(struct options *o, int option, char **argv)
{
    switch (option) {
    case 'o':
        return append(&o->outputs, &o->output_count, optarg);
    case 'u':
        o->user = optarg;
        return 0;
    case 'E':
        return parse_environment(o, optarg);
    case OPTION_ENGINE:
        return parse_engine(optarg, &o->engine);
    case OPTION_NEAR:
        o->no_near = true;
        return 0;
    case OPTION_FORMAT:
        return parse_format(optarg, &o->format);
    case OPTION_TABLE:
        o->table = true;
        return 0;
    case OPTION_RUNTIME:
        return append(&o->table_options.runtime.globs, &o->table_options.runtime.glob_count,
                      optarg);
    case OPTION_NO_RUNTIME:
        o->table_options.runtime.no_builtin = true;
        return 0;
    case OPTION_THROUGH:
        o->table_options.through_signals = true;
        return 0;
    case OPTION_VERIFY:
        return parse_every(optarg, &o->verify_every);
    case 'q':
        o->quiet = true;
        return 0;
    case 'V':
        printf("systrace-lib %s\n", SYSTRACE_VERSION);
        return OPTIONS_DONE;
    case 'h':
        fputs(help, stdout);
        return OPTIONS_DONE;
    default:
        return refuse(option, argv, optind);
    }
}

int options_parse(struct options *o, int argc, char **argv)
{
    int option, result;

    *o = (struct options){ .format = OUTPUT_BY_ENDING };
    opterr = 0;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        result = parse_option(o, option, argv);
        if (result)
            return result;
    }
    o->command = argv + optind;
    if (!*o->command) {
        diag("no command to trace: see systrace-lib --help");
        return -EINVAL;
    }
    return OPTIONS_RUN;
}

void options_deinit(struct options *o)
{
    free(o->outputs);
    free(o->environment);
    free(o->table_options.runtime.globs);
}
