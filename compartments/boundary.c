/* boundary.c - from the command line to the rules of runs. */
#include "boundary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/complain.h"
#include "report/runs.h"

/* ---- Options ---- */

void boundary_init(struct boundary *boundary, const struct format *formats)
{
    *boundary = (struct boundary){ .runtime = -1 };
    boundary->outputs.complain = complain_line;
    boundary->outputs.formats = formats;
    query_init(&boundary->query);
}

void boundary_deinit(struct boundary *boundary)
{
    query_deinit(&boundary->query);
    outputs_deinit(&boundary->outputs);
}

void boundary_print_help(FILE *file)
{
    fputs(
        "      --compartments=FILE  the compartments, in YAML (a kraft.yaml, or rules); or\n"
        "      --compartments=auto  each library is one\n"
        "      --sonames=FILE       which files the libraries of a kraft.yaml are here, in YAML\n"
        "      --group=NAME=GLOB[,GLOB]...\n"
        "                           these libraries are a compartment; repeatable; with auto, or\n"
        "                           without --compartments, where all others are one, too\n"
        "      --runtime=neutral|owned\n"
        "                           whatever the file says: the C library runs in the compartment\n"
        "                           of who called it, or in one of its own\n"
        "      --where=KEY=GLOB[,GLOB]..., --where=KEY!=GLOB[,GLOB]...\n"
        "                           only calls of which the key (report --help lists them) "
        "matches,\n"
        "                           or does not; repeatable: all must hold\n"
        "      --under=[LIBRARY:]FUNCTION, --not-under=[LIBRARY:]FUNCTION\n"
        "                           only calls with this function on the stack, or without\n"
        "      --runtime-library=GLOB\n"
        "                           count libraries of this name as runtime libraries, which pass\n"
        "                           requests on; repeatable\n"
        "      --no-runtime-libraries\n"
        "                           not even those of the C library are\n"
        "      --through-signals    count what a signal handler interrupted as on the stack\n",
        file);
}

static int parse_runtime(struct boundary *boundary, const char *text)
{
    boundary->runtime = runtime_mode_parse(text);
    return boundary->runtime < 0 ? complain_of(text, "--runtime is neutral or owned") : 0;
}

int boundary_parse(struct boundary *boundary, int option, const char *argument)
{
    if (option == BOUNDARY_RUNTIME)
        return parse_runtime(boundary, argument);
    if (option == BOUNDARY_COMPARTMENTS)
        boundary->declaration = argument;
    if (option == BOUNDARY_SONAMES)
        boundary->sonames = argument;
    if (option == BOUNDARY_COMPARTMENTS || option == BOUNDARY_SONAMES)
        return 0;
    return commandline_take(&boundary->query, &boundary->outputs, option, argument);
}

static bool is_automatic(const struct boundary *boundary)
{
    return !boundary->declaration || !strcmp(boundary->declaration, "auto");
}

int boundary_finish(struct boundary *boundary, char **runs, int count, const char *command)
{
    char error[QUERY_ERROR_MAX];
    const bool groups = boundary->query.groups.count > 0;

    boundary->runs = runs;
    boundary->run_count = (size_t)count;
    if (!count)
        return complain("%s needs a run file (try 'systrace-lib %s --help')", command, command);
    if (!boundary->declaration && !groups)
        return complain("%s needs --compartments=FILE, --compartments=auto or --group", command);
    if (!is_automatic(boundary) && groups)
        return complain("--group does not go with a file of --compartments");
    if (is_automatic(boundary) && boundary->sonames)
        return complain("--sonames goes with a file of --compartments");
    return query_finish(&boundary->query, error) ? complain("%s", error) : 0;
}

/* ---- Declarations ---- */

static int read_file(struct compartments *compartments, const char *path,
                     int (*parse)(struct compartments *compartments, const char *name,
                                  const char *text, size_t size,
                                  char error[static YAMLFILE_ERROR_MAX]))
{
    char error[YAMLFILE_ERROR_MAX], *text;
    size_t size;

    if (yamlfile_load(path, &text, &size, error))
        return complain("%s", error);
    int result = parse(compartments, path, text, size, error);
    free(text);
    return result ? complain("%s", error) : 0;
}

static int read_declaration(const struct boundary *boundary, struct compartments *compartments)
{
    if (is_automatic(boundary))
        return 0;
    int error = read_file(compartments, boundary->declaration, compartments_parse);
    if (!error && boundary->sonames)
        error = read_file(compartments, boundary->sonames, compartments_add_sonames);
    return error;
}

/* What needs the runs. */
static int complete(const struct boundary *boundary, const struct callers *callers,
                    struct compartments *compartments, char *error)
{
    int result = 0;

    if (boundary->runtime >= 0) {
        compartments->owned = boundary->runtime == RUNTIME_OWNED;
        compartments->owner = compartments->owned ? compartments->owner : COMPARTMENT_NONE;
    }
    if (is_automatic(boundary))
        result = membership_declare(compartments, callers, &boundary->query.groups,
                                    !boundary->declaration, error);
    if (!result && compartments->owned && compartments->owner == COMPARTMENT_NONE)
        result = membership_choose_owner(compartments, callers, error);
    return result;
}

/* ---- Rules ---- */

struct job {
    const struct boundary *boundary;
    struct run run;
    struct callers callers;
    struct compartments compartments;
    struct membership membership;
    int (*use)(struct ruleset *ruleset, void *context);
    void *context;
};

static int use_members(struct job *job)
{
    const struct boundary *boundary = job->boundary;
    struct ruleset ruleset;

    if (!is_automatic(boundary) && membership_check(&job->membership, complain_line))
        return complain("%s", strerror(ENOMEM));
    if (ruleset_init(&ruleset, &job->run, &job->membership, &boundary->query, boundary->by_phase))
        return complain("%s", strerror(ENOMEM));
    int error = job->use(&ruleset, job->context);
    ruleset_deinit(&ruleset);
    return error;
}

static int use_callers(struct job *job)
{
    char text[YAMLFILE_ERROR_MAX];
    int error = complete(job->boundary, &job->callers, &job->compartments, text);

    if (!error)
        error = membership_init(&job->membership, &job->compartments, &job->callers, text);
    if (error)
        return complain("%s", text);
    error = use_members(job);
    membership_deinit(&job->membership);
    return error;
}

static int use_run(struct job *job)
{
    const struct boundary *boundary = job->boundary;
    const struct table_options *options = &boundary->outputs.table_options;
    const struct caller *last;
    int error = runs_add(&job->run, boundary->runs, boundary->run_count);

    if (!error && run_sort(&job->run)) /* so that the order of the files does not show */
        error = complain("%s", strerror(ENOMEM));
    if (!error)
        error = runs_select(&job->run, options, &boundary->query, NULL);
    if (error)
        return error;
    if (callers_init(&job->callers, &job->run, options))
        return complain("%s", strerror(ENOMEM));
    error = callers_find(&job->callers, job->run.stacks.count - 1, &last)
                ? complain("%s", strerror(ENOMEM))
                : use_callers(job);
    callers_deinit(&job->callers);
    return error;
}

int boundary_rules(struct boundary *boundary, int (*use)(struct ruleset *ruleset, void *context),
                   void *context)
{
    struct job job = { .boundary = boundary, .use = use, .context = context };

    compartments_init(&job.compartments);
    int error = read_declaration(boundary, &job.compartments);
    if (!error && run_init(&job.run))
        error = complain("%s", strerror(ENOMEM));
    else if (!error) {
        error = use_run(&job);
        run_deinit(&job.run);
    }
    compartments_deinit(&job.compartments);
    return error;
}
