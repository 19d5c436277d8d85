/*
 * rulesetelf.h - rules in an ELF file: the text of their YAML in a section ".systrace.rules", which
 * is loaded nowhere, of a copy that is otherwise the same.
 */
#ifndef SYSTRACE_RULESETELF_H
#define SYSTRACE_RULESETELF_H

#include <stddef.h>
#include <stdio.h>

enum { RULESETELF_ERROR_MAX = 128 };

/* A file to which a section can be added: of 64 bits, in this machine's byte order, with section
 * headers. */
struct rulesetelf {
    char *bytes; /* all of it, and behind them what is added; owned */
    size_t size;
    unsigned mode; /* of the file: permissions */
};

/* Reads the file and adds the section. A negative errno: `error` says in a line what is wrong, and
 * there is nothing to deinit. */
int rulesetelf_init(struct rulesetelf *elf, const char *path, const char *text, size_t length,
                    char error[static RULESETELF_ERROR_MAX]);
void rulesetelf_deinit(struct rulesetelf *elf);

/* The text that a file has, with a NUL behind it, to be freed. As rulesetelf_init. */
int rulesetelf_read(const char *path, char **ret, size_t *length,
                    char error[static RULESETELF_ERROR_MAX]);

#endif
