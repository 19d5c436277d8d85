/* surfacecommand.c - the command `systrace-lib surface`: options, then the rules of runs, and
 * tables of these. */
#include "surfacecommand.h"

#include <errno.h>
#include <getopt.h>
#include "compartments/boundary.h"
#include "compartments/surface.h"
#include "compartments/surfaceformats.h"
#include "report/complain.h"

enum { EXIT_OURS = 125 };

struct arguments {
    struct boundary boundary;
    bool help;
};

static const char help_begin[] =
    "Usage: systrace-lib surface RUN... --compartments=FILE [OPTION]...\n"
    "Print, from run files, what the rules of each compartment would leave to an attacker who "
    "runs\n"
    "code in it, against a filter of the whole process: system calls, capabilities, payloads.\n"
    "\n";

static const char help_end[] =
    "      --table=NAME         print this table only, of those below\n"
    "\n" COMMANDLINE_RESULTS_HELP "  -h, --help               show this\n"
    "\n"
    "Tables, by --table:\n";

static const char help_formats[] = "\n"
                                   "Formats, by --format and by the ending of FILE:\n";

enum { SURFACE_TABLE = 7168 };

static const struct option long_options[] = {
    BOUNDARY_LONG_OPTIONS,
    { "table", required_argument, NULL, SURFACE_TABLE },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

static int parse_table(struct arguments *arguments, const char *name)
{
    enum surface_table table = surface_table_parse(name);

    if (table == SURFACE_ALL)
        return complain_of(name, "there is no such table (try 'systrace-lib surface --help')");
    arguments->boundary.outputs.table_of_surface = (int)table;
    return 0;
}

static int take_option(void *context, int option)
{
    struct arguments *arguments = context;

    if (option == SURFACE_TABLE)
        return parse_table(arguments, optarg);
    if (option != 'h')
        return boundary_parse(&arguments->boundary, option, optarg);
    arguments->help = true;
    return 0;
}

/* Options may stand before, between and behind the run files. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    int error = commandline_parse(argc, argv, ":o:h", long_options, take_option, arguments);

    if (error || arguments->help)
        return error;
    return boundary_finish(&arguments->boundary, argv + optind, argc - optind, "surface");
}

static int print_surface(struct ruleset *ruleset, void *context)
{
    struct outputs *outputs = context;

    outputs->ruleset = ruleset;
    return commandline_write(outputs, NULL, "text");
}

static int print_help(void)
{
    errno = 0;
    fputs(help_begin, stdout);
    boundary_print_help(stdout);
    fputs(help_end, stdout);
    surface_tables_print_help(stdout);
    fputs(help_formats, stdout);
    format_print_help(surface_formats, stdout);
    return complain_of_stdout(0);
}

int surfacecommand_main(int argc, char **argv)
{
    struct arguments arguments = { 0 };
    struct outputs *outputs = &arguments.boundary.outputs;

    boundary_init(&arguments.boundary, surface_formats);
    outputs->table_of_surface = SURFACE_ALL;
    int error = parse_arguments(argc, argv, &arguments);
    if (!error && arguments.help)
        error = print_help();
    else if (!error && !(error = outputs_check(outputs)))
        error = boundary_rules(&arguments.boundary, print_surface, outputs);
    boundary_deinit(&arguments.boundary);
    return error ? EXIT_OURS : 0;
}
