/*
 * yamlfile.h - a YAML file of an untrusted user as a tree of nodes, each with its place, by
 * libyaml; and its errors in a line. Aliases are the nodes that they stand for, so that no file is
 * larger in memory than its text lets one think; who walks down by keys ends, whatever leads where.
 */
#ifndef SYSTRACE_YAMLFILE_H
#define SYSTRACE_YAMLFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/* What a file may have at most: bytes, lists and mappings in each other, entries of a mapping, and
 * anchors. */
enum {
    YAMLFILE_SIZE_MAX = 1 << 20,
    YAMLFILE_DEPTH_MAX = 64,
    YAMLFILE_ENTRIES_MAX = 4096,
    YAMLFILE_ANCHORS_MAX = 1000
};

enum { YAMLFILE_ERROR_MAX = 512 };

/* Where a message goes, and from where it comes. */
struct yamlfile {
    yaml_document_t document;
    char *error; /* of YAMLFILE_ERROR_MAX bytes, borrowed */
};

/* The whole text of a file, with a NUL behind it, to be freed. A negative errno: `error` says in a
 * line what is wrong, also if the file is too large. */
int yamlfile_load(const char *path, char **ret, size_t *size,
                  char error[static YAMLFILE_ERROR_MAX]);

/* The one document of a text, which is a mapping. -EINVAL or -ENOMEM: `error` says in a line what
 * is wrong and where; there is nothing to deinit. */
int yamlfile_parse(struct yamlfile *file, const char *text, size_t size,
                   char error[static YAMLFILE_ERROR_MAX]);
void yamlfile_deinit(struct yamlfile *file);

/* "line 3, column 5: WHAT" to the file's error; -EINVAL. */
__attribute__((format(printf, 3, 4))) int
yamlfile_fail(const struct yamlfile *file, const yaml_node_t *node, const char *format, ...);

yaml_node_t *yamlfile_root(struct yamlfile *file);

/* How many entries a list or a mapping has, and their nodes; the key of a mapping's may be NULL. */
size_t yamlfile_count(const yaml_node_t *node);
yaml_node_t *yamlfile_entry(struct yamlfile *file, const yaml_node_t *node, size_t number,
                            yaml_node_t **key);

/* The value of a key in a mapping, or NULL. */
yaml_node_t *yamlfile_find(struct yamlfile *file, const yaml_node_t *mapping, const char *key);

/* The text of a node: a scalar, not empty, of printable characters only, which is what escape.h
 * leaves as it is. `what` names it in the message. Borrowed. -EINVAL. */
int yamlfile_text(const struct yamlfile *file, const yaml_node_t *node, const char *what,
                  const char **ret);

/* Is it nothing, as in "key:", or an empty text? */
bool yamlfile_is_null(const yaml_node_t *node);

/* That no key of a mapping is there twice, and that it has no more than it may. -EINVAL. */
int yamlfile_check_mapping(struct yamlfile *file, const yaml_node_t *node);

#endif
