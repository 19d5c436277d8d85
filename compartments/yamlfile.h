/*
 * yamlfile.h - a YAML file of an untrusted user as a tree of nodes, each with its place, by
 * libyaml; and its errors in a line. Aliases are the nodes that they stand for, so that no file is
 * larger in memory than its text lets one think; none stands for what it is in.
 */
#ifndef SYSTRACE_YAMLFILE_H
#define SYSTRACE_YAMLFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/* What a file may have at most: bytes, lists and mappings in each other, entries of a mapping, and
 * anchors. */
enum {
    YAMLFILE_SIZE_MAX = 4 << 20,
    YAMLFILE_DEPTH_MAX = 64,
    YAMLFILE_ENTRIES_MAX = 4096,
    YAMLFILE_ANCHORS_MAX = 1000
};

enum { YAMLFILE_ERROR_MAX = PATH_MAX + 512 };

/* What is read, and where a message goes. */
struct yamlfile {
    yaml_document_t document;
    const char *name; /* for messages; borrowed, as is: */
    char *error;      /* of YAMLFILE_ERROR_MAX bytes */
};

/* The whole text of a file, with a NUL behind it, to be freed. A negative errno: `error` says
 * "NAME: WHAT" in a line, also if the file is too large. */
int yamlfile_load(const char *path, char **ret, size_t *size,
                  char error[static YAMLFILE_ERROR_MAX]);

/* The one document of a text, of a file of this name, which is a mapping. If `strict`, anchors,
 * aliases and tags are refused, so that the file is what it looks like. -EINVAL or -ENOMEM: `error`
 * says "NAME:LINE:COLUMN: WHAT" in a line; there is nothing to deinit. */
int yamlfile_parse(struct yamlfile *file, const char *name, const char *text, size_t size,
                   bool strict, char error[static YAMLFILE_ERROR_MAX]);
void yamlfile_deinit(struct yamlfile *file);

/* Such a line of a node, to the file's error; -EINVAL. */
__attribute__((format(printf, 3, 4))) int
yamlfile_fail(const struct yamlfile *file, const yaml_node_t *node, const char *format, ...);

/* Where a node is, from 1; zeroed: nowhere. */
struct yamlfile_place {
    size_t line, column;
};

struct yamlfile_place yamlfile_place(const yaml_node_t *node);

/* Such a line of a place in a file of this name, which need not be read any more; "NAME: WHAT" of
 * none, and "WHAT" if there is no file (NULL). */
__attribute__((format(printf, 4, 5))) int yamlfile_fail_at(const char *name,
                                                           const struct yamlfile_place *place,
                                                           char error[static YAMLFILE_ERROR_MAX],
                                                           const char *format, ...);

/* "NAME: there is no memory"; -ENOMEM. */
int yamlfile_no_memory(const char *name, char error[static YAMLFILE_ERROR_MAX]);

yaml_node_t *yamlfile_root(struct yamlfile *file);

/* How many entries a list or a mapping has, and their nodes; the key of a mapping's may be NULL. */
size_t yamlfile_count(const yaml_node_t *node);
yaml_node_t *yamlfile_entry(struct yamlfile *file, const yaml_node_t *node, size_t number,
                            yaml_node_t **key);

/* The value of a key in a mapping, or NULL, as of what is no mapping. */
yaml_node_t *yamlfile_find(struct yamlfile *file, const yaml_node_t *mapping, const char *key);

/* The text of a node: a scalar, not empty, of printable characters only: names are as
 * escape.h writes them. `what` names it in the message. Borrowed. -EINVAL. */
int yamlfile_text(const struct yamlfile *file, const yaml_node_t *node, const char *what,
                  const char **ret);

/* Is it a scalar with this text? */
bool yamlfile_is(const yaml_node_t *node, const char *text);

/* Is it nothing, as in "key:", or an empty text? */
bool yamlfile_is_null(const yaml_node_t *node);

/* That it is a mapping, no key of which is there twice, with no more than it may have; and no
 * others than `keys`, which end with NULL (NULL: any). `what` names it in the message. -EINVAL. */
int yamlfile_check_mapping(struct yamlfile *file, const yaml_node_t *node, const char *what,
                           const char *const *keys);

/* That it is a list. -EINVAL. */
int yamlfile_check_list(const struct yamlfile *file, const yaml_node_t *node, const char *what);

#endif
