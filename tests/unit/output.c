/* output.c - result files: the check in advance, atomic writing and its failures. */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "report/output.h"

static char directory[] = "/tmp/systrace-output-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return !mkdtemp(directory) || chdir(directory);
}

static int teardown(void **state)
{
    (void)state;
    return chdir("/") || rmdir(directory);
}

static int print_text(FILE *file, void *context)
{
    fputs(context, file);
    return 0;
}

static int print_half_and_fail(FILE *file, void *context)
{
    fputs(context, file);
    fflush(file);
    return -ENOMEM;
}

static int print_much(FILE *file, void *context)
{
    (void)context;
    for (int i = 0; i < 100000; i++)
        fputs("0123456789", file);
    return 0;
}

static void check_content(const char *path, const char *expected)
{
    char text[100] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = '\0';
    assert_string_equal(text, expected);
}

/* So many files are in the directory: no temporary one is left. */
static void check_file_count(int expected)
{
    DIR *files = opendir(".");
    int count = -2; /* "." and ".." */
    assert_non_null(files);
    while (readdir(files))
        count++;
    closedir(files);
    assert_int_equal(count, expected);
}

static void test_new_file(void **state)
{
    struct output_error error;
    struct stat status;
    (void)state;

    umask(027);
    assert_int_equal(output_write("new.csv", print_text, "text\n", &error), 0);
    check_content("new.csv", "text\n");
    check_file_count(1);
    assert_int_equal(stat("new.csv", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    unlink("new.csv");
}

static void test_replaces(void **state)
{
    struct output_error error;
    struct stat before, after;
    (void)state;

    assert_int_equal(output_write("a.csv", print_text, "a long old text\n", &error), 0);
    assert_int_equal(chmod("a.csv", 0604), 0);
    int reader = open("a.csv", O_RDONLY | O_CLOEXEC);
    assert_int_equal(stat("a.csv", &before), 0);
    assert_int_equal(output_write("a.csv", print_text, "new\n", &error), 0);
    check_content("a.csv", "new\n");
    assert_int_equal(stat("a.csv", &after), 0);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_not_equal(after.st_ino, before.st_ino); /* who reads the old one still has it */
    char text[20] = "";
    assert_int_equal(read(reader, text, sizeof(text)), 16);
    close(reader);
    check_file_count(1);
    unlink("a.csv");
}

static void test_symlinks(void **state)
{
    struct output_error error;
    struct stat status;
    (void)state;

    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(symlink("d/target.csv", "link.csv"), 0);
    assert_int_equal(output_write("d/target.csv", print_text, "old\n", &error), 0);
    assert_int_equal(output_write("link.csv", print_text, "new\n", &error), 0);
    assert_int_equal(lstat("link.csv", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    check_content("d/target.csv", "new\n");
    unlink("link.csv");
    unlink("d/target.csv");
    assert_int_equal(rmdir("d"), 0);
}

static void test_failure_keeps_the_old(void **state)
{
    struct output_error error;
    (void)state;

    assert_int_equal(output_write("a.csv", print_text, "old\n", &error), 0);
    assert_int_equal(output_write("a.csv", print_half_and_fail, "half", &error), -ENOMEM);
    assert_string_equal(error.text, "cannot write 'a.csv': Cannot allocate memory");
    check_content("a.csv", "old\n");
    check_file_count(1);
    unlink("a.csv");
}

static void check_failure(const char *path, int number, const char *message)
{
    struct output_error error;
    assert_int_equal(output_write(path, print_text, "text", &error), number);
    assert_string_equal(error.text, message);
}

static void test_failures(void **state)
{
    (void)state;
    check_failure("/dev/full", -ENOSPC, "cannot write '/dev/full': No space left on device");
    check_failure(".", -EISDIR, "cannot write '.': Is a directory");
    check_failure("/", -EISDIR, "cannot write '/': Is a directory");
    check_failure("none/", -EISDIR, "cannot write 'none/': Is a directory");
    check_failure("none/a.csv", -ENOENT, "cannot write 'none/a.csv': No such file or directory");
    check_failure("", -ENOENT, "cannot write '': No such file or directory");
    check_failure("/dev/null/a.csv", -ENOTDIR, "cannot write '/dev/null/a.csv': Not a directory");
    check_failure("/proc/none.csv", -ENOENT,
                  "cannot write '/proc/none.csv': No such file or directory");
    check_failure("no\nne/a", -ENOENT, "cannot write 'no\\x0ane/a': No such file or directory");
    check_file_count(0);
}

/* A disk that is full only after the first pages, too. */
static void test_full_disk(void **state)
{
    struct output_error error;
    (void)state;
    assert_int_equal(output_write("/dev/full", print_much, NULL, &error), -ENOSPC);
}

static void test_special_files(void **state)
{
    struct output_error error;
    struct stat status;
    char text[10] = "";
    (void)state;

    assert_int_equal(output_write("/dev/null", print_text, "text", &error), 0);
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));

    assert_int_equal(mkfifo("fifo.csv", 0600), 0);
    int reader = open("fifo.csv", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_int_equal(output_write("fifo.csv", print_text, "text", &error), 0);
    assert_int_equal(read(reader, text, sizeof(text)), 4);
    assert_string_equal(text, "text");
    close(reader);
    assert_int_equal(stat("fifo.csv", &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    unlink("fifo.csv");
}

/* An open regular file behind /dev/fd: what was written stays, and the file is the same one. */
static void test_open_file(void **state)
{
    struct output_error error;
    struct stat before, after;
    char path[32];
    (void)state;

    int fd = open("log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "first\n", 6), 6);
    assert_int_equal(stat("log", &before), 0);
    snprintf(path, sizeof(path), "/dev/fd/%d", fd);
    assert_int_equal(output_write(path, print_text, "second\n", &error), 0);
    assert_int_equal(stat("log", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    check_content("log", "first\nsecond\n");
    close(fd);
    unlink("log");
}

static void check_check(const char *path, int number, const char *part)
{
    struct output_error error = { "" };
    int got = output_check(path, &error);

    if (got != number || !strstr(error.text, part))
        fail_msg("'%s': %d, '%s'", path, got, error.text);
}

static void test_check(void **state)
{
    (void)state;
    check_check("a.csv", 0, "");
    check_check("/dev/null", 0, "");
    check_check("/dev/full", 0, ""); /* shows when it is written */
    check_check(".", -EISDIR, "'.': Is a directory");
    check_check("none/a.csv", -ENOENT, "'none/a.csv': No such file");
    check_check("/dev/null/a.csv", -ENOTDIR, "Not a directory");
    check_file_count(0);
    if (geteuid()) {
        assert_int_equal(mkdir("closed", 0500), 0);
        check_check("closed/a.csv", -EACCES, "Permission denied");
        assert_int_equal(rmdir("closed"), 0);
    }
}

static void test_long_names(void **state)
{
    char path[5000];
    struct output_error error;
    (void)state;

    memset(path, 'a', 255);
    strcpy(path + 251, ".csv"); /* the longest name there can be */
    assert_int_equal(output_write(path, print_text, "text", &error), 0);
    unlink(path);
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(output_write(path, print_text, "text", &error), -ENAMETOOLONG);
    assert_int_equal(output_check(path, &error), -ENAMETOOLONG);
    check_file_count(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_file),      cmocka_unit_test(test_replaces),
        cmocka_unit_test(test_symlinks),      cmocka_unit_test(test_failure_keeps_the_old),
        cmocka_unit_test(test_failures),      cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_special_files), cmocka_unit_test(test_open_file),
        cmocka_unit_test(test_check),         cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
