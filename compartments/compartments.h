/*
 * compartments.h - which libraries are in which compartment, as a user declares it: a file in YAML,
 * which may be a kraft.yaml (specification 0.6) of FlexOS or Unikraft as it is, or rules that we
 * wrote (docs/compartments.md):
 *
 *     compartments:
 *       - name: comp1
 *         mechanism: {driver: intel-pku}   # one for all; only kept
 *         default: true                    # of all libraries that none names; of one
 *         runtime: owned                   # or neutral, as without it; of one at most
 *       - name: tls
 *         libraries: ["libssl.so*", "app//crypto/tls"]
 *     libraries:
 *       newlib: {compartment: comp1, sonames: ["libc.so*"]}
 *     runtime: owned                       # the same, where no compartment says it
 *
 * A glob (glob.h) is of a library's file or its soname, or, with "//" in it, of a library and of a
 * component (component.h) of it. A library without `sonames` is a glob itself.
 */
#ifndef SYSTRACE_COMPARTMENTS_H
#define SYSTRACE_COMPARTMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "compartments/yamlfile.h"
#include "record/module.h"

/* Where runtime libraries run: in the compartment of their caller, or in one that owns them. */
enum runtime_mode { RUNTIME_NEUTRAL, RUNTIME_OWNED };

struct compartment {
    char *name; /* printable (yamlfile_text), as all texts here; owned */
    bool is_default;
    struct yamlfile_place place; /* of its name; zeroed: of no file */
};

struct compartment_library {
    char *name;         /* as the file calls it; owned */
    size_t compartment; /* index in compartments.all */
    char **globs;       /* NULL-terminated; NULL: the name is the only one; owned */
    struct yamlfile_place place;
};

struct compartments {
    struct compartment *all;
    size_t count, capacity;
    size_t fallback; /* index of the default one; COMPARTMENT_NONE */
    size_t owner;    /* of the one that owns the runtime libraries; COMPARTMENT_NONE */
    bool owned;      /* one is to own them, whether there is an owner yet or not */
    struct compartment_library *libraries;
    size_t library_count, library_capacity;
    const char *file;            /* its name; borrowed; NULL: there is none */
    struct yamlfile_place place; /* in it, of the list of them */
    char *text;                  /* of the file; NULL: there is none */
    size_t size;
};

#define COMPARTMENT_NONE SIZE_MAX

/* There are none. */
void compartments_init(struct compartments *compartments);

/* Reads a text, of which a copy is kept. -EINVAL or -ENOMEM: `error` says what is wrong and where,
 * as of yamlfile_parse. To be deinited in any case. */
int compartments_parse(struct compartments *compartments, const char *name, const char *text,
                       size_t size, char error[static YAMLFILE_ERROR_MAX]);
void compartments_deinit(struct compartments *compartments);

/* The same of what is read already, without a copy, to compartments of which there are none. */
int compartments_read(struct compartments *compartments, struct yamlfile *file);

/* Adds globs to libraries that it has, by their names: "sonames: {newlib: ["libc.so*"]}". As
 * compartments_parse. */
int compartments_add_sonames(struct compartments *compartments, const char *name, const char *text,
                             size_t size, char error[static YAMLFILE_ERROR_MAX]);

/* Adds what is in no file: a compartment; and a library to one of them, which is found by this glob
 * alone. -ENOMEM. */
int compartments_add(struct compartments *compartments, const char *name, bool is_default);
int compartments_add_library(struct compartments *compartments, size_t compartment,
                             const char *glob);

/* Of "neutral" and "owned", or -1. */
int runtime_mode_parse(const char *name);

/* The index of the compartment of this name, or COMPARTMENT_NONE. */
size_t compartments_find(const struct compartments *compartments, const char *name);

/* The globs of a library, NULL-terminated, and its name where it has none: `own` has room for that.
 */
char *const *compartment_globs(const struct compartment_library *library, char *own[static 2]);

/* Does the glob match a library of these names? `component`: "" for none. A glob with "//" matches
 * only where that does, too, and others match any component. */
bool compartment_glob_matches(const char *glob, const char *name, const char *soname,
                              const char *component);

/* May both globs match one library, or one component? No: that is sure. */
bool compartment_globs_meet(const char *one, const char *other);

/* The names of a library, as tables have them. */
struct library_names {
    char *name, *soname, *component; /* owned; the last two may be "" */
};

/* -ENOMEM: there is nothing to deinit. */
int library_names_init(struct library_names *names, const struct module *module,
                       const char *component);
void library_names_deinit(struct library_names *names);

/* How closely a glob matches, the closest first: by the name of a component; as the whole name of
 * the file, which comes before another file's that is this one's soname; by that name or soname. */
enum compartment_match { MATCH_COMPONENT, MATCH_FILE, MATCH_LIBRARY, MATCH_COUNT };

/* The library that is declared first behind `former` (NULL: of all) by a glob that matches these
 * names so; or NULL. */
const struct compartment_library *compartments_match(const struct compartments *compartments,
                                                     const struct library_names *names,
                                                     enum compartment_match by,
                                                     const struct compartment_library *former);

/* Is a glob declared of components of the library of these names? */
bool compartments_split(const struct compartments *compartments, const struct library_names *names);

#endif
