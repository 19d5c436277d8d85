/* diff.c - the command `systrace-lib diff`: options, then the two lots of runs, what differs, and
 * the output of that. */
#include "diff.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "report/acceptfile.h"
#include "report/commandline.h"
#include "report/complain.h"
#include "report/difference.h"
#include "report/lastingname.h"
#include "report/diffformats.h"
#include "report/output.h"
#include "report/runs.h"
#include "report/sides.h"

struct arguments {
    struct side_files files[SIDES]; /* arrays owned; of what comes before --old and --new, all are
                                       OLD's until the end of the options */
    enum side side;                 /* of the files that come next */
    bool sided;                     /* --old or --new was given */
    struct outputs outputs;
    struct query query;
    double factor;
    const char *accept; /* NULL: no file */
    bool write_accept;  /* also without a file's name: */
    const char *write_accept_to;
    bool quiet, help;
};

static const char help_begin[] =
    "Usage: systrace-lib diff OLD NEW [OPTION]...\n"
    "       systrace-lib diff --old RUN... --new RUN... [OPTION]...\n"
    "Compare run files, which -o FILE.json records: which pairs of library and system call\n"
    "appeared or vanished, and which libraries are other files now. Several files of a side are\n"
    "merged. Without -o it is printed for people, or in what --format says.\n"
    "\n"
    "The exit status is 0 if nothing is new, 1 if something appeared that is not accepted, and 2\n"
    "if there is trouble.\n"
    "\n"
    "What to compare:\n"
    "      --old, --new             the run files behind it are the old ones, the new ones\n"
    "      --by=KEY[,KEY]...        groups by these keys (report --help lists them) in place of\n"
    "                               library,syscall; libraries go by their sonames\n"
    "      --factor=N               also groups whose calls in one run, on average, are more than\n"
    "                               N times as many or as few\n"
    "      --where=KEY=GLOB[,GLOB]..., --where=KEY!=GLOB[,GLOB]...\n"
    "                               only calls of which the key matches, or does not;\n"
    "                               repeatable: all must hold\n"
    "      --under=[LIBRARY:]FUNCTION, --not-under=[LIBRARY:]FUNCTION\n"
    "                               only calls with this function on the stack, or without\n"
    "      --group=NAME=GLOB[,GLOB]...\n"
    "                               take these libraries together as one, for the key group\n"
    "      --runtime-library=GLOB   count libraries of this name as runtime libraries, which\n"
    "                               pass requests on; repeatable\n"
    "      --no-runtime-libraries   not even those of the C library are\n"
    "      --through-signals        count what a signal handler interrupted as on the stack\n"
    "\n"
    "What is accepted:\n"
    "      --accept=FILE            a line for each: GLOB GLOB  # REASON\n"
    "      --write-accept[=FILE]    add what is new to FILE, or to that of --accept\n"
    "\n"
    "Results:\n"
    "  -o, --output=FILE            write FILE, in the format that its ending chooses;\n"
    "                               repeatable\n"
    "      --format=FORMAT          write this format, whatever the ending\n"
    "  -q, --quiet                  print nothing without -o: the exit status says it\n"
    "  -h, --help                   show this\n"
    "\n"
    "Formats, by --format and by the ending of FILE:\n";

/* For getopt_long: a word that is no option, in its place; and our own options. */
enum { WORD = 1, DIFF_OLD = 4096, DIFF_NEW_FILES, DIFF_FACTOR, DIFF_ACCEPT, DIFF_WRITE_ACCEPT };

static const struct option long_options[] = {
    { "old", no_argument, NULL, DIFF_OLD },
    { "new", no_argument, NULL, DIFF_NEW_FILES },
    { "by", required_argument, NULL, QUERY_BY },
    { "factor", required_argument, NULL, DIFF_FACTOR },
    COMMANDLINE_LONG_OPTIONS,
    { "accept", required_argument, NULL, DIFF_ACCEPT },
    { "write-accept", optional_argument, NULL, DIFF_WRITE_ACCEPT },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

/* ---- Arguments ---- */

static int add_file(struct arguments *arguments, char *path)
{
    struct side_files *files = &arguments->files[arguments->side];
    char **paths = reallocarray(files->paths, files->count + 1, sizeof(*paths));

    if (!paths)
        return complain("%s", strerror(ENOMEM));
    files->paths = paths;
    paths[files->count++] = path;
    return 0;
}

static int begin_side(struct arguments *arguments, enum side side)
{
    if (!arguments->sided && arguments->files[OLD].count)
        return complain_of(arguments->files[OLD].paths[0],
                           "is it old or new? Let --old or --new come before it");
    arguments->sided = true;
    arguments->side = side;
    return 0;
}

static int parse_factor(struct arguments *arguments, const char *text)
{
    char *end;
    double factor = strtod(text, &end);

    if (end == text || *end || !isfinite(factor) || factor < 1)
        return complain_of(text, "--factor needs a number from 1 on");
    arguments->factor = factor;
    return 0;
}

static int parse_accept(struct arguments *arguments, const char *path)
{
    if (arguments->accept)
        return complain_of(path, "there can be one --accept only");
    arguments->accept = path;
    return 0;
}

static int take_option(void *context, int option)
{
    struct arguments *arguments = context;

    switch (option) {
    case WORD:
        return add_file(arguments, optarg);
    case DIFF_OLD:
        return begin_side(arguments, OLD);
    case DIFF_NEW_FILES:
        return begin_side(arguments, NEW);
    case DIFF_FACTOR:
        return parse_factor(arguments, optarg);
    case DIFF_ACCEPT:
        return parse_accept(arguments, optarg);
    case DIFF_WRITE_ACCEPT:
        arguments->write_accept = true;
        arguments->write_accept_to = optarg;
        return 0;
    case 'q':
        arguments->quiet = true;
        return 0;
    case 'h':
        arguments->help = true;
        return 0;
    default:
        return commandline_take(&arguments->query, &arguments->outputs, option, optarg);
    }
}

/* Options may stand before, between and behind the run files. */
static int parse_options(int argc, char **argv, struct arguments *arguments)
{
    int error = commandline_parse(argc, argv, "-:o:qh", long_options, take_option, arguments);

    for (int i = optind; i < argc && !error; i++)
        error = add_file(arguments, argv[i]);
    return error;
}

/* OLD and NEW. */
static int split_files(struct arguments *arguments)
{
    if (arguments->files[OLD].count != 2)
        return complain("diff needs two run files, or --old RUN... --new RUN... "
                        "(try 'systrace-lib diff --help')");
    arguments->side = NEW;
    int error = add_file(arguments, arguments->files[OLD].paths[1]);
    arguments->files[OLD].count -= !error;
    return error;
}

static int check_sides(struct arguments *arguments)
{
    if (!arguments->sided)
        return split_files(arguments);
    for (int side = OLD; side < SIDES; side++)
        if (!arguments->files[side].count)
            return complain("diff needs run files behind %s, too", side == OLD ? "--old" : "--new");
    return 0;
}

/* Each execution is another, so that nothing of one side would be on the other; and when something
 * is needed is told from the calls of both together. */
static int check_keys(const struct query *query)
{
    for (size_t i = 0; i < query->by_count; i++)
        if (query->by[i] == key_parse("execution"))
            return complain("--by=execution: no two sides have that in common");
    if (query_asks_for(query, key_parse("needed")))
        return complain("the key needed is not for diff, but for report");
    return 0;
}

static int check_accept(struct arguments *arguments)
{
    if (arguments->write_accept && !arguments->write_accept_to)
        arguments->write_accept_to = arguments->accept;
    if (arguments->write_accept && !arguments->write_accept_to)
        return complain("--write-accept needs a file: its own, or that of --accept");
    return 0;
}

static int check_arguments(struct arguments *arguments)
{
    char error[QUERY_ERROR_MAX];
    int result = check_sides(arguments);

    arguments->query.given = true;
    if (!result && query_finish(&arguments->query, error))
        result = complain("%s", error);
    if (!result)
        result = check_keys(&arguments->query);
    return result ? result : check_accept(arguments);
}

/* ---- The comparison ---- */

/* What cannot be written must be found out before anything is. */
static int check_outputs(const struct arguments *arguments)
{
    struct output_error error;
    int result = outputs_check(&arguments->outputs);

    if (!result && arguments->write_accept &&
        (result = output_check(arguments->write_accept_to, &error)))
        complain("%s", error.text);
    return result;
}

/* A file that is about to be written need not be there yet. */
static int read_accepts(const struct arguments *arguments, struct accepts *ret)
{
    *ret = (struct accepts){ .key_count = arguments->query.by_count };
    if (!arguments->accept)
        return 0;
    if (arguments->write_accept && !strcmp(arguments->accept, arguments->write_accept_to) &&
        access(arguments->accept, F_OK) && errno == ENOENT)
        return 0;
    return acceptfile_read(arguments->accept, ret->key_count, ret);
}

static int print(struct arguments *arguments, const struct difference *difference)
{
    arguments->outputs.difference = difference;
    if (arguments->quiet && !arguments->outputs.count)
        return 0;
    return commandline_write(&arguments->outputs, NULL, "text");
}

/* Prints it. A positive result: something is new. */
static int tell(struct arguments *arguments, const struct difference *difference,
                const struct accepts *accepts)
{
    int error = print(arguments, difference);

    if (!error && arguments->accept)
        acceptfile_complain_of_unused(arguments->accept, accepts);
    if (!error && arguments->write_accept)
        error = acceptfile_write(arguments->write_accept_to, difference);
    return error ? error : difference->counts[APPEARED] > 0;
}

static int compare(struct arguments *arguments, struct sides *sides, struct accepts *accepts)
{
    const struct table_options *options = &arguments->outputs.table_options;
    struct difference difference;
    char **names = lasting_names(&sides->run);

    if (!names)
        return complain("%s", strerror(ENOMEM));
    int result = runs_select(&sides->run, options, &arguments->query, (const char *const *)names);
    lasting_names_free(names, &sides->run);
    if (result)
        return result;
    if (difference_init(&difference, sides, options, &arguments->query, accepts, arguments->factor))
        return complain("%s", strerror(ENOMEM));
    result = tell(arguments, &difference, accepts);
    difference_deinit(&difference);
    return result;
}

static int diff(struct arguments *arguments)
{
    struct accepts accepts;
    struct sides sides;
    int result = check_outputs(arguments);

    if (result)
        return result;
    result = read_accepts(arguments, &accepts);
    if (result)
        return result;
    result = sides_load(&sides, arguments->files);
    if (!result) {
        result = compare(arguments, &sides, &accepts);
        sides_deinit(&sides);
    }
    accepts_deinit(&accepts);
    return result;
}

/* ---- The command ---- */

static int print_help(void)
{
    errno = 0;
    fputs(help_begin, stdout);
    format_print_help(diff_formats, stdout);
    return complain_of_stdout(0);
}

int diff_main(int argc, char **argv)
{
    struct arguments arguments = { .outputs = { .complain = complain_line,
                                                .formats = diff_formats } };

    query_init(&arguments.query);
    int result = parse_options(argc, argv, &arguments);
    if (!result && arguments.help)
        result = print_help();
    else if (!result && !(result = check_arguments(&arguments)))
        result = diff(&arguments);
    query_deinit(&arguments.query);
    outputs_deinit(&arguments.outputs);
    free(arguments.files[OLD].paths);
    free(arguments.files[NEW].paths);
    return result < 0 ? DIFF_TROUBLE : result ? DIFF_NEW : DIFF_NOTHING_NEW;
}
