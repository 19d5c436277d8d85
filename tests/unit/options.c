/* options.c - command lines, and what comes of them. */
#include "test.h"

#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include "tracer/diag.h"
#include "tracer/options.h"

/* What the parser said last. */
static char said[512];

/* In place of the tracer's own, which knows of its threads. */
void diag(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(said, sizeof(said), format, arguments);
    va_end(arguments);
}

/* Splits the line at blanks. A word of `_` is an empty one. */
static int split(char *line, char **words)
{
    int count = 0;

    words[count++] = (char *)"systrace-lib";
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        words[count++] = strcmp(word, "_") ? word : (char *)"";
    words[count] = NULL;
    return count;
}

static int parse(struct options *o, const char *text)
{
    static char line[256];
    static char *words[32];

    snprintf(line, sizeof(line), "%s", text);
    said[0] = '\0';
    optind = 0; /* makes getopt start again */
    return options_parse(o, split(line, words), words);
}

/* All that was decided, in one line: the command, then what is not as without options. */
static void show(const struct options *o, char *ret, size_t size)
{
    static const char *const engines[] = { "auto", "seccomp", "ptrace", "agent" };
    FILE *file = fmemopen(ret, size, "w");

    for (char *const *word = o->command; *word; word++)
        fprintf(file, "%s%s", word == o->command ? "" : " ", *word);
    fprintf(file, " | %s", engines[o->engine]);
    if (o->agent_after != 300)
        fprintf(file, " after:%u", o->agent_after);
    for (size_t i = 0; i < o->attach_count; i++)
        fprintf(file, " pid:%d", o->attach[i]);
    for (size_t i = 0; i < o->outputs.count; i++)
        fprintf(file, " out:%s", o->outputs.paths[i]);
    for (size_t i = 0; i < o->environment_count; i++)
        fprintf(file, " env:%s", o->environment[i]);
    for (size_t i = 0; i < o->outputs.table_options.runtime.glob_count; i++)
        fprintf(file, " glob:%s", o->outputs.table_options.runtime.globs[i]);
    if (o->workload)
        fprintf(file, " workload:%s", o->workload);
    if (o->user)
        fprintf(file, " user:%s", o->user);
    if (o->outputs.format)
        fprintf(file, " format:%s", o->outputs.format);
    if (o->interval)
        fprintf(file, " interval:%u", o->interval);
    for (size_t i = 0; i < o->phases.count; i++)
        fprintf(file, " phase:%s", o->phases.rules[i].name);
    if (o->control)
        fprintf(file, " control:%s", o->control);
    if (o->status_fd)
        fprintf(file, " status-fd:%d", o->status_fd);
    if (o->verify_every)
        fprintf(file, " verify:%lu", (unsigned long)o->verify_every);
    fprintf(file, "%s%s%s%s%s%s%s%s%s", o->outputs.table ? " table" : "", o->quiet ? " quiet" : "",
            o->kill_on_exit ? " kills" : "", o->results ? " results" : "",
            o->inlines ? " inlines" : "", o->lines ? " lines" : "", o->no_near ? " no-near" : "",
            o->outputs.table_options.runtime.no_builtin ? " no-builtin" : "",
            o->outputs.table_options.through_signals ? " through-signals" : "");
    fclose(file);
}

static void test_accepted(void **state)
{
    static const struct {
        const char *line, *expected;
    } cases[] = {
        { "true", "true | auto kills" },
        { "-q ls -q -o x", "ls -q -o x | auto quiet kills" }, /* the command's own */
        { "-- report -x", "report -x | auto kills" },
        { "-o a.csv --output=b.json --output c true",
          "true | auto out:a.csv out:b.json out:c kills" },
        { "-oa.csv true", "true | auto out:a.csv kills" },
        { "-p 12", " | ptrace pid:12" },
        { "-p 1,2 --attach=3 -p 2147483647", " | ptrace pid:1 pid:2 pid:3 pid:2147483647" },
        { "-p ,7,,8,", " | ptrace pid:7 pid:8" },
        { "-p 9 --engine=auto --kill-on-exit", " | ptrace pid:9 kills" },
        { "-p 9 --engine=ptrace --no-kill-on-exit", " | ptrace pid:9" },
        { "--no-kill-on-exit true", "true | ptrace" },
        { "--no-kill-on-exit --kill-on-exit true", "true | auto kills" }, /* the last word */
        { "--engine=seccomp true", "true | seccomp kills" },
        { "--engine ptrace true", "true | ptrace kills" },
        { "--engine=agent --agent-after=1 true", "true | agent after:1 kills" },
        { "--engine=agent true", "true | agent kills" },
        { "-E A=1 -E B --env=C= true", "true | auto env:A=1 env:B env:C= kills" },
        { "--workload=idle --workload=a/b true", "true | auto workload:a/b kills" },
        { "-p 9 --workload=idle", " | ptrace pid:9 workload:idle" },
        { "-u nobody true", "true | auto user:nobody kills" },
        { "--interval=10 -o a true", "true | auto out:a interval:10 kills" },
        { "--interval=4294967295 -o a true", "true | auto out:a interval:4294967295 kills" },
        { "--phase=a@f --phase b=read:2 true", "true | auto phase:a phase:b kills" },
        { "--control=c true", "true | auto control:c kills" },
        { "--control=c --phase=a@f -p 9", " | ptrace pid:9 phase:a control:c" },
        { "--status-fd=3 true", "true | auto status-fd:3 kills" },
        { "--verify true", "true | auto verify:1 kills" },
        { "--verify=100 true", "true | auto verify:100 kills" },
        { "--verify 100", "100 | auto verify:1 kills" }, /* its number needs the sign */
        { "--format=json --format stacks true", "true | auto format:stacks kills" },
        { "--inlines true", "true | auto kills inlines" },
        { "--lines true", "true | auto kills inlines lines" },
        { "--results --no-near --table true", "true | auto table kills results no-near" },
        { "--runtime-library=a* --runtime-library b --no-runtime-libraries --through-signals true",
          "true | auto glob:a* glob:b kills no-builtin through-signals" },
        { "--quiet --eng=ptrace true", "true | ptrace quiet kills" }, /* abbreviated */
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct options o;
        char shown[512];
        if (parse(&o, cases[i].line) != OPTIONS_RUN)
            fail_msg("%s: %s", cases[i].line, said);
        show(&o, shown, sizeof(shown));
        if (strcmp(shown, cases[i].expected) != 0 || said[0])
            fail_msg("%s:\n  %s, not\n  %s", cases[i].line, shown, cases[i].expected);
        options_deinit(&o);
    }
}

/* What the environment wishes is that which no option says, and no reason to refuse one. */
static void test_wishes(void **state)
{
    static const struct {
        const char *wish, *line, *expected;
    } cases[] = {
        { "", "true", "true | auto kills" },
        { "auto", "true", "true | auto kills" },
        { "ptrace", "true", "true | ptrace kills" },
        { "seccomp", "true", "true | seccomp kills" },
        { "agent", "true", "true | agent kills" },
        { "agent:1", "true", "true | agent after:1 kills" },
        { "agent:4294967295", "true", "true | agent after:4294967295 kills" },
        { "agent:1", "--agent-after=5 true", "true | agent after:5 kills" },
        { "agent:1", "--engine=agent true", "true | agent kills" },
        { "agent:1", "--engine=auto true", "true | auto kills" },
        { "fast", "--engine=ptrace true", "true | ptrace kills" },
        { "agent", "-p 9", " | ptrace pid:9" },
        { "seccomp", "-p 9", " | ptrace pid:9" },
        { "agent:1", "--no-kill-on-exit true", "true | ptrace after:1" },
        { "agent", "--results true", "true | agent kills results" }, /* launch_engine() decides */
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct options o;
        char shown[512];
        setenv("SYSTRACE_ENGINE", cases[i].wish, 1);
        if (parse(&o, cases[i].line) != OPTIONS_RUN)
            fail_msg("%s, %s: %s", cases[i].wish, cases[i].line, said);
        show(&o, shown, sizeof(shown));
        if (strcmp(shown, cases[i].expected) != 0 || said[0])
            fail_msg("%s, %s:\n  %s, not\n  %s", cases[i].wish, cases[i].line, shown,
                     cases[i].expected);
        options_deinit(&o);
    }
    unsetenv("SYSTRACE_ENGINE");
}

static void test_wrong_wishes(void **state)
{
    static const char *const wishes[] = { "fast",    "Agent",    "agent:",   "agent:0",
                                          "agent:x", "agent:1x", "ptrace:1", "agent:4294967296" };

    (void)state;
    for (size_t i = 0; i < LENGTH(wishes); i++) {
        struct options o;
        char expected[64];
        setenv("SYSTRACE_ENGINE", wishes[i], 1);
        snprintf(expected, sizeof(expected), "SYSTRACE_ENGINE is '%s': use auto,", wishes[i]);
        for (int j = 0; j < 2; j++) {
            int result = parse(&o, j ? "--version" : "true");
            if (result != -EINVAL || !strstr(said, expected))
                fail_msg("%s: %d, \"%s\"", wishes[i], result, said);
            options_deinit(&o);
        }
    }
    unsetenv("SYSTRACE_ENGINE");
}

/* Each with a message that quotes what is wrong. */
static void test_refused(void **state)
{
    static const struct {
        const char *line, *said;
    } cases[] = {
        { "", "no command to trace" },
        { "-q", "no command to trace" },
        { "--", "no command to trace" },
        { "-p 1 true", "both -p and a command" },
        { "-p 1 -u nobody", "-u, -E and --status-fd are for a command" },
        { "-p 1 -E A=1", "-u, -E and --status-fd are for a command" },
        { "-p 1 --status-fd=3", "-u, -E and --status-fd are for a command" },
        { "--status-fd=2 true", "'2' is no file descriptor from 3 on" },
        { "--status-fd=3x true", "'3x' is no file descriptor from 3 on" },
        { "-p 1 --engine=agent", "-p needs --engine=ptrace" },
        { "--agent-after=0 true", "'0' is no number of stops from 1 on" },
        { "-p 1 --engine=seccomp", "-p needs --engine=ptrace" },
        { "--no-kill-on-exit --engine=seccomp true", "--no-kill-on-exit needs --engine=ptrace" },
        { "--interval=1 true", "--interval needs a file" },
        { "--interval=0 -o a true", "'0' is no number of seconds" },
        { "--interval=4294967296 -o a true", "'4294967296' is no number of seconds" },
        { "--interval=1s -o a true", "'1s' is no number of seconds" },
        { "--interval=-1 -o a true", "'-1' is no number of seconds" },
        { "--phase=main@f true", "--phase=main@f: a phase needs a name" },
        { "--phase=a true", "--phase=a: use NAME@" },
        { "--control= true", "--control needs the path" },
        { "--interval=_ -o a true", "'_' is no number of seconds" },
        { "--verify=0 true", "'0' is no number from 1 on" },
        { "--verify=18446744073709551616 true", "'18446744073709551616' is no number" },
        { "--verify=+1 true", "'+1' is no number" },
        { "-p 0", "'0' is no process id" },
        { "-p 12x", "'12x' is no process id" },
        { "-p 1,2147483648", "'2147483648' is no process id" },
        { "-p 1,00000000000000000000001", "'00000000000000000000001' is no process id" },
        { "-p 000000000000001x", "'000000000000001x' is no process id" },
        { "-p -1", "'-1' is no process id" },
        { "-p _", "option '-p' names no process" },
        { "-p ,", "option '-p' names no process" },
        { "-E =x true", "'=x' names no environment variable" },
        { "-E _ true", "'' names no environment variable" },
        { "--workload _ true", "option '--workload' has no name" },
        { "--engine=fast true", "unknown engine 'fast'" },
        { "--format=xml true", "unknown format 'xml': use csv, json," },
        { "-x true", "unknown option '-x'" },
        { "-qx true", "unknown option '-x'" },
        { "--nosuch true", "unknown option '--nosuch'" },
        { "--no true", "unknown option '--no'" }, /* of several: no-near, no-kill-on-exit... */
        { "--quiet=1 true", "unknown option '--quiet=1'" },
        { "-o", "an argument is missing for option '-o'" },
        { "--output", "an argument is missing for option '--output'" },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct options o;
        int result = parse(&o, cases[i].line);
        if (result != -EINVAL || !strstr(said, cases[i].said))
            fail_msg("%s: %d, \"%s\"", cases[i].line, result, said);
        options_deinit(&o);
    }
}

/* What is printed on stdout for a command line that asks for no more. */
static void check_printed(const char *line, const char *expected)
{
    char text[64] = "";
    FILE *file = tmpfile();
    int before = dup(STDOUT_FILENO);
    struct options o;

    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    int result = parse(&o, line);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    options_deinit(&o);
    rewind(file);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    assert_int_equal(result, OPTIONS_DONE);
    assert_memory_equal(text, expected, strlen(expected));
}

/* Whatever else is wrong behind it. */
static void test_help_and_version(void **state)
{
    (void)state;
    check_printed("--help", "Usage: systrace-lib [OPTION]... [--] COMMAND");
    check_printed("-qh --nosuch", "Usage: systrace-lib [OPTION]... [--] COMMAND");
    struct options o;
    assert_int_equal(parse(&o, "-V -p 0"), OPTIONS_VERSION);
    options_deinit(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),         cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_wrong_wishes),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_help_and_version),
    };
    unsetenv("SYSTRACE_ENGINE"); /* of who runs us */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
