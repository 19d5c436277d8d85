/* staticlibc.c - tells the C library's functions of a static program by their names, and by their
 * neighbours where names do not tell. */
#include "staticlibc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "symbolizer/names/archives.h"

/* ---- What the archives define ---- */

struct member {
    const char *name; /* "read.o" */
    bool has_mark;    /* it defines a reserved name */
    bool marked;      /* the program has such a name */
    bool linked;      /* it is a part of the program */
};

struct definition {
    const char *name;
    const char *member;
    bool weak; /* a function of the program's takes its place, if there is one */
};

enum { TEXTS = 2 };

struct archives {
    char *texts[TEXTS]; /* what the names point into */
    struct member *members;
    struct definition *definitions; /* both sorted by name */
    size_t member_count, definition_count;
    bool files_known; /* of the program's static functions the file is known, also of the library's
                       */
};

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static int compare_definitions(const void *a, const void *b)
{
    return strcmp(((const struct definition *)a)->name, ((const struct definition *)b)->name);
}

/* Makes lines and words strings of their own. */
static void add_text(struct archives *archives, char *text)
{
    const char *member = NULL;

    for (char *word = text, *end; *word; word = end + 1) {
        end = word + strcspn(word, " \n");
        bool last = *end == '\n', weak = *word == '?';
        *end = '\0';
        if (!member)
            archives->members[archives->member_count++].name = member = word;
        else
            archives->definitions[archives->definition_count++] =
                (struct definition){ word + weak, member, weak };
        if (last)
            member = NULL;
    }
}

static void archives_deinit(struct archives *archives)
{
    for (int i = 0; i < TEXTS; i++)
        free(archives->texts[i]);
    free(archives->members);
    free(archives->definitions);
}

static int archives_init(struct archives *archives, const char *libc)
{
    size_t words = (strlen(libc) + strlen(archives_gcc)) / 2; /* at most: each with what ends it */

    *archives = (struct archives){
        .texts = { strdup(libc), strdup(archives_gcc) },
        .members = calloc(words, sizeof(*archives->members)),
        .definitions = calloc(words, sizeof(*archives->definitions)),
    };
    if (!archives->texts[0] || !archives->texts[1] || !archives->members ||
        !archives->definitions) {
        archives_deinit(archives);
        return -ENOMEM;
    }
    for (int i = 0; i < TEXTS; i++)
        add_text(archives, archives->texts[i]);
    qsort(archives->members, archives->member_count, sizeof(*archives->members), compare_members);
    qsort(archives->definitions, archives->definition_count, sizeof(*archives->definitions),
          compare_definitions);
    return 0;
}

static struct member *find_member(const struct archives *archives, const char *name)
{
    const struct member wanted = { .name = name };
    return bsearch(&wanted, archives->members, archives->member_count, sizeof(wanted),
                   compare_members);
}

/* Is a member made of this source? "read.o" or "read.lo" of "read.c". */
static bool has_source(const struct archives *archives, const char *source)
{
    static const char *const suffixes[] = { ".o", ".lo" };
    const char *dot = strrchr(source, '.');
    size_t length = dot ? (size_t)(dot - source) : 0;
    char name[64];

    for (size_t i = 0; length && i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        if (length + strlen(suffixes[i]) >= sizeof(name))
            return false;
        memcpy(name, source, length);
        strcpy(name + length, suffixes[i]);
        if (find_member(archives, name))
            return true;
    }
    return false;
}

/* The definitions of this name; how many. */
static size_t find_definitions(const struct archives *archives, const char *name,
                               const struct definition **ret)
{
    const struct definition wanted = { .name = name };
    const struct definition *all = archives->definitions, *end = all + archives->definition_count;
    const struct definition *found =
        bsearch(&wanted, all, archives->definition_count, sizeof(wanted), compare_definitions);
    size_t count = 0;

    if (!found)
        return 0;
    while (found > all && !strcmp(found[-1].name, name))
        found--;
    while (found + count < end && !strcmp(found[count].name, name))
        count++;
    *ret = found;
    return count;
}

static bool is_listed(const struct archives *archives, const char *name)
{
    const struct definition *definitions;
    return find_definitions(archives, name, &definitions) > 0;
}

/* ---- Groups: all symbols at one address ---- */

struct group {
    struct linked_function *functions;
    size_t count;
    bool global;  /* one of them is */
    bool certain; /* it is the program's, wherever it may be */
    bool merged;  /* the linker made one of both's, which were equal */
    enum origin origin;
};

struct groups {
    struct group *groups; /* by address */
    size_t count;
    enum origin *before, *after; /* of each: the origin of the nearest one that has one */
};

static int compare_functions(const void *a, const void *b)
{
    const struct linked_function *left = a, *right = b;
    return (left->address > right->address) - (left->address < right->address);
}

static void groups_deinit(struct groups *groups)
{
    free(groups->groups);
    free(groups->before);
    free(groups->after);
}

static int groups_init(struct groups *groups, struct linked_function *functions, size_t count)
{
    *groups = (struct groups){
        .groups = calloc(count + 1, sizeof(*groups->groups)),
        .before = calloc(count + 1, sizeof(*groups->before)),
        .after = calloc(count + 1, sizeof(*groups->after)),
    };
    if (!groups->groups || !groups->before || !groups->after) {
        groups_deinit(groups);
        return -ENOMEM;
    }
    qsort(functions, count, sizeof(*functions), compare_functions);
    for (size_t i = 0; i < count; i++) {
        if (!i || functions[i].address != functions[i - 1].address)
            groups->groups[groups->count++].functions = &functions[i];
        struct group *group = &groups->groups[groups->count - 1];
        group->count++;
        group->global |= !functions[i].file;
    }
    return 0;
}

static void find_neighbours(struct groups *groups)
{
    enum origin origin = ORIGIN_UNKNOWN;

    for (size_t i = 0; i < groups->count; i++) {
        groups->before[i] = origin;
        if (groups->groups[i].origin != ORIGIN_UNKNOWN)
            origin = groups->groups[i].origin;
    }
    origin = ORIGIN_UNKNOWN;
    for (size_t i = groups->count; i--;) {
        groups->after[i] = origin;
        if (groups->groups[i].origin != ORIGIN_UNKNOWN)
            origin = groups->groups[i].origin;
    }
}

static bool is_between(const struct groups *groups, size_t group, enum origin origin)
{
    return groups->before[group] == origin && groups->after[group] == origin;
}

/* ---- What names tell ---- */

static bool is_in(const char *name, const char *const *list)
{
    while (*list && strcmp(*list, name))
        list++;
    return *list;
}

/* The program's main part begins with these, and C++ and Rust mark all their names. */
static bool is_certain(const char *name)
{
    static const char *const start[] = { "_start",          "_start_c",        "main",
                                         "__libc_csu_init", "__libc_csu_fini", NULL };
    return is_in(name, start) || !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2);
}

/*
 * No program has a function of such a name: only the library may define it. But allocators that
 * take the place of its own define these too, and one is in glibc's start code if it has nothing to
 * do.
 */
static bool is_reserved(const char *name)
{
    static const char *const others[] = {
        "__libc_malloc", "__libc_calloc",    "__libc_realloc",          "__libc_free",
        "__libc_valloc", "__libc_memalign",  "__libc_pvalloc",          "__posix_memalign",
        "__malloc_hook", "__libc_mallinfo2", "_dl_relocate_static_pie", NULL
    };
    return *name == '_' && !is_in(name, others);
}

static void judge_global(const struct archives *archives, struct group *group)
{
    bool library = false, foreign = false;

    for (size_t i = 0; i < group->count; i++) {
        const char *name = group->functions[i].name;
        if (group->functions[i].file)
            continue;
        bool listed = is_listed(archives, name), reserved = is_reserved(name);
        library |= listed && reserved;
        foreign |= !listed && !reserved;
        group->certain |= is_certain(name);
    }
    if (group->certain || (foreign && !library))
        group->origin = ORIGIN_PROGRAM;
    else if (library && !foreign)
        group->origin = ORIGIN_LIBC;
    group->merged = library && foreign;
}

/* Static functions are told by their file, if the linker says so of all: some leave those that have
 * none behind the file before. */
static void judge_static(const struct archives *archives, struct group *group)
{
    bool foreign = archives->files_known;

    for (size_t i = 0; i < group->count; i++) {
        const struct linked_function *function = &group->functions[i];
        if (!strncmp(function->name, "__libc_", 7))
            group->origin = ORIGIN_LIBC;
        group->certain |= is_certain(function->name);
        foreign &= !find_member(archives, function->file) && !has_source(archives, function->file);
    }
    if (group->certain || (foreign && group->origin == ORIGIN_UNKNOWN))
        group->origin = ORIGIN_PROGRAM;
}

static void judge_by_names(const struct archives *archives, struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct group *group = &groups->groups[i];
        if (group->global)
            judge_global(archives, group);
        else
            judge_static(archives, group);
    }
}

/* ---- What members tell ---- */

static bool is_from(const struct group *group, const char *file)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->functions[i].file && !strcmp(group->functions[i].file, file))
            return true;
    return false;
}

/* A function of the library's shows that the only member that defines it is linked in; so does a
 * weak one, of which several may, if a static one at the same place is from this member. */
static void link_member(const struct archives *archives, const struct group *group,
                        const char *name)
{
    const struct definition *definitions, *strong = NULL;
    size_t count = find_definitions(archives, name, &definitions), strong_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (!definitions[i].weak)
            strong = &definitions[i];
        strong_count += !definitions[i].weak;
        if (is_from(group, definitions[i].member))
            find_member(archives, definitions[i].member)->linked = true;
    }
    if (strong_count == 1 && count == 1)
        find_member(archives, strong->member)->linked = true;
}

static void mark_members(const struct archives *archives, const struct groups *groups)
{
    const struct definition *definitions;

    for (size_t i = 0; i < archives->definition_count; i++)
        if (is_reserved(archives->definitions[i].name))
            find_member(archives, archives->definitions[i].member)->has_mark = true;
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->groups[i];
        for (size_t f = 0; f < group->count; f++) {
            const char *name = group->functions[f].name;
            size_t count = is_reserved(name) && !group->functions[f].file
                               ? find_definitions(archives, name, &definitions)
                               : 0;
            for (size_t d = 0; d < count; d++)
                find_member(archives, definitions[d].member)->marked = true;
        }
    }
}

static void link_members(const struct archives *archives, const struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->groups[i];
        for (size_t f = 0; group->origin == ORIGIN_LIBC && f < group->count; f++)
            if (!group->functions[f].file && is_reserved(group->functions[f].name))
                link_member(archives, group, group->functions[f].name);
    }
}

/* Two functions of one name would not have been linked, unless one is weak. */
static bool is_of_linked_member(const struct archives *archives, const struct group *group)
{
    const struct definition *definitions;

    for (size_t i = 0; i < group->count; i++) {
        size_t count = group->functions[i].file
                           ? 0
                           : find_definitions(archives, group->functions[i].name, &definitions);
        for (size_t d = 0; d < count; d++)
            if (!definitions[d].weak && find_member(archives, definitions[d].member)->linked)
                return true;
    }
    return false;
}

/* Would all members that define this name have brought others along, which are not there? */
static bool is_absent(const struct archives *archives, const char *name)
{
    const struct definition *definitions;
    size_t count = find_definitions(archives, name, &definitions);

    for (size_t i = 0; i < count; i++) {
        const struct member *member = find_member(archives, definitions[i].member);
        if (!member->has_mark || member->marked)
            return false;
    }
    return count > 0;
}

static bool is_of_absent_member(const struct archives *archives, const struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (!group->functions[i].file && is_absent(archives, group->functions[i].name))
            return true;
    return false;
}

/* Is it a static function of a file that has the name of a linked member? */
static bool has_linked_file(const struct archives *archives, const struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const char *file = group->functions[i].file;
        const struct member *member = file ? find_member(archives, file) : NULL;
        if (archives->files_known && member && member->linked)
            return true;
    }
    return false;
}

static void judge_by_members(const struct archives *archives, struct groups *groups)
{
    mark_members(archives, groups);
    link_members(archives, groups);
    for (size_t i = 0; i < groups->count; i++) {
        struct group *group = &groups->groups[i];
        if (group->origin != ORIGIN_UNKNOWN || !group->global || group->merged)
            continue;
        if (is_of_linked_member(archives, group))
            group->origin = ORIGIN_LIBC;
        else if (is_of_absent_member(archives, group))
            group->origin = ORIGIN_PROGRAM;
    }
    find_neighbours(groups);
    for (size_t i = 0; i < groups->count; i++) {
        struct group *group = &groups->groups[i];
        if (group->origin == ORIGIN_UNKNOWN && !group->global &&
            !is_between(groups, i, ORIGIN_PROGRAM) && has_linked_file(archives, group))
            group->origin = ORIGIN_LIBC;
    }
}

/* ---- What neighbours tell ---- */

static void judge_by_neighbours(struct groups *groups)
{
    find_neighbours(groups);
    for (size_t i = 0; i < groups->count; i++)
        if (groups->groups[i].origin == ORIGIN_UNKNOWN && !groups->groups[i].merged &&
            groups->before[i] == groups->after[i])
            groups->groups[i].origin = groups->before[i];
}

/* What lies within the library and is not on the list may be another version's: unless there is
 * something among it that certainly is not. */
static void doubt_islands(struct groups *groups)
{
    for (size_t start = 0, end; start < groups->count; start = end) {
        bool certain = false;
        for (end = start; end < groups->count && groups->groups[end].origin != ORIGIN_LIBC; end++)
            certain |= groups->groups[end].certain;
        if (start && end < groups->count && !certain)
            for (size_t i = start; i < end; i++)
                groups->groups[i].origin = ORIGIN_UNKNOWN;
        end += end == start;
    }
}

/* ---- All ---- */

static bool has_function(const struct linked_function *functions, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!functions[i].file && !strcmp(functions[i].name, name))
            return true;
    return false;
}

enum origin staticlibc_find(const struct linked_function *functions, size_t count, uint64_t address)
{
    const struct linked_function wanted = { .address = address };
    const struct linked_function *found =
        bsearch(&wanted, functions, count, sizeof(wanted), compare_functions);

    return found ? found->origin : ORIGIN_UNKNOWN;
}

/* The file that begins the library has static functions. */
static bool are_files_known(const struct linked_function *functions, size_t count)
{
    static const char *const starts[] = { "libc-start.", "__libc_start_main." };

    for (size_t i = 0; i < count; i++)
        for (size_t s = 0; functions[i].file && s < sizeof(starts) / sizeof(*starts); s++)
            if (!strncmp(functions[i].file, starts[s], strlen(starts[s])))
                return true;
    return false;
}

int staticlibc_tell(struct linked_function *functions, size_t count)
{
    struct archives archives;
    struct groups groups;
    const char *libc = NULL;

    if (has_function(functions, count, "__libc_setup_tls"))
        libc = archives_glibc;
    else if (has_function(functions, count, "__init_libc"))
        libc = archives_musl;
    if (!libc || !has_function(functions, count, "__libc_start_main"))
        return 0;
    if (groups_init(&groups, functions, count) < 0)
        return -ENOMEM;
    if (archives_init(&archives, libc) < 0) {
        groups_deinit(&groups);
        return -ENOMEM;
    }
    archives.files_known = are_files_known(functions, count);
    judge_by_names(&archives, &groups);
    judge_by_members(&archives, &groups);
    judge_by_neighbours(&groups);
    doubt_islands(&groups);
    for (size_t i = 0; i < groups.count; i++)
        for (size_t f = 0; f < groups.groups[i].count; f++)
            groups.groups[i].functions[f].origin = groups.groups[i].origin;
    archives_deinit(&archives);
    groups_deinit(&groups);
    return 1;
}
