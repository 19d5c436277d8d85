/*
 * command.h - a command of ours called as main(3) would, with its output in files. Header only:
 * each test is one file.
 */
#ifndef SYSTRACE_TESTS_UNIT_COMMAND_H
#define SYSTRACE_TESTS_UNIT_COMMAND_H

#include <fcntl.h>
#include <unistd.h>
#include "test.h"

static inline char *read_file(const char *path)
{
    size_t size = 100000;
    char *text = calloc(1, size);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("there is no %s", path);
    assert_true(fread(text, 1, size - 1, file) < size - 1);
    fclose(file);
    return text;
}

/* Puts the files in place of stdout and stderr; what was there comes back. */
static inline int redirect(int fd, const char *path)
{
    int saved = dup(fd), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && file >= 0);
    dup2(file, fd);
    close(file);
    return saved;
}

static inline void restore(int fd, int saved)
{
    dup2(saved, fd);
    close(saved);
}

/* The exit status; what it prints is in the files `out` and "err". */
static inline int run_command(int (*command)(int, char **), const char *name, const char *out,
                              const char *const *arguments)
{
    char *argv[20] = { (char *)name };
    int argc = 1;

    for (; *arguments; arguments++)
        argv[argc++] = (char *)*arguments;
    fflush(stdout);
    int saved_out = redirect(STDOUT_FILENO, out), saved_err = redirect(STDERR_FILENO, "err");
    int status = command(argc, argv);
    fflush(stdout);
    clearerr(stdout);
    fflush(stderr);
    restore(STDOUT_FILENO, saved_out);
    restore(STDERR_FILENO, saved_err);
    return status;
}

/* The whole of a file, and a part of it. */
static inline void check_file(const char *path, const char *wanted)
{
    char *text = read_file(path);
    assert_string_equal(text, wanted);
    free(text);
}

static inline void check_has(const char *path, const char *part)
{
    char *text = read_file(path);
    if (!strstr(text, part))
        fail_msg("%s has no '%s':\n%s", path, part, text);
    free(text);
}

#endif
