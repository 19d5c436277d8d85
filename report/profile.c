/* profile.c - filters of system calls: their options, what goes into one, and what all formats
 * have in common. */
#include "profile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"

#define FORMAT_ROW(...) { __VA_ARGS__ },
static const struct profile_format formats[] = { PROFILE_FORMATS(FORMAT_ROW){ 0 } };
#undef FORMAT_ROW

enum { ROW_WIDTH = 100 };

/* ---- Options ---- */

void profile_print_help(FILE *file)
{
    fputs(
        "Filters:\n"
        "      --seccomp=FORMAT         print a filter that allows the calls and no others\n"
        "      --with-variants          allow other forms of the same requests, too, as another C\n"
        "                               library makes them (open: openat)\n"
        "      --with-start             allow what the start of the program needs, too, for a\n"
        "                               filter that is installed before it\n"
        "\n"
        "Formats of filters:\n",
        file);
    for (const struct profile_format *format = formats; format->name; format++)
        fprintf(file, "  %-13s %s\n", format->name, format->description);
}

static int fail(char error[static PROFILE_ERROR_MAX], const char *text)
{
    snprintf(error, PROFILE_ERROR_MAX, "%s", text);
    return -EINVAL;
}

static int parse_format(struct profile_options *options, const char *name,
                        char error[static PROFILE_ERROR_MAX])
{
    for (const struct profile_format *format = formats; format->name; format++) {
        if (strcmp(format->name, name))
            continue;
        options->format = format;
        return 0;
    }
    char *shown = escape(name);
    int end = snprintf(error, PROFILE_ERROR_MAX, "--seccomp=%.80s: there is no such filter; use",
                       shown ? shown : "?");
    free(shown);
    for (const struct profile_format *format = formats; format->name; format++)
        end += snprintf(error + end, PROFILE_ERROR_MAX - (size_t)end, "%s %s",
                        format == formats    ? ""
                        : (format + 1)->name ? ","
                                             : " or",
                        format->name);
    return -EINVAL;
}

int profile_parse(struct profile_options *options, int option, const char *argument,
                  char error[static PROFILE_ERROR_MAX])
{
    switch (option) {
    case PROFILE_SECCOMP:
        return parse_format(options, argument, error);
    case PROFILE_VARIANTS:
        options->variants = true;
        return 0;
    case PROFILE_START:
        options->start = true;
        return 0;
    default:
        return PROFILE_OTHER;
    }
}

/* Is a table asked for? --group alone only names libraries for --where. */
static bool asks_table(const struct query *query)
{
    return query->by_count || query->measure_count || query->order_count || query->top ||
           query->total || query->pivot != NO_PIVOT;
}

int profile_check_options(const struct profile_options *options, const struct query *query,
                          bool tables, char error[static PROFILE_ERROR_MAX])
{
    if (!options->format && (options->variants || options->start))
        return fail(error, options->variants ? "--with-variants needs --seccomp"
                                             : "--with-start needs --seccomp");
    if (options->format && (tables || asks_table(query)))
        return fail(error, "--seccomp prints a filter, no table: besides it there can be --where, "
                           "--under, --not-under and --group");
    return 0;
}

/* ---- What goes into it ---- */

/* Who asked for each call of the run as it is. */
static int find_callers(struct callers *callers, struct run *run,
                        const struct table_options *options)
{
    const struct caller *last;
    int error = callers_init(callers, run, options);

    if (error)
        return error;
    error = callers_find(callers, run->stacks.count - 1, &last);
    if (error)
        callers_deinit(callers);
    return error;
}

int profile_begin(struct profile *profile, struct run *run,
                  const struct table_options *table_options)
{
    struct callers callers;
    int error = find_callers(&callers, run, table_options);

    *profile = (struct profile){ 0 };
    if (error)
        return error;
    error = evidence_tally(run, &callers, &profile->evidence.all);
    callers_deinit(&callers);
    if (error)
        profile_deinit(profile);
    return error;
}

int profile_add_start(struct profile *profile, const struct profile_options *options,
                      struct run *run, const struct table_options *table_options)
{
    struct callers callers;
    int error = options->start ? find_callers(&callers, run, table_options) : 0;

    if (error || !options->start)
        return error;
    error = allowlist_add_start(&profile->list, run, &callers,
                                options->format->traits & PROFILE_LAUNCHER);
    callers_deinit(&callers);
    return error;
}

/* The kernel asks filters about calls of the vsyscall page, too (arch/x86/entry/vsyscall), and
 * nobody knows which of its three they were. */
static int add_vsyscalls(struct profile *profile)
{
    struct count counts[] = { { .nr = 96, .calls = 1 },    /* gettimeofday */
                              { .nr = 201, .calls = 1 },   /* time */
                              { .nr = 309, .calls = 1 } }; /* getcpu */
    const struct run run = { .counts = counts, .count_count = sizeof(counts) / sizeof(*counts) };

    return profile->evidence.vsyscall ? allowlist_add_run(&profile->list, &run) : 0;
}

static int tally_selected(struct profile *profile, struct run *run,
                          const struct table_options *table_options)
{
    struct callers callers;
    int error = find_callers(&callers, run, table_options);

    if (error)
        return error;
    error = evidence_tally(run, &callers, &profile->evidence.selected);
    callers_deinit(&callers);
    return error;
}

static int fill(struct profile *profile, const struct profile_options *options, struct run *run,
                const struct query *query, const struct table_options *table_options)
{
    evidence_note(&profile->evidence, run, query);
    int error = tally_selected(profile, run, table_options);
    if (!error)
        error = allowlist_add_run(&profile->list, run);
    if (!error)
        error = add_vsyscalls(profile);
    if (!error && options->variants)
        error = allowlist_add_variants(&profile->list);
    allowlist_sort(&profile->list);
    return error;
}

/* ---- What it cannot say ---- */

/* Without a name: of x86_64 only, and below x32's, for libseccomp translates others by name. */
static bool can_number(const struct profile_format *format, const struct allowed *call)
{
    return (format->traits & PROFILE_NUMBERS) && call->abi == ABI_X86_64 && call->nr < 1u << 30;
}

static int check_names(const struct profile *profile, const struct profile_format *format,
                       char error[static PROFILE_ERROR_MAX])
{
    for (size_t i = 0; i < profile->list.count; i++) {
        const struct allowed *call = &profile->list.calls[i];
        if (call->named || can_number(format, call))
            continue;
        snprintf(error, PROFILE_ERROR_MAX,
                 "system call %" PRIu32
                 " of %s has no name that libseccomp knows, and --seccomp=%s "
                 "cannot allow it without; --where='syscall!=%s' leaves it out",
                 call->nr, abi_name(call->abi), format->name, call->name);
        return -EINVAL;
    }
    return 0;
}

static int check_abis(const struct profile *profile, const struct profile_format *format,
                      char error[static PROFILE_ERROR_MAX])
{
    size_t count = 0;

    for (int abi = 0; abi < ABI_COUNT; abi++)
        count += allowlist_has_abi(&profile->list, (enum abi)abi);
    if (!(format->traits & PROFILE_ONE_ABI) || count <= 1)
        return 0;
    snprintf(error, PROFILE_ERROR_MAX,
             "--seccomp=%s: a policy is for one ABI, and these calls are of %zu; choose one by "
             "--where=abi=x86_64",
             format->name, count);
    return -EINVAL;
}

static int check(const struct profile *profile, const struct profile_format *format,
                 char error[static PROFILE_ERROR_MAX])
{
    int result =
        profile->list.count ? 0 : fail(error, "there are no calls that a filter could allow");

    result = result ? result : check_names(profile, format, error);
    return result ? result : check_abis(profile, format, error);
}

/* ---- The comment ---- */

const char *profile_why(enum allowed_why why)
{
    static const char *const whys[ALLOWED_WHYS] = {
        [ALLOWED_SEEN] = "observed",
        [ALLOWED_START] = "for a start (--with-start)",
        [ALLOWED_VARIANT] = "variants of these (--with-variants)",
    };

    return whys[why];
}

static void print_allowed(FILE *file, const struct profile *profile,
                          const struct profile_format *format)
{
    size_t abis = 0;

    for (int abi = 0; abi < ABI_COUNT; abi++) {
        size_t count = allowlist_count(&profile->list, (enum abi)abi, ALLOWED_WHYS);
        abis += count > 0;
        for (int why = 0; why < ALLOWED_WHYS && count; why++) {
            size_t part = allowlist_count(&profile->list, (enum abi)abi, (enum allowed_why)why);
            if (part)
                fprintf(file, "Allowed of %s: %zu %s\n", abi_name((enum abi)abi), part,
                        profile_why((enum allowed_why)why));
        }
    }
    if (abis > 1 && !(format->traits & PROFILE_BY_ABI))
        fputs("The format allows a name in all of these, also where only one asked for it.\n",
              file);
}

static char *make_comment(const struct profile *profile, const struct profile_format *format,
                          const struct run *run, const struct query *query)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    fputs("Allows the system calls that systrace-lib saw, and denies all others.\n"
          "It is only as good as the runs behind it: what they did not do is denied.\n",
          file);
    int error = evidence_print(file, &profile->evidence, run, query);
    print_allowed(file, profile, format);
    error = fclose(file) || error;
    if (!error)
        return text;
    free(text);
    return NULL;
}

int profile_finish(struct profile *profile, const struct profile_options *options, struct run *run,
                   const struct query *query, const struct table_options *table_options,
                   char error[static PROFILE_ERROR_MAX])
{
    int result = fill(profile, options, run, query, table_options);

    if (!result)
        result = check(profile, options->format, error);
    else
        snprintf(error, PROFILE_ERROR_MAX, "%s", strerror(-result));
    if (result)
        return result;
    profile->comment = make_comment(profile, options->format, run, query);
    if (profile->comment)
        return 0;
    snprintf(error, PROFILE_ERROR_MAX, "%s", strerror(ENOMEM));
    return -ENOMEM;
}

void profile_deinit(struct profile *profile)
{
    allowlist_deinit(&profile->list);
    free(profile->comment);
    *profile = (struct profile){ 0 };
}

/* ---- For the writers ---- */

void profile_print_comment(FILE *file, const struct profile *profile, const char *prefix)
{
    const char *line = profile->comment;

    for (size_t length; *line; line += length + 1) {
        length = strcspn(line, "\n");
        fprintf(file, "%s%.*s\n", prefix, (int)length, line);
    }
}

void profile_print_names(FILE *file, const struct profile *profile, enum allowed_why why,
                         const char *prefix)
{
    size_t width = 0;

    for (size_t i = 0; i < profile->list.count; i++) {
        const struct allowed *call = &profile->list.calls[i];
        if (call->why != why || !allowlist_is_first(&profile->list, i))
            continue;
        bool wraps = width + strlen(call->name) >= ROW_WIDTH;
        fprintf(file, "%s%s%s", wraps ? "\n" : "", !width || wraps ? prefix : " ", call->name);
        width = (!width || wraps ? strlen(prefix) : width + 1) + strlen(call->name);
    }
    if (width)
        putc('\n', file);
}
