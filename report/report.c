/* report.c - the command `systrace-lib report`: reads run files, merges them, prints what is asked
 * for. */
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "record/escape.h"
#include "report/output.h"
#include "record/runfile.h"
#include "report/text.h"

enum { EXIT_OURS = 125 };

struct arguments {
    char **runs; /* borrowed */
    int run_count;
    const char **outputs; /* borrowed names; the array is owned */
    size_t output_count;
    const char *format; /* NULL: by the ending */
    bool table, quiet, help;
    struct table_options table_options; /* the array of globs is owned */
};

static const char help[] =
    "Usage: systrace-lib report RUN... [OPTION]...\n"
    "Make tables from run files, which -o FILE.json records. Several are merged.\n"
    "\n"
    "  -o, --output=FILE        write FILE, in the format that its ending chooses; repeatable\n"
    "      --format=FORMAT      whatever the ending; without -o, on stdout\n"
    "      --table              in JSON, write the table and not the run\n"
    "      --runtime-library=GLOB\n"
    "                           count libraries of this name as runtime libraries, which pass\n"
    "                           requests on, besides those of the C library; repeatable\n"
    "      --no-runtime-libraries\n"
    "                           start with none: the C library is a caller like any other\n"
    "      --through-signals    count what a signal handler interrupted as on the stack\n"
    "  -q, --quiet              print no table without -o; only check that the runs can be read\n"
    "  -h, --help               show this\n"
    "\n"
    "Formats, by --format and by the ending of FILE:\n";

enum { OPTION_FORMAT = 256, OPTION_TABLE, OPTION_RUNTIME, OPTION_NO_RUNTIME, OPTION_SIGNALS };

static const struct option long_options[] = {
    { "output", required_argument, NULL, 'o' },
    { "format", required_argument, NULL, OPTION_FORMAT },
    { "table", no_argument, NULL, OPTION_TABLE },
    { "runtime-library", required_argument, NULL, OPTION_RUNTIME },
    { "no-runtime-libraries", no_argument, NULL, OPTION_NO_RUNTIME },
    { "through-signals", no_argument, NULL, OPTION_SIGNALS },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

/* ---- Messages ---- */

__attribute__((format(printf, 1, 2))) static int complain(const char *format, ...)
{
    va_list arguments;

    fputs("systrace-lib: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    putc('\n', stderr);
    return EXIT_OURS;
}

/* With a text that the user gave, as "%s: %s". */
static int complain_of(const char *raw, const char *what)
{
    char *shown = escape(raw);
    complain("%s: %s", shown ? shown : "?", what);
    free(shown);
    return EXIT_OURS;
}

static int complain_of_memory(void)
{
    return complain("%s", strerror(ENOMEM));
}

/* ---- Arguments ---- */

static int append(const char ***list, size_t *count, const char *text)
{
    const char **grown = reallocarray(*list, *count + 1, sizeof(*grown));
    if (!grown)
        return complain_of_memory();
    grown[(*count)++] = text;
    *list = grown;
    return 0;
}

static int parse_format(struct arguments *arguments)
{
    arguments->format = optarg;
    if (format_by_name(formats, optarg, false))
        return 0;
    char *names = format_names(formats), *shown = escape(optarg);
    complain("unknown format '%s': use %s", shown ? shown : "?", names ? names : "another");
    free(names);
    free(shown);
    return EXIT_OURS;
}

/* getopt_long() has said nothing yet: opterr is 0. */
static int complain_of_option(char **argv, int option)
{
    char short_option[] = { '-', (char)optopt, '\0' };
    const char *text = optopt > 0 && optopt < 256 ? short_option : argv[optind - 1];

    return complain_of(text, option == ':' ? "needs a value (try 'systrace-lib report --help')"
                                           : "no such option (try 'systrace-lib report --help')");
}

static int parse_option(struct arguments *arguments, int option)
{
    struct runtime_libraries *runtime = &arguments->table_options.runtime;

    switch (option) {
    case 'o':
        return append(&arguments->outputs, &arguments->output_count, optarg);
    case OPTION_FORMAT:
        return parse_format(arguments);
    case OPTION_TABLE:
        arguments->table = true;
        return 0;
    case OPTION_RUNTIME:
        return append(&runtime->globs, &runtime->glob_count, optarg);
    case OPTION_NO_RUNTIME:
        runtime->no_builtin = true;
        return 0;
    case OPTION_SIGNALS:
        arguments->table_options.through_signals = true;
        return 0;
    case 'q':
        arguments->quiet = true;
        return 0;
    default:
        arguments->help = true;
        return 0;
    }
}

/* Options may stand before, between and behind the run files. */
static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
    int option;

    *ret = (struct arguments){ 0 };
    opterr = 0;
    optind = 0; /* getopt may have been used for the words before "report" */
    while ((option = getopt_long(argc, argv, ":o:qh", long_options, NULL)) != -1) {
        int status = option == '?' || option == ':' ? complain_of_option(argv, option)
                                                    : parse_option(ret, option);
        if (status)
            return status;
    }
    ret->runs = argv + optind;
    ret->run_count = argc - optind;
    if (!ret->run_count && !ret->help)
        return complain("report needs a run file (try 'systrace-lib report --help')");
    return 0;
}

static void arguments_deinit(struct arguments *arguments)
{
    free(arguments->outputs);
    free(arguments->table_options.runtime.globs);
}

/* ---- Reading ---- */

static int merge_file(struct run *run, const char *path)
{
    struct run other;
    struct runfile_error error;

    if (runfile_load(path, &other, &error))
        return complain_of(path, error.text);
    int number = run_merge(run, &other);
    run_deinit(&other);
    if (number == -EEXIST)
        return complain_of(path,
                           "it has a run that an earlier file has too, which would count twice");
    if (number)
        return complain_of(path, strerror(-number));
    return 0;
}

static int merge_files(const struct arguments *arguments, struct run *run)
{
    int status = 0;

    for (int i = 0; i < arguments->run_count && !status; i++)
        status = merge_file(run, arguments->runs[i]);
    return status;
}

/* ---- Writing ---- */

static int check_outputs(const struct arguments *arguments)
{
    struct output_error error;

    for (size_t i = 0; i < arguments->output_count; i++)
        if (output_check(arguments->outputs[i], arguments->format, arguments->table, &error))
            return complain("%s", error.text);
    return 0;
}

static int write_outputs(const struct arguments *arguments, struct run *run)
{
    struct output_error error;
    int status = 0;

    for (size_t i = 0; i < arguments->output_count; i++)
        if (output_run(arguments->outputs[i], arguments->format, arguments->table, run,
                       &arguments->table_options, &error))
            status = complain("%s", error.text);
    return status;
}

static int flush_stdout(int error)
{
    if (!error && (fflush(stdout) || ferror(stdout)))
        error = errno ? -errno : -EIO;
    return error ? complain("cannot write the standard output: %s", strerror(-error)) : 0;
}

static int print_stdout(const struct arguments *arguments, struct run *run)
{
    const char *unasked = arguments->table ? "json" : "text";
    const struct format *format =
        format_by_name(formats, arguments->format ? arguments->format : unasked, arguments->table);

    errno = 0;
    return flush_stdout(output_print(stdout, run, &arguments->table_options, format,
                                     text_terminal_width(STDOUT_FILENO)));
}

static int write_results(const struct arguments *arguments, struct run *run)
{
    if (arguments->output_count)
        return write_outputs(arguments, run);
    return arguments->quiet ? 0 : print_stdout(arguments, run);
}

/* ---- The command ---- */

static int report(const struct arguments *arguments)
{
    struct run run;
    int status = check_outputs(arguments);
    if (status)
        return status;
    if (run_init(&run))
        return complain_of_memory();

    status = merge_files(arguments, &run);
    if (!status)
        status = write_results(arguments, &run);
    run_deinit(&run);
    return status;
}

int report_main(int argc, char **argv)
{
    struct arguments arguments;
    int status = parse_arguments(argc, argv, &arguments);

    if (!status && arguments.help) {
        fputs(help, stdout);
        format_print_help(formats, stdout);
        status = flush_stdout(0);
    } else if (!status) {
        status = report(&arguments);
    }
    arguments_deinit(&arguments);
    return status;
}
