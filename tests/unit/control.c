/* control.c - answers to commands, and to whom they are given. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "tracer/control.h"
#include "tracer/diag.h"

void diag(const char *format, ...)
{
    fail_msg("%s", format);
}

struct driver {
    char directory[32], path[64], reply_path[80];
    struct control control;
    int commands; /* open to write */
};

static int set_up(void **state)
{
    static struct driver driver;

    strcpy(driver.directory, "/tmp/control-XXXXXX");
    if (!mkdtemp(driver.directory))
        return -1;
    snprintf(driver.path, sizeof(driver.path), "%s/ctl", driver.directory);
    snprintf(driver.reply_path, sizeof(driver.reply_path), "%s.reply", driver.path);
    control_init(&driver.control);
    *state = &driver;
    if (control_open(&driver.control, driver.path))
        return -1;
    driver.commands = open(driver.path, O_WRONLY);
    return driver.commands < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    struct driver *driver = *state;

    close(driver->commands);
    control_close(&driver->control);
    return rmdir(driver->directory);
}

static void give(struct driver *driver, const char *line)
{
    assert_int_equal(write(driver->commands, line, strlen(line)), strlen(line));
}

/* Has the next command, and an answer to it. */
static void answer(struct driver *driver, const char *error)
{
    unsigned reads = 4;
    struct command command;

    assert_true(control_take(&driver->control, &reads, &command));
    control_answer(&driver->control, error);
}

static int come(const struct driver *driver)
{
    int ret = open(driver->reply_path, O_RDONLY | O_NONBLOCK);
    assert_true(ret >= 0);
    return ret;
}

static void expect_answer(int reader, const char *expected)
{
    char text[64] = "";

    assert_int_equal(read(reader, text, sizeof(text) - 1), strlen(expected));
    assert_string_equal(text, expected);
    assert_int_equal(read(reader, text, sizeof(text)), 0); /* that was all */
    close(reader);
}

static void test_kept_until_somebody_comes(void **state)
{
    struct driver *driver = *state;

    give(driver, "pause\n");
    answer(driver, NULL);
    assert_false(control_deliver(&driver->control));
    int reader = come(driver);
    assert_true(control_deliver(&driver->control));
    expect_answer(reader, "ok\n");
}

/* He gave his command after we had looked for one, and comes when there is still the answer to
 * somebody else: he must not read that, nor the end of the file, but wait for his own. */
static void test_not_for_the_next(void **state)
{
    struct driver *driver = *state;
    struct pollfd waiting = { .events = POLLIN };

    give(driver, "pause\n");
    answer(driver, NULL);
    give(driver, "save\n");
    waiting.fd = come(driver);
    assert_false(control_deliver(&driver->control));
    assert_int_equal(poll(&waiting, 1, 0), 0);
    answer(driver, "no");
    assert_true(control_deliver(&driver->control));
    expect_answer(waiting.fd, "error: no\n");
}

/* The same, but he is killed while he waits. */
static void test_gone_again(void **state)
{
    struct driver *driver = *state;

    give(driver, "pause\n");
    answer(driver, NULL);
    give(driver, "save\n");
    int reader = come(driver);
    assert_false(control_deliver(&driver->control));
    close(reader);
    answer(driver, "no");
    assert_false(control_deliver(&driver->control));
    reader = come(driver);
    assert_true(control_deliver(&driver->control));
    expect_answer(reader, "error: no\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept_until_somebody_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_for_the_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gone_again, set_up, tear_down),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
