/* report.c - the command `systrace-lib report`: reads run files, merges them, prints what is asked
 * for. */
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "record/runfile.h"
#include "report/outputs.h"

enum { EXIT_OURS = 125 };

struct arguments {
    char **runs; /* borrowed */
    int run_count;
    struct outputs outputs;
    bool quiet, help;
};

static const char help_begin[] =
    "Usage: systrace-lib report RUN... [OPTION]...\n"
    "Make tables from run files, which -o FILE.json records. Several are merged. Without -o the\n"
    "table for people is printed, or what --format says.\n"
    "\n";

static const char help_end[] =
    "\n"
    "Other:\n"
    "  -q, --quiet              print no table without -o; only check that the runs can be read\n"
    "  -h, --help               show this\n";

static const struct option long_options[] = {
    OUTPUTS_LONG_OPTIONS,
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

/* ---- Arguments ---- */

static void complain_of_output(const char *message)
{
    complain("%s", message);
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
    int result = outputs_parse(&arguments->outputs, option, optarg);

    if (result != OUTPUTS_OTHER)
        return result ? EXIT_OURS : 0;
    if (option == 'q')
        arguments->quiet = true;
    else
        arguments->help = true;
    return 0;
}

/* Options may stand before, between and behind the run files. */
static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
    int option;

    *ret = (struct arguments){ .outputs.complain = complain_of_output };
    opterr = 0;
    optind = 0; /* getopt may have been used for the words before "report" */
    while ((option = getopt_long(argc, argv, ":" OUTPUTS_SHORT_OPTIONS "qh", long_options, NULL)) !=
           -1) {
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

static int flush_stdout(int error)
{
    if (!error && (fflush(stdout) || ferror(stdout)))
        error = errno ? -errno : -EIO;
    return error ? complain("cannot write the standard output: %s", strerror(-error)) : 0;
}

static int print_stdout(const struct outputs *outputs, struct run *run)
{
    errno = 0;
    return flush_stdout(outputs_print(outputs, run, outputs->table ? "json" : "text", stdout));
}

static int write_results(const struct arguments *arguments, struct run *run)
{
    if (arguments->outputs.count)
        return outputs_write(&arguments->outputs, run) ? EXIT_OURS : 0;
    return arguments->quiet ? 0 : print_stdout(&arguments->outputs, run);
}

/* ---- The command ---- */

static int report(const struct arguments *arguments)
{
    struct run run;

    if (outputs_check(&arguments->outputs))
        return EXIT_OURS;
    if (run_init(&run))
        return complain("%s", strerror(ENOMEM));
    int status = merge_files(arguments, &run);
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
        fputs(help_begin, stdout);
        outputs_print_help(stdout);
        fputs(help_end, stdout);
        status = flush_stdout(0);
    } else if (!status) {
        status = report(&arguments);
    }
    outputs_deinit(&arguments.outputs);
    return status;
}
