/*
 * rulesetc.c - rules as a table in C, for the build of a unikernel or a sandbox: the source
 * compiles alone, and has what the header declares.
 */
#include <inttypes.h>
#include "compartments/ruleset.h"
#include "compartments/rulesetformats.h"

static const char declarations[] =
    "#ifndef SYSTRACE_LIB_RULES\n"
    "#define SYSTRACE_LIB_RULES\n"
    "\n"
    "#include <stddef.h>\n"
    "\n"
    "/* A system call that a compartment may make. */\n"
    "struct systrace_rule {\n"
    "    const char *abi; /* \"x86_64\", \"i386\" or \"x32\" */\n"
    "    unsigned number; /* in that ABI; of x32 without bit 30 */\n"
    "    const char *name;\n"
    "};\n"
    "\n"
    "struct systrace_compartment {\n"
    "    const char *name;\n"
    "    int is_default; /* it has the libraries that no other names */\n"
    "    int is_owner;   /* calls that runtime libraries make are its own */\n"
    "    const char *const *libraries; /* globs on names of files; NULL-terminated */\n"
    "    const struct systrace_rule *rules; /* by name */\n"
    "    size_t rule_count;\n"
    "};\n"
    "\n"
    "extern const struct systrace_compartment systrace_compartments[];\n"
    "extern const size_t systrace_compartment_count;\n"
    "\n"
    "#endif\n";

/* Of printable text: what is special in a string of C, and the question marks of trigraphs. */
static void print_string(FILE *file, const char *text)
{
    putc('"', file);
    for (const char *c = text; *c; c++)
        if (*c == '"' || *c == '\\' || *c == '?')
            fprintf(file, "\\%c", *c);
        else if ((unsigned char)*c < 0x80)
            putc(*c, file);
        else
            fprintf(file, "\\%03o", (unsigned char)*c);
    putc('"', file);
}

static void print_libraries(FILE *file, const struct compartments *compartments, size_t number)
{
    char *own[2];

    fprintf(file, "\nstatic const char *const libraries_%zu[] = {\n", number);
    for (size_t i = 0; i < compartments->library_count; i++) {
        if (compartments->libraries[i].compartment != number)
            continue;
        for (char *const *glob = compartment_globs(&compartments->libraries[i], own); *glob;
             glob++) {
            fputs("    ", file);
            print_string(file, *glob);
            fputs(",\n", file);
        }
    }
    fputs("    NULL,\n};\n", file);
}

/* C knows no empty array: the last element is none. */
static void print_rules(FILE *file, const struct ruleset_part *part, size_t number)
{
    fprintf(file, "\nstatic const struct systrace_rule rules_%zu[] = {\n", number);
    for (size_t i = 0; i < part->list.count; i++) {
        const struct allowed *call = &part->list.calls[i];
        fprintf(file, "    { \"%s\", %" PRId64 ", \"%s\" },\n", abi_name(call->abi),
                syscall_number(call->abi, call->name), call->name);
    }
    fputs("    { NULL, 0, NULL },\n};\n", file);
}

static void print_compartment(FILE *file, const struct ruleset *ruleset, size_t number)
{
    fputs("    { ", file);
    print_string(file, ruleset->parts[number].name);
    fprintf(file, ", %d, %d, libraries_%zu, rules_%zu, %zu },\n",
            number == ruleset->compartments->fallback, number == ruleset->compartments->owner,
            number, number, ruleset->parts[number].list.count);
}

int rulesetc_print(FILE *file, const struct subject *subject)
{
    const struct ruleset *ruleset = subject->ruleset;

    fputs("/* Rules of compartments, made by systrace-lib. */\n", file);
    fputs(declarations, file);
    for (size_t i = 0; i < ruleset->count; i++) {
        print_libraries(file, ruleset->compartments, i);
        print_rules(file, &ruleset->parts[i], i);
    }
    fputs("\nconst struct systrace_compartment systrace_compartments[] = {\n", file);
    for (size_t i = 0; i < ruleset->count; i++)
        print_compartment(file, ruleset, i);
    fprintf(file, "};\nconst size_t systrace_compartment_count = %zu;\n", ruleset->count);
    return 0;
}

int rulesetheader_print(FILE *file, const struct subject *subject)
{
    (void)subject;
    fputs("/* Rules of compartments, as the source that systrace-lib makes has them. */\n", file);
    fputs(declarations, file);
    return 0;
}
