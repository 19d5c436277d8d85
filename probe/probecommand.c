/* probecommand.c - the command `systrace-lib probe`: options, then the runs, and what they say. */
#include "probecommand.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "probe/findings.h"
#include "probe/probing.h"
#include "probe/singly.h"
#include "probe/together.h"
#include "report/commandline.h"
#include "report/complain.h"

enum { JOBS_MAX = 1024, RETRIES_MAX = 1000, TOGETHER = 100 };

struct arguments {
    struct probing probing;
    struct outputs outputs;
    bool help;
};

static const char help_begin[] =
    "Usage: systrace-lib probe [OPTION]... -- COMMAND [ARG]...\n"
    "Tell which system calls each library really needs, by running COMMAND without one after the\n"
    "other: once as it is, to see which there are; then for each pair of a library and a call "
    "that\n"
    "it asked for once with that failing (stub: ENOSYS) and once with it doing nothing (fake: 0);\n"
    "and last without all that can be done without, at once.\n"
    "\n"
    "      --test=CMD           a shell command that says by its exit status whether COMMAND, "
    "which\n"
    "                             is then running, works; COMMAND is ended after it. Without it\n"
    "                             COMMAND's own status says, and what it leaves running is "
    "ended\n"
    "      --by=library,syscall | syscall\n"
    "                           try pairs, or each call whoever asks for it\n"
    "  -j, --jobs=N             make N runs side by side: only if they do not get into each "
    "other's\n"
    "                             way; each has a $TMPDIR of its own, and its $SYSTRACE_SLOT is "
    "0,\n"
    "                             or another number below N\n"
    "      --retries=N          make each run N times more; what differs is unstable. Those of "
    "COMMAND\n"
    "                             as it is must all work\n"
    "      --limit=SECONDS      how long a run may take; without it 5 times as long as the first,\n"
    "                             and 5 seconds\n"
    "      --together=RUNS      so many runs may find out what can be done without at once, 100; "
    "0:\n"
    "                             none\n"
    "      --resume             go on with a probe that was ended: by the journal that it has "
    "left\n"
    "                             beside its first -o FILE, FILE.journal\n"
    "      --runtime-library=GLOB, --no-runtime-libraries\n"
    "                           who asks: as without probe\n"
    "  -q, --quiet              print no progress on a terminal, and nothing of the first run\n"
    "\n"
    "Exit status: 0; 126 if COMMAND cannot be executed, 127 if it is not found; 125 after another "
    "failure.\n"
    "\n" COMMANDLINE_RESULTS_HELP "  -h, --help               show this\n"
    "\n"
    "Formats, by --format and by the ending of FILE:\n";

enum {
    PROBE_TEST = 9216,
    PROBE_BY,
    PROBE_RETRIES,
    PROBE_LIMIT,
    PROBE_TOGETHER,
    PROBE_RESUME,
};

static const struct option long_options[] = {
    { "test", required_argument, NULL, PROBE_TEST },
    { "by", required_argument, NULL, PROBE_BY },
    { "jobs", required_argument, NULL, 'j' },
    { "retries", required_argument, NULL, PROBE_RETRIES },
    { "limit", required_argument, NULL, PROBE_LIMIT },
    { "together", required_argument, NULL, PROBE_TOGETHER },
    { "resume", no_argument, NULL, PROBE_RESUME },
    { "runtime-library", required_argument, NULL, OUTPUTS_RUNTIME },
    { "no-runtime-libraries", no_argument, NULL, OUTPUTS_NO_RUNTIME },
    { "quiet", no_argument, NULL, 'q' },
    { "output", required_argument, NULL, 'o' },
    { "format", required_argument, NULL, OUTPUTS_FORMAT },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

/* ---- Arguments ---- */

/* From `least` to `most`. */
static int parse_number(const char *text, long least, long most, const char *what, long *ret)
{
    char *end;

    errno = 0;
    *ret = strtol(text, &end, 10);
    if (!*text || *end || errno || *ret < least || *ret > most)
        return complain("%s: is a number from %ld to %ld", what, least, most);
    return 0;
}

static int parse_limit(struct probing *probing, const char *text)
{
    char *end;

    probing->limit = strtod(text, &end);
    return *text && !*end && isfinite(probing->limit) && probing->limit > 0 && probing->limit < 1e6
               ? 0
               : complain_of(text, "--limit is in seconds, more than 0");
}

static int parse_by(struct probing *probing, const char *text)
{
    probing->by_library = !strcmp(text, "library,syscall");
    return probing->by_library || !strcmp(text, "syscall")
               ? 0
               : complain_of(text, "--by is library,syscall or syscall");
}

static int take_option(void *context, int option)
{
    struct arguments *arguments = context;
    struct probing *probing = &arguments->probing;
    long number = 0;
    int error;

    switch (option) {
    case PROBE_TEST:
        probing->test = optarg;
        return 0;
    case PROBE_BY:
        return parse_by(probing, optarg);
    case 'j':
        error = parse_number(optarg, 1, JOBS_MAX, "--jobs", &number);
        probing->jobs = (unsigned)number;
        return error;
    case PROBE_RETRIES:
        error = parse_number(optarg, 0, RETRIES_MAX, "--retries", &number);
        probing->wanted = (uint32_t)number + 1;
        return error;
    case PROBE_LIMIT:
        return parse_limit(probing, optarg);
    case PROBE_TOGETHER:
        return parse_number(optarg, 0, INT32_MAX, "--together", &probing->together);
    case PROBE_RESUME:
        probing->resume = true;
        return 0;
    case 'q':
        probing->quiet = true;
        return 0;
    case 'h':
        arguments->help = true;
        return 0;
    default:
        return outputs_parse(&arguments->outputs, option, optarg) ? -EINVAL : 0;
    }
}

/* Options end where the command begins. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    int error = commandline_parse(argc, argv, "+:o:j:qh", long_options, take_option, arguments);

    arguments->probing.command = argv + optind;
    if (error || arguments->help)
        return error;
    if (!argv[optind])
        return complain("probe needs a command (try 'systrace-lib probe --help')");
    if (arguments->probing.resume && !arguments->outputs.count)
        return complain("--resume needs the -o FILE beside which the journal is");
    return 0;
}

/* ---- The command ---- */

/* The options about who asks, for the tracer of each run. NULL: no memory. */
static char **tracer_options(const struct runtime_libraries *runtime)
{
    char **ret = calloc(runtime->glob_count + 2, sizeof(*ret));
    size_t count = 0;
    bool failed = !ret;

    if (!failed && runtime->no_builtin)
        failed = !(ret[count++] = strdup("--no-runtime-libraries"));
    for (size_t i = 0; !failed && i < runtime->glob_count; i++)
        failed = asprintf(&ret[count++], "--runtime-library=%s", runtime->globs[i]) < 0;
    return failed ? NULL : ret;
}

/* Beside the first file, unless that is no file: then there is nothing to resume, either. */
static int name_journal(const struct outputs *outputs, char **ret)
{
    *ret = NULL;
    if (!outputs->count || !strncmp(outputs->paths[0], "/dev/", 5))
        return 0;
    return asprintf(ret, "%s.journal", outputs->paths[0]) < 0 ? -ENOMEM : 0;
}

static int make_runs(struct probing *probing, char *journal)
{
    int error = probing_begin(probing, journal);

    if (!error)
        error = singly_try(probing);
    if (!error && probing->together)
        error = together_find(probing);
    probing_end(probing);
    return error;
}

static int probe(struct arguments *arguments)
{
    struct probing *probing = &arguments->probing;
    char **options = tracer_options(&arguments->outputs.table_options.runtime), *journal = NULL;
    int error = options ? name_journal(&arguments->outputs, &journal) : -ENOMEM;

    probing->options = &arguments->outputs.table_options;
    probing->tracer_options = options;
    if (error)
        error = complain("out of memory");
    if (!error)
        error = make_runs(probing, journal);
    arguments->outputs.probing = probing;
    if (!error)
        error = commandline_write(&arguments->outputs, NULL, "text");
    if (!error)
        journal_remove(&probing->journal);
    for (char **option = options; option && *option; option++)
        free(*option);
    free(options);
    return error;
}

static int print_help(void)
{
    errno = 0;
    fputs(help_begin, stdout);
    format_print_help(findings_formats, stdout);
    return complain_of_stdout(0);
}

/* Without a core. */
static void die_of(int number)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    signal(number, SIG_DFL);
    raise(number);
}

/* The exit status. */
static int failure(const struct probing *probing)
{
    return probing->first == TRIAL_NOT_FOUND        ? EXIT_NOT_FOUND
           : probing->first == TRIAL_NOT_EXECUTABLE ? EXIT_NOT_EXECUTABLE
                                                    : EXIT_OURS;
}

int probecommand_main(int argc, char **argv)
{
    struct arguments arguments = {
        .probing = { .by_library = true, .jobs = 1, .wanted = 1, .together = TOGETHER },
        .outputs = { .complain = complain_line, .formats = findings_formats },
    };
    int error = parse_arguments(argc, argv, &arguments), stopped;

    if (!error && arguments.help)
        error = print_help();
    else if (!error && !(error = outputs_check(&arguments.outputs)))
        error = probe(&arguments);
    stopped = error == -EINTR ? arguments.probing.crew.signal : 0;
    probing_deinit(&arguments.probing);
    outputs_deinit(&arguments.outputs);
    if (stopped)
        die_of(stopped);
    return error ? failure(&arguments.probing) : 0;
}
