/* coverage.c - the command `systrace-lib coverage`: options, then the runs, what they have shown,
 * and the output of that. */
#include "coverage.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "report/commandline.h"
#include "report/complain.h"
#include "report/lastingname.h"
#include "report/runs.h"
#include "report/seen.h"
#include "report/seenformats.h"

enum { EXIT_OURS = 125 };

struct arguments {
    char **runs; /* borrowed */
    int run_count;
    enum seen_unit unit;
    struct outputs outputs;
    struct query query;
    bool help;
};

static const char help_begin[] =
    "Usage: systrace-lib coverage RUN... [OPTION]...\n"
    "Estimate from run files, which -o FILE.json records, how much of what libraries ask of the\n"
    "kernel these runs have not shown yet: pairs of library and system call. Several files are\n"
    "merged. Without -o it is printed for people, or in what --format says.\n"
    "\n"
    "      --unit=run|workload  what one sample is; the workload of a run is what --workload=NAME\n"
    "                           said when it was traced, else the name of its command\n"
    "      --table=NAME         print this table only, of those below\n"
    "      --where=KEY=GLOB[,GLOB]..., --where=KEY!=GLOB[,GLOB]...\n"
    "                           only calls of which the key (report --help lists them) matches,\n"
    "                           or does not; repeatable: all must hold\n"
    "      --under=[LIBRARY:]FUNCTION, --not-under=[LIBRARY:]FUNCTION\n"
    "                           only calls with this function on the stack, or without\n"
    "      --group=NAME=GLOB[,GLOB]...\n"
    "                           take these libraries together as one, for the key group\n"
    "      --runtime-library=GLOB\n"
    "                           count libraries of this name as runtime libraries, which pass\n"
    "                           requests on; repeatable\n"
    "      --no-runtime-libraries\n"
    "                           not even those of the C library are\n"
    "      --through-signals    count what a signal handler interrupted as on the stack\n"
    "\n" COMMANDLINE_RESULTS_HELP "  -h, --help               show this\n"
    "\n"
    "Tables, by --table:\n";

static const char help_formats[] = "\n"
                                   "Formats, by --format and by the ending of FILE:\n";

enum { COVERAGE_UNIT = 4096, COVERAGE_TABLE };

static const struct option long_options[] = {
    { "unit", required_argument, NULL, COVERAGE_UNIT },
    { "table", required_argument, NULL, COVERAGE_TABLE },
    COMMANDLINE_LONG_OPTIONS,
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

/* ---- Arguments ---- */

static int parse_unit(struct arguments *arguments, const char *name)
{
    if (strcmp(name, "run") != 0 && strcmp(name, "workload") != 0)
        return complain_of(name, "--unit is run or workload");
    arguments->unit = *name == 'w' ? SEEN_BY_WORKLOAD : SEEN_BY_RUN;
    return 0;
}

static int parse_table(struct arguments *arguments, const char *name)
{
    enum seen_table table = seen_table_parse(name);

    if (table == SEEN_ALL)
        return complain_of(name, "there is no such table (try 'systrace-lib coverage --help')");
    arguments->outputs.table_of_seen = table;
    return 0;
}

static int take_option(void *context, int option)
{
    struct arguments *arguments = context;

    switch (option) {
    case COVERAGE_UNIT:
        return parse_unit(arguments, optarg);
    case COVERAGE_TABLE:
        return parse_table(arguments, optarg);
    case 'h':
        arguments->help = true;
        return 0;
    default:
        return commandline_take(&arguments->query, &arguments->outputs, option, optarg);
    }
}

/* Options may stand before, between and behind the run files. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    char text[QUERY_ERROR_MAX];
    int error = commandline_parse(argc, argv, ":o:h", long_options, take_option, arguments);

    arguments->runs = argv + optind;
    arguments->run_count = argc - optind;
    if (error || arguments->help)
        return error;
    if (query_finish(&arguments->query, text))
        return complain("%s", text);
    return arguments->run_count
               ? 0
               : complain("coverage needs a run file (try 'systrace-lib coverage --help')");
}

/* ---- The command ---- */

static int print(struct arguments *arguments, const struct seen *seen)
{
    arguments->outputs.seen = seen;
    if (!seen->run_count)
        return complain("there is no call in these runs");
    return commandline_write(&arguments->outputs, NULL, "text");
}

static int estimate_by(struct arguments *arguments, struct run *run, struct callers *callers)
{
    const struct caller *last;
    struct seen seen;
    int error = callers_find(callers, run->stacks.count - 1, &last);

    if (!error)
        error = seen_init(&seen, run, callers, arguments->unit);
    if (error)
        return complain("%s", strerror(-error));
    error = print(arguments, &seen);
    seen_deinit(&seen);
    return error;
}

static int estimate(struct arguments *arguments, struct run *run)
{
    const struct table_options *options = &arguments->outputs.table_options;
    struct callers callers;
    char **names = lasting_names(run);

    if (!names)
        return complain("%s", strerror(ENOMEM));
    int error = runs_select(run, options, &arguments->query, (const char *const *)names);
    lasting_names_free(names, run);
    if (error)
        return error;
    if (callers_init(&callers, run, options))
        return complain("%s", strerror(ENOMEM));
    error = estimate_by(arguments, run, &callers);
    callers_deinit(&callers);
    return error;
}

static bool is_picture(const struct format *format)
{
    return format->print == seensvg_print;
}

/* Is one of the outputs, which have been checked, a picture? */
static bool draws(const struct outputs *outputs)
{
    bool found =
        outputs->format && is_picture(format_by_name(seen_formats, outputs->format, false));

    for (size_t i = 0; i < outputs->count && !outputs->format && !found; i++)
        found = is_picture(format_by_ending(seen_formats, outputs->paths[i], false));
    return found;
}

/* The picture is of the curve: what asks for another table would get something else. */
static int check_outputs(const struct outputs *outputs)
{
    enum seen_table table = outputs->table_of_seen;
    int error = outputs_check(outputs);

    if (error || table == SEEN_ALL || table == SEEN_CURVE || !draws(outputs))
        return error;
    return complain("the format svg is a picture of the curve: it has no table of %s",
                    seen_table_name(table));
}

static int coverage(struct arguments *arguments)
{
    struct run run;
    int error = check_outputs(&arguments->outputs);

    if (error)
        return error;
    if (run_init(&run))
        return complain("%s", strerror(ENOMEM));
    error = runs_add(&run, arguments->runs, (size_t)arguments->run_count);
    if (!error)
        error = estimate(arguments, &run);
    run_deinit(&run);
    return error;
}

static int print_help(void)
{
    errno = 0;
    fputs(help_begin, stdout);
    seen_tables_print_help(stdout);
    fputs(help_formats, stdout);
    format_print_help(seen_formats, stdout);
    return complain_of_stdout(0);
}

int coverage_main(int argc, char **argv)
{
    struct arguments arguments = {
        .outputs = { .complain = complain_line, .formats = seen_formats, .table_of_seen = SEEN_ALL }
    };

    query_init(&arguments.query);
    int error = parse_arguments(argc, argv, &arguments);
    if (!error)
        error = arguments.help ? print_help() : coverage(&arguments);
    query_deinit(&arguments.query);
    outputs_deinit(&arguments.outputs);
    return error ? EXIT_OURS : 0;
}
