/* report.c - the command `systrace-lib report`: reads run files, merges them, prints what is asked
 * for. */
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "report/complain.h"
#include "report/outputs.h"
#include "report/runs.h"

enum { EXIT_OURS = 125 };

struct arguments {
    char **runs; /* borrowed */
    int run_count;
    struct outputs outputs;
    struct query query;
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
    QUERY_LONG_OPTIONS,
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

/* ---- Arguments ---- */

static int parse_query(struct arguments *arguments, int option)
{
    char error[QUERY_ERROR_MAX];
    int result = query_parse(&arguments->query, option, optarg, error);

    return result < 0 ? complain("%s", error) : result;
}

static int parse_option(struct arguments *arguments, int option)
{
    int result = parse_query(arguments, option);

    if (result != QUERY_OTHER)
        return result;
    result = outputs_parse(&arguments->outputs, option, optarg);

    if (result != OUTPUTS_OTHER)
        return result;
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

    char error[QUERY_ERROR_MAX];

    *ret = (struct arguments){ .outputs.complain = complain_line, .outputs.query = &ret->query };
    query_init(&ret->query);
    opterr = 0;
    optind = 0; /* getopt may have been used for the words before "report" */
    while ((option = getopt_long(argc, argv, ":" OUTPUTS_SHORT_OPTIONS "qh", long_options, NULL)) !=
           -1) {
        int status = option == '?' || option == ':' ? complain_of_option(argv, option, "report")
                                                    : parse_option(ret, option);
        if (status)
            return status;
    }
    ret->runs = argv + optind;
    ret->run_count = argc - optind;
    if (query_finish(&ret->query, error))
        return complain("%s", error);
    if (!ret->run_count && !ret->help && !ret->query.help)
        return complain("report needs a run file (try 'systrace-lib report --help')");
    return 0;
}

/* ---- Writing ---- */

static int print_stdout(const struct outputs *outputs, struct run *run)
{
    errno = 0;
    return complain_of_stdout(
        outputs_print(outputs, run, outputs->table ? "json" : "text", stdout));
}

static int write_results(const struct arguments *arguments, struct run *run)
{
    if (arguments->outputs.count)
        return outputs_write(&arguments->outputs, run);
    return arguments->quiet ? 0 : print_stdout(&arguments->outputs, run);
}

/* ---- The command ---- */

static int report(const struct arguments *arguments)
{
    struct run run;

    int status = outputs_check(&arguments->outputs);
    if (status)
        return status;
    if (run_init(&run))
        return complain("%s", strerror(ENOMEM));
    status = runs_add(&run, arguments->runs, (size_t)arguments->run_count);
    if (!status)
        status = runs_select(&run, &arguments->outputs.table_options, &arguments->query);
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
        query_print_help(stdout);
        putchar('\n');
        outputs_print_help(stdout);
        fputs(help_end, stdout);
        status = complain_of_stdout(0);
    } else if (!status && arguments.query.help) {
        query_print_presets(stdout);
        status = complain_of_stdout(0);
    } else if (!status) {
        status = report(&arguments);
    }
    query_deinit(&arguments.query);
    outputs_deinit(&arguments.outputs);
    return status ? EXIT_OURS : 0;
}
