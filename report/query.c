/* query.c - the options that say what is asked of a run. */
#include "query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "report/glob.h"

static const char *const measures[MEASURES] = {
    [MEASURE_CALLS] = "calls",           [MEASURE_ISSUED] = "issued",
    [MEASURE_ON_STACK] = "on_stack",     [MEASURE_INEXACT] = "inexact",
    [MEASURE_INCOMPLETE] = "incomplete", [MEASURE_ERRORS] = "errors",
    [MEASURE_SECONDS] = "seconds",       [MEASURE_RUNS] = "runs",
    [MEASURE_STACKS] = "stacks",
};

/* What --table=NAME stands for. A new one is a line here. */
/* clang-format off */
static const struct preset {
    const char *name, *about, *by, *columns, *measures;
} presets[] = {
    { "calls", "the table of all: what -o FILE.csv writes of a traced run", NULL, NULL, NULL },
    { "libraries", "how much each library asks for", "library", NULL, "calls,issued,on_stack" },
    { "capabilities", "what each library may do to others", "library,capability", NULL, "calls,inexact,incomplete" },
    { "classes", "the classes of system calls that each library asks for", "library,class", NULL, "calls" },
    { "matrix", "libraries by system calls", "library", "syscall", "calls" },
    { "syscalls", "system calls, and by how many stacks", "syscall,abi", NULL, "calls,errors,stacks" },
    { "phases", "what each library needs only before serving, and what while it serves", "library,needed,syscall", NULL, "calls" },
    { "via", "the C library's functions that each library calls", "library,via,syscall", NULL, "calls" },
    { "functions", "the functions that ask", "library,function,syscall", NULL, "calls" },
    { "entries", "how each library was entered, and by whom", "library,entry,from", NULL, "calls,stacks" },
    { "sites", "the instructions that enter the kernel", "site,syscall", NULL, "calls" },
    { "ends", "how stacks end: complete, or why not", "end", NULL, "calls,stacks" },
    { "loops", "the loops in which programs and their threads wait", NULL, NULL, NULL },
};
/* clang-format on */

const char *measure_name(enum measure measure)
{
    return measures[measure];
}

void query_init(struct query *query)
{
    *query = (struct query){ .pivot = NO_PIVOT };
}

static void free_all(char **texts)
{
    for (char **text = texts; text && *text; text++)
        free(*text);
    free(texts);
}

void query_deinit(struct query *query)
{
    for (size_t i = 0; i < query->filter_count; i++) {
        free(query->filters[i].library);
        free_all(query->filters[i].globs);
    }
    for (size_t i = 0; i < query->groups.count; i++) {
        free((char *)query->groups.groups[i].name);
        free_all(query->groups.groups[i].globs);
    }
    free_all(query->groups.serving);
    free(query->filters);
    free(query->groups.groups);
    free(query->by);
    free(query->orders);
    query_init(query);
}

/* ---- Messages ---- */

static int fail_of_memory(char error[static QUERY_ERROR_MAX])
{
    snprintf(error, QUERY_ERROR_MAX, "%s", strerror(ENOMEM));
    return -ENOMEM;
}

static int fail(char error[static QUERY_ERROR_MAX], const char *option, const char *argument,
                const char *what)
{
    char *shown = escape(argument);

    snprintf(error, QUERY_ERROR_MAX, "--%s=%.80s: %.380s", option, shown ? shown : "?", what);
    free(shown);
    return -EINVAL;
}

/* "there is no key 'x': ..." */
static int fail_of_name(char error[static QUERY_ERROR_MAX], const char *option,
                        const char *argument, const char *name, const char *kind, const char *names)
{
    char text[QUERY_ERROR_MAX], *shown = escape(name);

    snprintf(text, sizeof(text), "there is no %s '%.40s'; there are %.360s", kind,
             shown ? shown : "?", names);
    free(shown);
    return fail(error, option, argument, text);
}

static int fail_of_key(char error[static QUERY_ERROR_MAX], const char *option, const char *argument,
                       const char *name)
{
    char *names = key_names();
    int ret = fail_of_name(error, option, argument, name, "key", names ? names : "others");

    free(names);
    return ret;
}

static int measure_parse(const char *name)
{
    for (int i = 0; i < MEASURES; i++)
        if (!strcmp(measures[i], name))
            return i;
    return -1;
}

static void measure_names(char ret[static QUERY_ERROR_MAX])
{
    char *end = ret;

    for (int i = 0; i < MEASURES; i++)
        end += sprintf(end, "%s%s", i ? ", " : "", measures[i]);
}

/* ---- Lists ---- */

/* The words between commas, NULL-terminated, to be freed; NULL: no memory. */
static char **split(const char *text)
{
    size_t count = 1, made = 0;

    for (const char *c = text; *c; c++)
        count += *c == ',';
    char **words = calloc(count + 1, sizeof(*words));
    while (words && made < count) {
        size_t length = strcspn(text, ",");
        if (!(words[made++] = strndup(text, length))) {
            free_all(words);
            return NULL;
        }
        text += length + (text[length] == ',');
    }
    return words;
}

static void *add_one(void *array, size_t *count, size_t size)
{
    void *grown = reallocarray(array, *count + 1, size);

    if (grown)
        memset((char *)grown + *count * size, 0, size);
    *count += !!grown;
    return grown;
}

static int add_key(struct query *query, int key)
{
    int *by = reallocarray(query->by, query->by_count + 1, sizeof(*by));

    if (!by)
        return -ENOMEM;
    query->by = by;
    by[query->by_count++] = key;
    return 0;
}

static bool is_by(const struct query *query, int key)
{
    for (size_t i = 0; i < query->by_count; i++)
        if (query->by[i] == key)
            return true;
    return false;
}

static int parse_by(struct query *query, const char *argument, char error[static QUERY_ERROR_MAX])
{
    char **words = split(argument);
    int result = words ? 0 : fail_of_memory(error);

    for (char **word = words; word && *word && !result; word++) {
        int key = key_parse(*word);
        if (key < 0)
            result = fail_of_key(error, "by", argument, *word);
        else if (is_by(query, key))
            result = fail(error, "by", argument, "a key stands there twice");
        else if (add_key(query, key))
            result = fail_of_memory(error);
    }
    free_all(words);
    return result;
}

static int parse_measures(struct query *query, const char *argument,
                          char error[static QUERY_ERROR_MAX])
{
    char **words = split(argument), names[QUERY_ERROR_MAX];
    int result = words ? 0 : fail_of_memory(error);

    query->measure_count = 0;
    for (char **word = words; word && *word && !result; word++) {
        int measure = measure_parse(*word);
        for (size_t i = 0; i < query->measure_count && !result; i++)
            if ((int)query->measures[i] == measure)
                result = fail(error, "measure", argument, "a measure stands there twice");
        measure_names(names);
        if (measure < 0)
            result = fail_of_name(error, "measure", argument, *word, "measure", names);
        else if (!result)
            query->measures[query->measure_count++] = (enum measure)measure;
    }
    free_all(words);
    return result;
}

static int parse_columns(struct query *query, const char *argument,
                         char error[static QUERY_ERROR_MAX])
{
    query->pivot = key_parse(argument);
    return query->pivot < 0 ? fail_of_key(error, "columns", argument, argument) : 0;
}

static int parse_sort(struct query *query, const char *argument, char error[static QUERY_ERROR_MAX])
{
    char **words = split(argument);
    int result = words ? 0 : fail_of_memory(error);

    for (char **word = words; word && *word && !result; word++) {
        const char *name = *word + (**word == '-');
        int measure = measure_parse(name), key = key_parse(name);
        struct sort_order *orders = add_one(query->orders, &query->order_count, sizeof(*orders));
        if (!orders) {
            result = fail_of_memory(error);
            break;
        }
        query->orders = orders;
        orders[query->order_count - 1] =
            (struct sort_order){ measure >= 0, measure >= 0 ? measure : key, **word == '-' };
        if (measure < 0 && key < 0)
            result = fail_of_key(error, "sort", argument, name);
    }
    free_all(words);
    return result;
}

static int parse_top(struct query *query, const char *argument, char error[static QUERY_ERROR_MAX])
{
    char *end;

    errno = 0;
    unsigned long long top = strtoull(argument, &end, 10);
    if (errno || *end || *argument < '0' || *argument > '9' || !top)
        return fail(error, "top", argument, "not a number of rows");
    query->top = top;
    return 0;
}

/* ---- Filters ---- */

static struct filter *add_filter(struct query *query)
{
    struct filter *filters = add_one(query->filters, &query->filter_count, sizeof(*filters));

    if (!filters)
        return NULL;
    query->filters = filters;
    return &filters[query->filter_count - 1];
}

/* "%file" is how strace writes a class. */
static void drop_percents(char **globs)
{
    for (; *globs; globs++)
        if (**globs == '%')
            memmove(*globs, *globs + 1, strlen(*globs));
}

/* "KEY=GLOB,GLOB" or "KEY!=..." */
static int parse_where(struct query *query, const char *argument,
                       char error[static QUERY_ERROR_MAX])
{
    const char *equals = strchr(argument, '=');
    bool negated = equals && equals > argument && equals[-1] == '!';

    if (!equals)
        return fail(error, "where", argument, "give KEY=GLOB or KEY!=GLOB");
    char *name = strndup(argument, (size_t)(equals - argument) - negated);
    struct filter *filter = name ? add_filter(query) : NULL;
    int result = 0;
    if (!filter || !(filter->globs = split(equals + 1)))
        result = fail_of_memory(error);
    else if ((filter->key = key_parse(name)) < 0)
        result = fail_of_key(error, "where", argument, name);
    else
        filter->negated = negated;
    if (!result && keys_all[filter->key].several)
        drop_percents(filter->globs);
    free(name);
    return result;
}

static int parse_under(struct query *query, const char *argument, bool negated,
                       char error[static QUERY_ERROR_MAX])
{
    const char *colon = glob_colon(argument), *function = colon ? colon + 1 : argument;
    struct filter *filter = *function ? add_filter(query) : NULL;

    if (!*function)
        return fail(error, negated ? "not-under" : "under", argument, "give a function's name");
    if (!filter)
        return fail_of_memory(error);
    filter->key = FILTER_UNDER;
    filter->negated = negated;
    filter->globs = calloc(2, sizeof(*filter->globs));
    if (!filter->globs || !(filter->globs[0] = strdup(function)))
        return fail_of_memory(error);
    if (colon && !(filter->library = strndup(argument, (size_t)(colon - argument))))
        return fail_of_memory(error);
    return 0;
}

/* A list, none of which is empty. */
static bool is_list(const char *text)
{
    return *text && *text != ',' && text[strlen(text) - 1] != ',' && !strstr(text, ",,");
}

/* "NAME=GLOB,GLOB" */
static int parse_group(struct query *query, const char *argument,
                       char error[static QUERY_ERROR_MAX])
{
    const char *equals = strchr(argument, '=');

    if (!equals || equals == argument || !is_list(equals + 1))
        return fail(error, "group", argument, "give NAME=GLOB,...: of which libraries it is");
    struct library_group *groups =
        add_one(query->groups.groups, &query->groups.count, sizeof(*groups));
    if (!groups)
        return fail_of_memory(error);
    query->groups.groups = groups;
    struct library_group *group = &groups[query->groups.count - 1];
    group->name = strndup(argument, (size_t)(equals - argument));
    group->globs = split(equals + 1);
    return group->name && group->globs ? 0 : fail_of_memory(error);
}

/* "NAME,NAME" */
static int parse_serving(struct query *query, const char *argument,
                         char error[static QUERY_ERROR_MAX])
{
    if (query->groups.serving)
        return fail(error, "serving", argument, "there is one already: name all phases in one");
    query->groups.serving = split(argument);
    return query->groups.serving ? 0 : fail_of_memory(error);
}

/* ---- All ---- */

int query_parse(struct query *query, int option, const char *argument,
                char error[static QUERY_ERROR_MAX])
{
    switch (option) {
    case QUERY_BY:
        query->given = true;
        return parse_by(query, argument, error);
    case QUERY_MEASURE:
        query->given = true;
        return parse_measures(query, argument, error);
    case QUERY_COLUMNS:
        query->given = true;
        return parse_columns(query, argument, error);
    case QUERY_SORT:
        query->given = true;
        return parse_sort(query, argument, error);
    case QUERY_TOP:
        query->given = true;
        return parse_top(query, argument, error);
    case QUERY_TOTAL:
        query->given = query->total = true;
        return 0;
    case QUERY_GROUP:
        query->given = true;
        return parse_group(query, argument, error);
    case QUERY_SERVING:
        return parse_serving(query, argument, error);
    case QUERY_WHERE:
        return parse_where(query, argument, error);
    case QUERY_UNDER:
        return parse_under(query, argument, false, error);
    case QUERY_NOT_UNDER:
        return parse_under(query, argument, true, error);
    default:
        return QUERY_OTHER;
    }
}

static void preset_names(char ret[static QUERY_ERROR_MAX])
{
    char *end = ret;

    for (size_t i = 0; i < sizeof(presets) / sizeof(*presets); i++)
        end += sprintf(end, "%s%s", i ? ", " : "", presets[i].name);
}

static const struct preset *find_preset(const char *name)
{
    for (size_t i = 0; i < sizeof(presets) / sizeof(*presets); i++)
        if (!strcmp(presets[i].name, name))
            return &presets[i];
    return NULL;
}

int query_preset(struct query *query, const char *name, char error[static QUERY_ERROR_MAX])
{
    char names[QUERY_ERROR_MAX];

    query->help |= !strcmp(name, "help");
    if (query->help)
        return 0;
    if (query->preset)
        return fail(error, "table", name, "there is one already");
    if (find_preset(name)) {
        query->preset = name;
        return 0;
    }
    preset_names(names);
    return fail_of_name(error, "table", name, name, "table", names);
}

/* Puts in place of the preset what it is short for. */
static int expand_preset(struct query *query, char error[static QUERY_ERROR_MAX])
{
    const struct preset *preset = find_preset(query->preset);
    int result = 0;

    if (query->by_count || query->pivot != NO_PIVOT)
        return fail(error, "table", query->preset, "it has --by and --columns of its own");
    if (!preset->by && query->given)
        return fail(error, "table", query->preset, "it is as it is: use --by");
    query->loops = !strcmp(preset->name, "loops"); /* which has no keys */
    query->given |= query->loops;
    if (!preset->by)
        return 0;
    result = query_parse(query, QUERY_BY, preset->by, error);
    if (!result && preset->columns)
        result = query_parse(query, QUERY_COLUMNS, preset->columns, error);
    if (!result && !query->measure_count)
        result = query_parse(query, QUERY_MEASURE, preset->measures, error);
    return result;
}

/* Is it one of those that are printed? */
static bool is_printed(const struct query *query, const struct sort_order *order)
{
    if (!order->by_measure)
        return is_by(query, order->number);
    for (size_t i = 0; i < query->measure_count; i++)
        if ((int)query->measures[i] == order->number)
            return true;
    return false;
}

int query_finish(struct query *query, char error[static QUERY_ERROR_MAX])
{
    int expanded = query->preset ? expand_preset(query, error) : 0;

    if (expanded || !query->given || query->loops)
        return expanded;
    if (is_by(query, key_parse("group")) && !query->groups.count)
        return fail(error, "by", "group", "there is no --group");
    if (!query->measure_count)
        query->measures[query->measure_count++] = MEASURE_CALLS;
    if (!query->by_count) {
        const char *by = query->groups.count ? "group,syscall" : "library,syscall";
        int result = parse_by(query, query->pivot != NO_PIVOT ? "library" : by, error);
        if (result)
            return result;
    }
    if (query->pivot != NO_PIVOT && is_by(query, query->pivot))
        return fail(error, "columns", keys_all[query->pivot].name, "it is a key of --by, too");
    if (query->pivot != NO_PIVOT && query->measure_count > 1)
        return fail(error, "columns", keys_all[query->pivot].name, "there can be one measure only");
    for (size_t i = 0; i < query->order_count; i++) {
        const struct sort_order *order = &query->orders[i];
        const char *name =
            order->by_measure ? measures[order->number] : keys_all[order->number].name;
        if (!is_printed(query, order))
            return fail(error, "sort", name, "it is neither in --by nor in --measure");
    }
    return 0;
}

void query_print_presets(FILE *file)
{
    for (size_t i = 0; i < sizeof(presets) / sizeof(*presets); i++)
        fprintf(file, "  %-14s %s\n", presets[i].name, presets[i].about);
}

bool query_asks_for(const struct query *query, int key)
{
    bool ret = is_by(query, key) || query->pivot == key;

    for (size_t i = 0; i < query->filter_count && !ret; i++)
        ret = query->filters[i].key == key;
    return ret;
}

void query_print_help(FILE *file)
{
    char names[QUERY_ERROR_MAX];

    measure_names(names);
    fputs("What to print:\n"
          "      --by=KEY[,KEY]...        group the calls by these keys\n"
          "      --measure=NAME[,NAME]... what to say of each group\n"
          "      --columns=KEY            a column for each value of this key\n"
          "      --where=KEY=GLOB[,GLOB]..., --where=KEY!=GLOB[,GLOB]...\n"
          "                               only calls of which the key matches, or does not;\n"
          "                               repeatable: all must hold\n"
          "      --under=[LIBRARY:]FUNCTION, --not-under=[LIBRARY:]FUNCTION\n"
          "                               only calls with this function on the stack, or without;\n"
          "                               MODULE+0xOFFSET: the one that has this place in it\n"
          "      --group=NAME=GLOB[,GLOB]...\n"
          "                               take these libraries together as one, for the key group\n"
          "      --serving=PHASE[,PHASE]...\n"
          "                               phases of service, for the key needed; else all of the\n"
          "                               user's are\n"
          "      --sort=NAME[,NAME]...    by these keys and measures; -NAME: the other way\n"
          "      --top=N                  only the first N rows\n"
          "      --total                  and a row with what all have together\n"
          "      --table=NAME             one of the usual tables; help lists them\n"
          "\n"
          "Keys:\n",
          file);
    for (size_t i = 0; i < keys_count; i++)
        fprintf(file, "  %-13s %s\n", keys_all[i].name, keys_all[i].about);
    fprintf(file, "\nMeasures: %s.\n", names);
}
