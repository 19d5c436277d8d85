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
#include "procfs.h"
#include "record/bisect.h"
#include "record/component.h"
#include "symbolizer/image/go/goinline.h"
#include "record/library.h"
#include "record/place.h"
#include "symbolizer/names/names.h"

/* What reading the symbols of one module may take, in time and memory. */
enum { NAMES_MILLISECONDS = 20000 };
static const uint64_t names_bytes = (uint64_t)4 << 30;

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

int64_t record_begin(struct run *run, const struct options *options, bool seccomp)
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
    if (!seccomp) /* neither shows in the stops of PTRACE_SYSCALL */
        e->denied = e->vsyscall = COUNT_UNKNOWN;
    e->kernel = strdup(host.release);
    e->machine = strdup(host.machine);
    e->version = strdup(SYSTRACE_VERSION);
    e->engine = strdup(options->engine == ENGINE_AGENT ? "agent" : seccomp ? "seccomp" : "ptrace");
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

/* Where the functions inlined at a place are recorded. */
struct inlined_at {
    struct run *run;
    uint32_t module;
    uint64_t offset;
};

static int add_inlined(void *context, uint32_t position, const char *name)
{
    const struct inlined_at *at = context;
    char *component = name ? component_of_go(name) : strdup("");
    int result = component ? run_add_inlined(at->run, at->module, at->offset, position,
                                             name ? name : "[unknown]", component)
                           : -ENOMEM;
    free(component);
    return result;
}

/* The names that Go's own table has for a place. 0: none; 1: it is done; negative errno. */
static int name_go_place(struct run *run, const struct image *image, uint64_t place)
{
    struct inlined_at at = { run, image->number, place };
    uint64_t vaddr, offset;
    struct go_function function;

    if (!image_vaddr(image, place, &vaddr) || !go_table_find(&image->go, vaddr, &function) ||
        !function.stack_program || !image_offset(image, function.start, &offset))
        return 0;
    char *component = component_of_go(function.name);
    int result = component
                     ? run_add_symbol(run, image->number, offset, function.end - function.start,
                                      function.name, component, SOURCE_GO)
                     : -ENOMEM;
    free(component);
    if (!result)
        result = go_inlined(image, &function, vaddr, add_inlined, &at);
    return result < 0 ? result : 1;
}

/* The same for these offsets, ascending, of one module. Leaves only those that it has no name for.
 * 0 or a negative errno. */
static int name_go_places(struct run *run, const struct image *image, uint64_t *offsets,
                          size_t *count)
{
    size_t left = 0;

    for (size_t i = 0; i < *count; i++) {
        int result = image->go.count ? name_go_place(run, image, offsets[i]) : 0;
        if (result < 0)
            return result;
        if (!result)
            offsets[left++] = offsets[i];
    }
    *count = left;
    return 0;
}

/* The places of one module as a job, but for those that Go's table names. 0 or a negative errno. */
static int make_job(struct run *run, const struct image *image, const struct place *places,
                    uint64_t *offsets, size_t count, struct names_job *ret)
{
    size_t first = BISECT(i, count, places[i].module < image->number), end;

    for (end = first; end < count && places[end].module == image->number;)
        end++;
    *ret = (struct names_job){ image, offsets + first, end - first };
    return name_go_places(run, image, offsets + first, &ret->count);
}

/* Whose names are being looked up. */
struct naming {
    struct run *run;
    const struct names_job *jobs;
};

static int add_name(void *context, size_t job, const struct symbol_name *name)
{
    const struct naming *naming = context;
    return run_add_symbol(naming->run, naming->jobs[job].image->number, name->offset, name->size,
                          name->name, name->component, name->source);
}

static int add_levels(void *context, size_t job, uint64_t offset, const struct level *levels,
                      size_t count)
{
    const struct naming *naming = context;
    uint32_t module = naming->jobs[job].image->number;
    int error = 0;

    for (uint32_t i = 0; i < count && !error; i++) {
        if (i + 1 < count)
            error = run_add_inlined(naming->run, module, offset, i, levels[i].name,
                                    levels[i].component);
        if (!error && levels[i].line)
            error = run_add_line(naming->run, module, offset, i, levels[i].file, levels[i].line);
    }
    return error;
}

static void warn_of_names(void *context, size_t job, enum names_result result, bool debug)
{
    const struct naming *naming = context;

    if (result == NAMES_ELSEWHERE) {
        diag("not all inlined functions of '%s': its debug information is in .dwo files that are "
             "not there",
             naming->jobs[job].image->module.path);
        return;
    }
    diag("no %s of '%s': to read its %s %s", debug ? "inlined functions" : "names for functions",
         naming->jobs[job].image->module.path, debug ? "debug information" : "symbols",
         result == NAMES_TOO_LONG ? "takes too long" : "fails");
}

static int name_places(struct run *run, const struct options *options, const struct images *images,
                       const struct place *places, uint64_t *offsets, size_t count,
                       struct names_job *jobs)
{
    const struct names_extent extent = { options->inlines, options->lines };
    const struct names_limits limits = { NAMES_MILLISECONDS, names_bytes };
    struct naming naming = { run, jobs };
    size_t wanted = 0;

    for (size_t i = 0; i < count; i++)
        offsets[i] = places[i].offset;
    for (size_t i = 0; i < images->count; i++) {
        int error = make_job(run, images->images[i], places, offsets, count, &jobs[wanted]);
        if (error)
            return error;
        wanted += jobs[wanted].count > 0;
    }
    return names_find(jobs, wanted, extent, &limits,
                      &(struct names_user){ add_name, add_levels, warn_of_names, &naming });
}

static int record_symbols(struct run *run, const struct options *options,
                          const struct images *images, const struct place *places, size_t count)
{
    uint64_t *offsets = calloc(count + 1, sizeof(*offsets));
    struct names_job *jobs = calloc(images->count + 1, sizeof(*jobs));
    int result = -ENOMEM;

    if (offsets && jobs)
        result = name_places(run, options, images, places, offsets, count, jobs);
    free(offsets);
    free(jobs);
    return result;
}

/* What there is to say of the places of frames. */
static int record_places(struct run *run, const struct options *options,
                         const struct images *images)
{
    size_t count = 0;
    struct place *places = place_list(&run->stacks, &count);
    int error = places ? record_symbols(run, options, images, places, count) : -ENOMEM;

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
