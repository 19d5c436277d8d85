/* record.c - fills in the facts of an execution and, at its end, the names of all functions seen.
 */
#include "record.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "code.h"
#include "diag.h"
#include "placenames.h"
#include "procfs.h"
#include "record/library.h"
#include "record/place.h"

static char **copy_words(char *const *words)
{
    size_t count = 0;

    while (words[count])
        count++;
    char **copy = calloc(count + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(words[i]);
        if (!copy[i]) {
            while (i)
                free(copy[--i]);
            free(copy);
            copy = NULL;
        }
    }
    return copy;
}

static int64_t *copy_pids(const pid_t *pids, size_t count)
{
    int64_t *copy = calloc(count + 1, sizeof(*copy));

    for (size_t i = 0; copy && i < count; i++)
        copy[i] = pids[i];
    return copy;
}

int64_t record_begin(struct run *run, const struct options *options)
{
    struct utsname host = { 0 };
    int64_t index = run_add_execution(run);

    if (index < 0)
        return index;
    struct execution *e = &run->executions[index];
    uname(&host);
    e->command = copy_words(options->command);
    e->attach = copy_pids(options->attach, options->attach_count);
    e->attach_count = e->attach ? options->attach_count : 0;
    e->results = options->results;
    if (options->engine == ENGINE_PTRACE) /* neither shows in the stops of PTRACE_SYSCALL */
        e->denied = e->vsyscall = COUNT_UNKNOWN;
    e->kernel = strdup(host.release);
    e->machine = strdup(host.machine);
    e->version = strdup(SYSTRACE_VERSION);
    e->engine = strdup(options_engine_name(options->engine));
    e->workload = strdup(options->workload ? options->workload : "");
    if (asprintf(&e->libc, "glibc %s", gnu_get_libc_version()) < 0)
        e->libc = NULL;
    clock_gettime(CLOCK_REALTIME, &e->start);
    bool complete = e->command && e->attach && e->kernel && e->machine && e->version && e->engine &&
                    e->workload && e->libc;
    return complete ? index : -ENOMEM;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

int64_t record_program(struct run *run, pid_t tid)
{
    char *path = procfs_program(tid), executed[PATH_MAX];
    bool named = path && procfs_executed(tid, executed);
    const char *name = base_name(named ? executed : path ? path : "[unknown]");
    int64_t number = run_program(run, name, path ? path : "");

    free(path);
    if (number < 0)
        die("out of memory");
    return number;
}

static void warn_of_names(void *context, const struct image *image, enum names_result result,
                          bool debug)
{
    (void)context;
    if (result == NAMES_ELSEWHERE) {
        diag("not all inlined functions of '%s': its debug information is in .dwo files that are "
             "not there",
             image->module.path);
        return;
    }
    diag("no %s of '%s': to read its %s %s", debug ? "inlined functions" : "names for functions",
         image->module.path, debug ? "debug information" : "symbols",
         result == NAMES_TOO_LONG ? "takes too long" : "fails");
}

/* What there is to say of the places of frames. */
static int record_places(struct run *run, const struct options *options,
                         const struct images *images)
{
    size_t count = 0;
    struct place *places = place_list(&run->stacks, &count);
    const struct place_names names = {
        .run = run,
        .images = images,
        .extent = { options->inlines, options->lines },
        .fail = warn_of_names,
    };
    int error = places ? place_names_add(&names, places, count) : -ENOMEM;

    if (error >= 0)
        error = code_record(run, images, places, count);
    free(places);
    return error;
}

int record_end(struct run *run, uint32_t execution, const int *status,
               const struct options *options, const struct images *images)
{
    struct execution *e = &run->executions[execution];

    clock_gettime(CLOCK_REALTIME, &e->end);
    if (status && WIFEXITED(*status))
        e->exit_status = WEXITSTATUS(*status);
    else if (status && WIFSIGNALED(*status))
        e->exit_signal = WTERMSIG(*status);
    for (size_t i = 0; i < images->count; i++)
        run->modules[images->images[i]->number].loads += images->images[i]->module.loads;
    return record_places(run, options, images);
}

void record_warn_of_claims(const struct run *run, const struct options *options)
{
    for (size_t i = MODULE_FIRST; i < run->module_count && !options->quiet; i++) {
        const struct module *module = &run->modules[i];
        if (library_only_claims(&options->outputs.table_options.runtime, module))
            diag("'%s' has the name of a runtime library (%s) but is none: it counts as a caller",
                 module->path, *module->soname ? module->soname : module->name);
    }
}
