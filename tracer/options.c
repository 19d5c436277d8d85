/* options.c - parses the command line of tracing: table, help and switch in the same order. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"

enum { AGENT_AFTER = 300 }; /* stops: short-lived processes do not pay */

enum {
    OPTION_ENGINE = 256,
    OPTION_AGENT_AFTER,
    OPTION_NEAR,
    OPTION_VERIFY,
    OPTION_KILL,
    OPTION_NO_KILL,
    OPTION_INTERVAL,
    OPTION_PHASE,
    OPTION_CONTROL,
    OPTION_STATUS_FD,
    OPTION_INJECT,
    OPTION_POLICY,
    OPTION_POLICY_LOG,
    OPTION_STRICT,
    OPTION_RESULTS,
    OPTION_INLINES,
    OPTION_LINES,
    OPTION_WORKLOAD
};

enum { UNDECIDED = -1 };

/* '+': parsing stops at the command; ':': we print the errors. */
static const char short_options[] = "+:" OUTPUTS_SHORT_OPTIONS "p:u:E:qVh";

static const struct option long_options[] = {
    OUTPUTS_LONG_OPTIONS,
    { "attach", required_argument, NULL, 'p' },
    { "interval", required_argument, NULL, OPTION_INTERVAL },
    { "phase", required_argument, NULL, OPTION_PHASE },
    { "control", required_argument, NULL, OPTION_CONTROL },
    { "status-fd", required_argument, NULL, OPTION_STATUS_FD },
    { "inject", required_argument, NULL, OPTION_INJECT },
    { "policy", required_argument, NULL, OPTION_POLICY },
    { "policy-log", required_argument, NULL, OPTION_POLICY_LOG },
    { "strict", no_argument, NULL, OPTION_STRICT },
    { "results", no_argument, NULL, OPTION_RESULTS },
    { "inlines", no_argument, NULL, OPTION_INLINES },
    { "lines", no_argument, NULL, OPTION_LINES },
    { "workload", required_argument, NULL, OPTION_WORKLOAD },
    { "user", required_argument, NULL, 'u' },
    { "env", required_argument, NULL, 'E' },
    { "engine", required_argument, NULL, OPTION_ENGINE },
    { "agent-after", required_argument, NULL, OPTION_AGENT_AFTER },
    { "kill-on-exit", no_argument, NULL, OPTION_KILL },
    { "no-kill-on-exit", no_argument, NULL, OPTION_NO_KILL },
    { "no-near", no_argument, NULL, OPTION_NEAR },
    { "verify", optional_argument, NULL, OPTION_VERIFY },
    { "quiet", no_argument, NULL, 'q' },
    { "version", no_argument, NULL, 'V' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

static const char help_begin[] =
    "Usage: systrace-lib [OPTION]... [--] COMMAND [ARG]...\n"
    "       systrace-lib [OPTION]... -p PID[,PID]...\n"
    "       systrace-lib report RUN... [OPTION]...\n"
    "       systrace-lib coverage RUN... [OPTION]...\n"
    "       systrace-lib rules | surface RUN... --compartments=FILE [OPTION]...\n"
    "       systrace-lib probe [--test=CMD] [-o FILE] -- COMMAND [ARG]...\n"
    "Trace every system call of COMMAND, or of running processes, and of all they start, and tell "
    "which\n"
    "library asked for it. Without -o a table for people goes to stderr.\n"
    "\n";

static const char help_tracing[] =
    "\n"
    "Tracing:\n"
    "      --interval=SECONDS   write the results to the files of -o every so often, too\n"
    "      --phase=NAME@[LIBRARY:]FUNCTION\n"
    "                           a phase of each process, from its first call under a function on, "
    "or\n"
    "                             NAME@MODULE+0xOFFSET, or NAME=SYSCALL[:N]: from its N-th such "
    "call on\n"
    "      --control=PATH       take commands from a FIFO: phase [NAME], pause, resume, save\n"
    "      --status-fd=FD       write to this open file how COMMAND has ended, as soon as it has: "
    "\"exited N\"\n"
    "                             or \"killed N\"; what it has left is traced on\n"
    "      --inject=LIBRARY:SET:error=ERRNO|retval=N|signal=SIG[:when=FIRST[..LAST][+[STEP]]]\n"
    "                           what becomes of such calls of a library: strace's words, the "
    "library "
    "in front\n"
    "      --policy=FILE        refuse calls that the rules of FILE do not allow their caller's "
    "compartment\n"
    "      --policy-log=FILE    write such calls to FILE, a JSON object a line\n"
    "      --strict             refuse calls of unknown, inexact and unassigned callers, and of "
    "the "
    "loader, too\n"
    "      --results            observe what calls return: errors, and time in the kernel\n"
    "      --inlines            record functions that the compiler put into others, where there is "
    "DWARF\n"
    "      --lines              and the source lines of all frames; .stacks shows them\n"
    "      --workload=NAME      record what the run was made to do, for \"coverage\" and "
    "--by=workload\n"
    "  -p, --attach=PID[,PID]...  trace running processes, with all their threads, until they end "
    "or ^C;\n"
    "                             they run on\n"
    "  -u, --user=USER          run COMMAND as USER (needs root)\n"
    "  -E, --env=VAR=VAL        set VAR in the environment of COMMAND; -E VAR removes it\n"
    "      --engine=ENGINE      how to stop at calls: seccomp (one stop a call), ptrace (two), or "
    "auto;\n"
    "                             agent: hot calls are counted within the program, without a stop "
    "(experimental);\n"
    "                             without this option as SYSTRACE_ENGINE wishes, where that can "
    "be\n"
    "      --agent-after=N      with that: in processes that have stopped N times (300)\n"
    "      --kill-on-exit       the traced processes die with systrace-lib: so it is without -p\n"
    "      --no-kill-on-exit    they live on: so it is with -p; else it needs the engine ptrace\n"
    "      --no-near            do not bring a tracee that stops often to the tracer's CPU\n"
    "      --verify[=N]         unwind every (N-th) stack by libunwind as well; print and count "
    "what differs\n"
    "  -q, --quiet              no progress on a terminal, no remarks\n"
    "  -V, --version            print versions, and what this system allows\n"
    "  -h, --help               print this help\n"
    "\n"
    "Exit status: that of COMMAND (or death by the same signal); 125 if systrace-lib itself "
    "fails,\n"
    "126 if COMMAND cannot be executed, 127 if it is not found.\n"
    "\"systrace-lib report --help\" tells about reading run files. \"-- report\" traces a command "
    "named report.\n";

static void print_help(void)
{
    fputs(help_begin, stdout);
    outputs_print_help(stdout);
    fputs(help_tracing, stdout);
}

static void complain(const char *message)
{
    diag("%s", message);
}

static int append(const char ***array, size_t *count, const char *word)
{
    const char **larger = reallocarray(*array, *count + 1, sizeof(*larger));
    if (!larger) {
        diag("out of memory");
        return -ENOMEM;
    }
    *array = larger;
    larger[(*count)++] = word;
    return 0;
}

static const char *const engine_names[] = { "auto", "seccomp", "ptrace", "agent" };

const char *options_engine_name(enum engine engine)
{
    return engine_names[engine];
}

static int find_engine(const char *name, enum engine *ret)
{
    for (size_t i = 0; i < sizeof(engine_names) / sizeof(*engine_names); i++) {
        if (!strcmp(name, engine_names[i])) {
            *ret = (enum engine)i;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_engine(struct options *o, const char *name)
{
    o->engine_is_order = true;
    if (!find_engine(name, &o->engine))
        return 0;
    diag("unknown engine '%s': use auto, seccomp, ptrace or agent", name);
    return -EINVAL;
}

/* A number from 1 to `most`, in decimal digits only. 0 or -EINVAL. */
static int parse_number(const char *word, uint64_t most, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && !*end && !errno && *ret && *ret <= most ? 0 : -EINVAL;
}

static int parse_agent_after(const char *word, unsigned *ret)
{
    uint64_t number;

    if (parse_number(word, UINT_MAX, &number)) {
        diag("'%s' is no number of stops from 1 on: use --agent-after=N", word);
        return -EINVAL;
    }
    *ret = (unsigned)number;
    return 0;
}

static int parse_every(const char *word, uint64_t *ret)
{
    *ret = 1;
    if (!word || !parse_number(word, UINT64_MAX, ret))
        return 0;
    diag("'%s' is no number from 1 on: use --verify or --verify=N", word);
    return -EINVAL;
}

static int parse_interval(const char *word, unsigned *ret)
{
    uint64_t seconds;

    if (!parse_number(word, UINT_MAX, &seconds)) {
        *ret = (unsigned)seconds;
        return 0;
    }
    diag("'%s' is no number of seconds from 1 on: use --interval=SECONDS", word);
    return -EINVAL;
}

/* Not a standard file, which the command is to have, too. */
static int parse_status_fd(const char *word, int *ret)
{
    uint64_t fd;

    if (parse_number(word, INT_MAX, &fd) || fd <= STDERR_FILENO) {
        diag("'%s' is no file descriptor from 3 on: use --status-fd=FD", word);
        return -EINVAL;
    }
    *ret = (int)fd;
    return 0;
}

static int parse_workload(const char *word, const char **ret)
{
    if (!*word) {
        diag("option '--workload' has no name: use --workload=NAME");
        return -EINVAL;
    }
    *ret = word;
    return 0;
}

/* What the options leave open: the engine, by the environment, and when the agent comes. */
static int choose_engine(struct options *o)
{
    static const char agent[] = "agent:";
    const char *wish = o->engine_is_order ? NULL : getenv("SYSTRACE_ENGINE");
    uint64_t after = AGENT_AFTER;
    int result = 0;

    if (wish && !strncmp(wish, agent, strlen(agent))) {
        o->engine = ENGINE_AGENT;
        result = parse_number(wish + strlen(agent), UINT_MAX, &after);
    } else if (wish && *wish) {
        result = find_engine(wish, &o->engine);
    }
    if (result)
        diag("SYSTRACE_ENGINE is '%s': use auto, seccomp, ptrace, agent, or agent:N from 1 on",
             wish);
    if (!o->agent_after)
        o->agent_after = (unsigned)after;
    return result;
}

/* PIDs, between them commas or white space, as pidof(1) prints them. */
static int parse_attach(struct options *o, const char *word)
{
    static const char separators[] = ", \t\n";
    char pid[16];
    uint64_t number;
    size_t length, before = o->attach_count;

    for (word += strspn(word, separators); *word; word += strspn(word, separators)) {
        length = strcspn(word, separators);
        snprintf(pid, sizeof(pid), "%.*s", (int)length, word);
        if (length >= sizeof(pid) || parse_number(pid, INT_MAX, &number) < 0) {
            diag("'%.*s' is no process id: use -p PID[,PID]...", (int)length, word);
            return -EINVAL;
        }
        pid_t *larger = reallocarray(o->attach, o->attach_count + 1, sizeof(*larger));
        if (!larger) {
            diag("out of memory");
            return -ENOMEM;
        }
        o->attach = larger;
        larger[o->attach_count++] = (pid_t)number;
        word += length;
    }
    if (o->attach_count > before)
        return 0;
    diag("option '-p' names no process: use -p PID[,PID]...");
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

static int parse_phase(struct options *o, const char *word)
{
    char error[PHASE_ERROR_MAX];
    int result = phase_rules_add(&o->phases, word, error);

    if (result)
        diag("%s", error);
    return result;
}

static int parse_injection(struct options *o, const char *word)
{
    char error[INJECTION_ERROR_MAX];
    int result = injections_add(&o->injections, word, error);

    if (result)
        diag("%s", error);
    return result;
}

static int parse_path(const char *word, const char *option, const char **ret)
{
    if (!*word || *ret) {
        diag("%s %s", option, *word ? "is there twice" : "needs the path of a file");
        return -EINVAL;
    }
    if (!strcmp(word, "-")) {
        diag("%s does not take '-': use a path, as /dev/stdin, /dev/stderr, or ./-", option);
        return -EINVAL;
    }
    *ret = word;
    return 0;
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

/* *kill_on_exit stays as it is unless the user asks. */
static int parse_option(struct options *o, int option, char **argv, int *kill_on_exit)
{
    int result = outputs_parse(&o->outputs, option, optarg);

    if (result != OUTPUTS_OTHER)
        return result;
    switch (option) {
    case 'p':
        return parse_attach(o, optarg);
    case OPTION_INTERVAL:
        return parse_interval(optarg, &o->interval);
    case OPTION_PHASE:
        return parse_phase(o, optarg);
    case OPTION_CONTROL:
        o->control = optarg;
        return 0;
    case OPTION_STATUS_FD:
        return parse_status_fd(optarg, &o->status_fd);
    case OPTION_INJECT:
        return parse_injection(o, optarg);
    case OPTION_POLICY:
        return parse_path(optarg, "--policy", &o->policy);
    case OPTION_POLICY_LOG:
        return parse_path(optarg, "--policy-log", &o->policy_log);
    case OPTION_STRICT:
        o->strict = true;
        return 0;
    case OPTION_RESULTS:
        o->results = true;
        return 0;
    case OPTION_INLINES:
        o->inlines = true;
        return 0;
    case OPTION_LINES:
        o->inlines = o->lines = true;
        return 0;
    case OPTION_WORKLOAD:
        return parse_workload(optarg, &o->workload);
    case 'u':
        o->user = optarg;
        return 0;
    case 'E':
        return parse_environment(o, optarg);
    case OPTION_AGENT_AFTER:
        return parse_agent_after(optarg, &o->agent_after);
    case OPTION_ENGINE:
        return parse_engine(o, optarg);
    case OPTION_KILL:
    case OPTION_NO_KILL:
        *kill_on_exit = option == OPTION_KILL;
        return 0;
    case OPTION_NEAR:
        o->no_near = true;
        return 0;
    case OPTION_VERIFY:
        return parse_every(optarg, &o->verify_every);
    case 'q':
        o->quiet = true;
        return 0;
    case 'V':
        return choose_engine(o) ? -EINVAL : OPTIONS_VERSION;
    case 'h':
        print_help();
        return OPTIONS_DONE;
    default:
        return refuse(option, argv, optind);
    }
}

/* What can only be judged when all words have been read. */
static int check_options(struct options *o, int kill_on_exit)
{
    const char *wrong = NULL;

    o->kill_on_exit = kill_on_exit == UNDECIDED ? !o->attach_count : kill_on_exit;
    bool needs_ptrace = o->attach_count || !o->kill_on_exit;
    bool needs_filter =
        o->engine_is_order && (o->engine == ENGINE_SECCOMP || o->engine == ENGINE_AGENT);
    if (!*o->command && !o->attach_count)
        wrong = "no command to trace";
    else if (*o->command && o->attach_count)
        wrong = "both -p and a command: trace one or the other";
    else if (o->attach_count && (o->user || o->environment_count || o->status_fd))
        wrong = "-u, -E and --status-fd are for a command, not for -p";
    else if (needs_ptrace && needs_filter && o->attach_count)
        wrong = "a running process cannot be given our seccomp filter: -p needs --engine=ptrace";
    else if (needs_ptrace && needs_filter)
        wrong = "with our seccomp filter nothing can live on without us: --no-kill-on-exit needs "
                "--engine=ptrace";
    else if (o->interval && !o->outputs.count)
        wrong = "--interval needs a file to write to: use -o FILE";
    else if (o->control && !*o->control)
        wrong = "--control needs the path of a FIFO";
    else if (!o->policy && (o->policy_log || o->strict))
        wrong = o->strict ? "--strict is for --policy=FILE" : "--policy-log is for --policy=FILE";
    if (wrong) {
        diag("%s: see systrace-lib --help", wrong);
        return -EINVAL;
    }
    if (needs_ptrace)
        o->engine = ENGINE_PTRACE;
    return OPTIONS_RUN;
}

int options_parse(struct options *o, int argc, char **argv)
{
    int option, result, kill_on_exit = UNDECIDED;

    *o = (struct options){ .outputs.complain = complain };
    opterr = 0;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        result = parse_option(o, option, argv, &kill_on_exit);
        if (result)
            return result;
    }
    o->command = argv + optind;
    result = choose_engine(o);
    return result ? result : check_options(o, kill_on_exit);
}

void options_deinit(struct options *o)
{
    outputs_deinit(&o->outputs);
    phase_rules_deinit(&o->phases);
    injections_deinit(&o->injections);
    rules_deinit(&o->rules);
    free(o->attach);
    free(o->environment);
}

bool options_need_stops(const struct options *options)
{
    return options->results || options->verify_every || options->policy ||
           options->injections.count;
}
