/* report.c - the command `systrace-lib report`: reads run files, merges them, prints what is asked
 * for. */
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "report/commandline.h"
#include "report/complain.h"
#include "report/output.h"
#include "report/profile.h"
#include "report/runs.h"

enum { EXIT_OURS = 125 };

struct arguments {
    char **runs; /* borrowed */
    int run_count;
    struct outputs outputs;
    struct query query;
    struct profile_options profile;
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
    "      --loops                  the same as --table=loops\n"
    "  -q, --quiet              print no table without -o; only check that the runs can be read\n"
    "  -h, --help               show this\n";

static const struct option long_options[] = {
    OUTPUTS_LONG_OPTIONS,
    QUERY_LONG_OPTIONS,
    PROFILE_LONG_OPTIONS,
    { "loops", no_argument, NULL, 'l' },
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

static int parse_profile(struct arguments *arguments, int option)
{
    char error[PROFILE_ERROR_MAX];
    int result = profile_parse(&arguments->profile, option, optarg, error);

    return result < 0 ? complain("%s", error) : result;
}

static int parse_loops(struct arguments *arguments)
{
    char error[QUERY_ERROR_MAX];

    return query_preset(&arguments->query, "loops", error) ? complain("%s", error) : 0;
}

static int take_option(void *context, int option)
{
    struct arguments *arguments = context;
    int result = parse_query(arguments, option);

    if (result == QUERY_OTHER)
        result = parse_profile(arguments, option);
    if (result != PROFILE_OTHER)
        return result;
    result = outputs_parse(&arguments->outputs, option, optarg);

    if (result != OUTPUTS_OTHER)
        return result;
    if (option == 'l')
        return parse_loops(arguments);
    if (option == 'q')
        arguments->quiet = true;
    else
        arguments->help = true;
    return 0;
}

/* Do the options go together? */
static int check_options(struct arguments *arguments)
{
    const struct outputs *outputs = &arguments->outputs;
    bool tables = outputs->table || outputs->format;
    char error[QUERY_ERROR_MAX], filter_error[PROFILE_ERROR_MAX];

    if (profile_check_options(&arguments->profile, &arguments->query, tables, filter_error))
        return complain("%s", filter_error);
    return query_finish(&arguments->query, error) ? complain("%s", error) : 0;
}

/* Options may stand before, between and behind the run files. */
static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
    *ret = (struct arguments){ .outputs.complain = complain_line, .outputs.query = &ret->query };
    query_init(&ret->query);
    int status = commandline_parse(argc, argv, ":" OUTPUTS_SHORT_OPTIONS "qh", long_options,
                                   take_option, ret);
    if (status)
        return status;
    ret->runs = argv + optind;
    ret->run_count = argc - optind;
    if (check_options(ret))
        return EXIT_OURS;
    if (!ret->run_count && !ret->help && !ret->query.help)
        return complain("report needs a run file (try 'systrace-lib report --help')");
    return 0;
}

/* ---- Writing ---- */

static int write_results(const struct arguments *arguments, struct run *run)
{
    const struct outputs *outputs = &arguments->outputs;

    if (arguments->quiet && !outputs->count)
        return 0;
    return commandline_write(outputs, run, outputs->table ? "json" : "text");
}

/* ---- A filter ---- */

struct profile_job {
    const struct profile *profile;
    profile_print *print;
};

static int print_profile(FILE *file, void *context)
{
    const struct profile_job *job = context;

    return job->print(file, job->profile);
}

/* To all files, of which each is tried. */
static int write_profile(const struct arguments *arguments, const struct profile *profile)
{
    struct profile_job job = { profile, arguments->profile.format->print };
    struct output_error error;
    int status = 0;

    for (size_t i = 0; i < arguments->outputs.count; i++)
        if (output_write(arguments->outputs.paths[i], print_profile, &job, &error))
            status = complain("%s", error.text);
    if (arguments->outputs.count || arguments->quiet)
        return status;
    errno = 0;
    return complain_of_stdout(print_profile(stdout, &job));
}

static int check_profile(const struct arguments *arguments)
{
    const struct outputs *outputs = &arguments->outputs;
    struct output_error error;

    for (size_t i = 0; i < outputs->count; i++)
        if (output_check(outputs->paths[i], &error))
            return complain("%s", error.text);
    if ((arguments->profile.format->traits & PROFILE_BINARY) && !outputs->count &&
        !arguments->quiet && isatty(STDOUT_FILENO))
        return complain("--seccomp=%s is not for a terminal: give -o FILE",
                        arguments->profile.format->name);
    return 0;
}

/* What it rests on goes to stderr where the format has no room for it. */
static void explain(const struct arguments *arguments, const struct profile *profile)
{
    if (!(arguments->profile.format->traits & PROFILE_COMMENTS) && !arguments->quiet)
        profile_print_comment(stderr, profile, "systrace-lib: ");
    char warning[PROFILE_ERROR_MAX];
    evidence_warn(&profile->evidence, warning, sizeof(warning));
    if (*warning)
        complain("%s", warning);
}

/* What is said of system calls themselves, as by --where=abi=, is of those of the start, too. */
static int select_part(const struct arguments *arguments, struct run *run, bool of_syscalls)
{
    struct query query = arguments->query;

    query.filters = calloc(query.filter_count + 1, sizeof(*query.filters));
    if (!query.filters)
        return complain("%s", strerror(ENOMEM));
    query.filter_count = 0;
    for (size_t i = 0; i < arguments->query.filter_count; i++) {
        const struct filter *filter = &arguments->query.filters[i];
        bool is = filter->key != FILTER_UNDER && keys_all[filter->key].domain == KEY_OF_SYSCALL;
        if (is == of_syscalls)
            query.filters[query.filter_count++] = *filter;
    }
    int status = runs_select(run, &arguments->outputs.table_options, &query, NULL);
    free(query.filters);
    return status;
}

/* Selects the calls, and writes the filter of them. */
static int report_profile(const struct arguments *arguments, struct run *run)
{
    const struct table_options *options = &arguments->outputs.table_options;
    char text[PROFILE_ERROR_MAX];
    struct profile profile;
    int error = profile_begin(&profile, run, options);

    if (error)
        return complain("%s", strerror(-error));
    int status = select_part(arguments, run, true);
    if (!status && profile_add_start(&profile, &arguments->profile, run, options))
        status = complain("%s", strerror(ENOMEM));
    if (!status)
        status = select_part(arguments, run, false);
    if (!status &&
        profile_finish(&profile, &arguments->profile, run, &arguments->query, options, text))
        status = complain("%s", text);
    if (!status) {
        explain(arguments, &profile);
        status = write_profile(arguments, &profile);
    }
    profile_deinit(&profile);
    return status;
}

/* ---- The command ---- */

static int report_tables(const struct arguments *arguments, struct run *run)
{
    int status = runs_select(run, &arguments->outputs.table_options, &arguments->query, NULL);

    return status ? status : write_results(arguments, run);
}

static int report(const struct arguments *arguments)
{
    struct run run;

    const bool profile = arguments->profile.format != NULL;
    int status = profile ? check_profile(arguments) : outputs_check(&arguments->outputs);

    if (status)
        return status;
    if (run_init(&run))
        return complain("%s", strerror(ENOMEM));
    status = runs_add(&run, arguments->runs, (size_t)arguments->run_count);
    if (!status)
        status = profile ? report_profile(arguments, &run) : report_tables(arguments, &run);
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
        profile_print_help(stdout);
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
