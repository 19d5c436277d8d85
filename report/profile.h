/*
 * profile.h - filters of system calls (seccomp) that let through what a run shows, in the formats
 * of those who install them: `report --seccomp=FORMAT`. One table of formats.
 *
 * To add one: a file that defines its print function, and its row here.
 */
#ifndef SYSTRACE_PROFILE_H
#define SYSTRACE_PROFILE_H

#include <stdbool.h>
#include <stdio.h>
#include "report/allowlist.h"
#include "report/evidence.h"

struct profile {
    struct allowlist list; /* sorted, never empty when it is printed */
    struct evidence evidence;
    char *comment; /* lines for people: what it rests on; owned; NULL until profile_finish() */
};

/* Negative errno. Errors of the file are left to ferror(3). */
typedef int profile_print(FILE *file, const struct profile *profile);

enum profile_traits {
    PROFILE_COMMENTS = 1 << 0, /* its text has room for the comment */
    PROFILE_BY_ABI = 1 << 1,  /* says of each ABI what is allowed; else a name is for all of them */
    PROFILE_NUMBERS = 1 << 2, /* can say a number of x86_64 that has no name */
    PROFILE_ONE_ABI = 1 << 3, /* is for one ABI only */
    PROFILE_BINARY = 1 << 4,
    PROFILE_LAUNCHER = 1 << 5, /* who installs it goes on to make calls of its own (starts.h) */
};

/* The function that prints it; the word for --seccomp; its traits; what the help says. */
/* clang-format off */
#define PROFILE_FORMATS(row)                                                                       \
    row(profile_oci, "oci", PROFILE_LAUNCHER,                                                       \
        "linux.seccomp of runc, crun and Docker, in JSON")                                           \
    row(profile_systemd, "systemd", PROFILE_COMMENTS, "a drop-in of a service")                    \
    row(profile_minijail, "minijail", PROFILE_COMMENTS | PROFILE_ONE_ABI, "a policy of minijail0")   \
    row(profile_bpf, "bpf", PROFILE_BY_ABI | PROFILE_NUMBERS | PROFILE_BINARY,                     \
        "the compiled program, as of bwrap --seccomp")                                              \
    row(profile_c, "libseccomp-c", PROFILE_COMMENTS | PROFILE_BY_ABI | PROFILE_NUMBERS,            \
        "a C file that installs it, by libseccomp")
/* clang-format on */

#define PROFILE_DECLARE(print, ...) profile_print print;
PROFILE_FORMATS(PROFILE_DECLARE)
#undef PROFILE_DECLARE

struct profile_format {
    profile_print *print;
    const char *name;
    unsigned traits;
    const char *description;
};

/* What the command line asks for; all 0: nothing. */
struct profile_options {
    const struct profile_format *format;
    bool variants, start; /* --with-variants, --with-start */
};

/* For getopt_long. */
enum { PROFILE_SECCOMP = 3072, PROFILE_VARIANTS, PROFILE_START };
/* clang-format off */
#define PROFILE_LONG_OPTIONS                                                \
    { "seccomp", required_argument, NULL, PROFILE_SECCOMP },                \
    { "with-variants", no_argument, NULL, PROFILE_VARIANTS },               \
    { "with-start", no_argument, NULL, PROFILE_START }
/* clang-format on */

void profile_print_help(FILE *file);

enum { PROFILE_OTHER = 1, PROFILE_ERROR_MAX = 512 };

/* Takes one option. 0, PROFILE_OTHER, or negative: `error` says in a line what is wrong. */
int profile_parse(struct profile_options *options, int option, const char *argument,
                  char error[static PROFILE_ERROR_MAX]);

/* When all options are taken, before query_finish(): do they go together? As profile_parse. */
int profile_check_options(const struct profile_options *options, const struct query *query,
                          bool tables, char error[static PROFILE_ERROR_MAX]);

/*
 * In this order: begin with the whole run; let selection_apply() take out what is not asked for of
 * system calls themselves; add the start, if it is asked for, of what is left; let it take out all
 * else that is not asked for; finish, which may say what the format cannot (as profile_parse). Then
 * it can be printed. -ENOMEM; of profile_begin: and there is nothing to deinit.
 */
int profile_begin(struct profile *profile, struct run *run,
                  const struct table_options *table_options);
int profile_add_start(struct profile *profile, const struct profile_options *options,
                      struct run *run, const struct table_options *table_options);
int profile_finish(struct profile *profile, const struct profile_options *options, struct run *run,
                   const struct query *query, const struct table_options *table_options,
                   char error[static PROFILE_ERROR_MAX]);
void profile_deinit(struct profile *profile);

/* For the writers: the comment, each line behind `prefix`; and the names that are there for one
 * reason, each once, in lines behind `prefix`; nothing if there are none. */
void profile_print_comment(FILE *file, const struct profile *profile, const char *prefix);
void profile_print_names(FILE *file, const struct profile *profile, enum allowed_why why,
                         const char *prefix);

/* "observed", ...: for headings. */
const char *profile_why(enum allowed_why why);

#endif
