/*
 * yamltree.h - a YAML document as a tree, of files that people write by hand and others may have
 * made: scalars are texts, and anchors, aliases, tags and further documents are refused, so that a
 * file is what it looks like, and as large.
 */
#ifndef SYSTRACE_YAMLTREE_H
#define SYSTRACE_YAMLTREE_H

#include <stddef.h>

enum { YAML_ERROR_MAX = 256, YAML_DEPTH_MAX = 16, YAML_KEYS_MAX = 4096, YAML_SIZE_MAX = 4 << 20 };

struct yaml_node {
    enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP } kind;
    size_t line, column;     /* where it begins, from 1 */
    char *text;              /* of a scalar, owned, without a NUL in it */
    struct yaml_node *inner; /* of a list its elements; of a map each key, a scalar, and behind it
                                its value */
    size_t count, capacity;
};

/* Parses a text of at most YAML_SIZE_MAX bytes. 0; or -EINVAL or -ENOMEM, and "LINE:COLUMN: what is
 * wrong" in a line: there is nothing to deinit then. */
int yaml_parse(struct yaml_node *ret, const char *text, size_t size,
               char error[static YAML_ERROR_MAX]);
void yaml_deinit(struct yaml_node *node);

/* Says what is wrong at a node, as above. Returns -EINVAL. */
int yaml_refuse(const struct yaml_node *node, char error[static YAML_ERROR_MAX], const char *format,
                ...) __attribute__((format(printf, 3, 4)));

/* The value of a key of a map, or NULL. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);

#endif
