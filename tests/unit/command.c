/* command.c - the commands of --control, and the lines that are made of what anybody writes. */
#include "test.h"

#include "tracer/command.h"

static void show(const struct command *command, char *ret, size_t size)
{
    static const char *const kinds[] = { "phase", "pause", "resume", "save" };

    if (command->kind == COMMAND_WRONG)
        snprintf(ret, size, "%s", command->error);
    else if (*command->name)
        snprintf(ret, size, "phase=%s", command->name);
    else
        snprintf(ret, size, "%s", kinds[command->kind]);
}

#define LONG_NAME                                                                                  \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901" \
    "23456789"

static void test_parse(void **state)
{
    static const struct {
        const char *line, *command; /* or what is wrong */
    } cases[] = {
        { "phase serving", "phase=serving" },
        { " \tphase \t serving \r", "phase=serving" },
        { "phase " LONG_NAME, "phase=" LONG_NAME },
        { "phase", "phase" },
        { "phase\r", "phase" },
        { "phase ", "behind 'phase '" },
        { " phase \t\r", "behind 'phase '" },
        { "pause", "pause" },
        { "resume\r", "resume" },
        { "save", "save" },
        { "phase " LONG_NAME "0", "needs a name" },
        { "phase main", "needs a name" },
        { "phase two words", "needs a name" },
        { "phase a@b", "'@'" },
        { "phase a=b", "'='" },
        { "phase a\\b", "backslash" },
        { "phase a\x01", "needs a name" },
        { "phase a\xff", "needs a name" },
        { "phases", "the commands are" },
        { "pause now", "the commands are" },
        { "Pause", "the commands are" },
        { "", "the commands are" },
        { " \t", "the commands are" },
        { "\xff\xfe", "the commands are" },
        { "phase " LONG_NAME LONG_NAME LONG_NAME, "so long" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct command command = command_parse(cases[i].line, strlen(cases[i].line));
        char text[512];
        show(&command, text, sizeof(text));
        if (command.kind == COMMAND_WRONG ? !strstr(text, cases[i].command)
                                          : strcmp(text, cases[i].command) != 0)
            fail_msg("'%s': %s", cases[i].line, text);
    }
    assert_int_equal(command_parse("save\0x", 6).kind, COMMAND_WRONG);
}

/* Puts bytes there as far as there is room, takes all commands, and so on. What they are, joined.
 */
static void feed(struct command_lines *lines, const char *bytes, size_t count, char *ret,
                 size_t size)
{
    struct command command;
    size_t room, used = strlen(ret);

    while (count) {
        char *to = command_lines_room(lines, &room);
        assert_true(room > 0);
        size_t now = count < room ? count : room;
        memcpy(to, bytes, now);
        command_lines_add(lines, now);
        bytes += now;
        count -= now;
        while (command_lines_take(lines, &command)) {
            show(&command, ret + used, size - used);
            used = strlen(ret);
            used += (size_t)snprintf(ret + used, size - used, ";");
        }
    }
}

static void test_lines(void **state)
{
    static const char text[] = "phase a\npause\nresume\nsa";
    struct command_lines lines = { 0 };
    char got[512] = "";

    (void)state;
    feed(&lines, text, strlen(text), got, sizeof(got));
    assert_string_equal(got, "phase=a;pause;resume;");
    feed(&lines, "ve\n", 3, got, sizeof(got));
    assert_string_equal(got, "phase=a;pause;resume;save;");
}

static void test_byte_by_byte(void **state)
{
    static const char text[] = "phase a\npause\n";
    struct command_lines lines = { 0 };
    char got[512] = "";

    (void)state;
    for (const char *c = text; *c; c++)
        feed(&lines, c, 1, got, sizeof(got));
    assert_string_equal(got, "phase=a;pause;");
}

/* Of a line that has no room nothing is taken for a command, and the next line is one again. */
static void test_overlong(void **state)
{
    static char text[20000];
    static const size_t lengths[] = { 4095, 4096, 4097, 8192, 12345 };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        struct command_lines lines = { 0 };
        char got[512] = "";
        memset(text, ' ', lengths[i]);
        memcpy(text + lengths[i], "pause\nsave\n", 12);
        feed(&lines, text, strlen(text), got, sizeof(got));
        if (strcmp(got, "the line is too long;save;"))
            fail_msg("%zu: %s", lengths[i], got);
    }
}

static void test_end(void **state)
{
    struct command_lines lines = { 0 };
    struct command command;
    char got[512] = "";

    (void)state;
    assert_false(command_lines_end(&lines, &command));
    feed(&lines, "phase ser", 9, got, sizeof(got));
    assert_true(command_lines_end(&lines, &command));
    assert_int_equal(command.kind, COMMAND_WRONG);
    assert_false(command_lines_end(&lines, &command));
    feed(&lines, "save\n", 5, got, sizeof(got));
    assert_string_equal(got, "save;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_byte_by_byte), cmocka_unit_test(test_overlong),
        cmocka_unit_test(test_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
