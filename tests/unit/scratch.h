/*
 * scratch.h - a directory of the test's own, in which shell commands make the ELF files that it
 * reads; and places in these, found by texts that the code has in it.
 */
#ifndef SYSTRACE_TESTS_UNIT_SCRATCH_H
#define SYSTRACE_TESTS_UNIT_SCRATCH_H

#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/systrace-test-XXXXXX";

/* Runs a shell command in the directory; the test fails if it does. */
__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
    char *command, *line;
    va_list arguments;

    va_start(arguments, format);
    assert_true(vasprintf(&command, format, arguments) > 0);
    va_end(arguments);
    assert_true(asprintf(&line, "cd %s && %s", directory, command) > 0);
    if (system(line))
        fail_msg("%s", line);
    free(command);
    free(line);
}

static void make_directory(void)
{
    assert_non_null(mkdtemp(directory));
}

static int remove_directory(void **state)
{
    (void)state;
    shell("rm -rf %s", directory);
    return 0;
}

static char *path_of(const char *name)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
    return path;
}

/* The whole file; `size` of it. */
static char *read_file(const char *name, size_t *size)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "r");
    struct stat status;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    *size = (size_t)status.st_size;
    char *bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    free(path);
    return bytes;
}

/* The file offset of the first of these texts. */
static inline uint64_t offset_of(const char *name, const char *text)
{
    size_t size;
    char *bytes = read_file(name, &size);
    char *found = memmem(bytes, size, text, strlen(text));

    if (!found)
        fail_msg("%s has no %s", name, text);
    uint64_t offset = (uint64_t)(found - bytes);
    free(bytes);
    return offset;
}

#endif
