/* profile.c - filters of what a run shows: each format, and what none can say. */
#include "sample.h"

#include <errno.h>
#include <jansson.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include "report/profile.h"

enum { NO_NAME = 9999, X32_BIT = 1 << 30 };

struct case_of {
    struct run run;
    struct query query;
    struct profile_options options;
    struct profile profile;
    char error[PROFILE_ERROR_MAX];
    int result; /* of profile_finish() */
};

static void add_calls(struct run *run, enum abi abi, uint32_t nr, uint64_t calls)
{
    const struct count count = {
        .stack = SAMPLE_START_STACK, .abi = abi, .nr = nr, .calls = calls
    };

    assert_true(run_count(run, &count) >= 0);
}

static void begin(struct case_of *c)
{
    *c = (struct case_of){ .result = -1 };
    query_init(&c->query);
    sample_run(&c->run, '1');
}

static void option(struct case_of *c, int option, const char *argument)
{
    assert_int_equal(profile_parse(&c->options, option, argument, c->error), 0);
}

static void finish(struct case_of *c, const char *format)
{
    const struct table_options options = { 0 };

    option(c, PROFILE_SECCOMP, format);
    assert_int_equal(profile_begin(&c->profile, &c->run, &options), 0);
    assert_int_equal(profile_add_start(&c->profile, &c->options, &c->run, &options), 0);
    c->result = profile_finish(&c->profile, &c->options, &c->run, &c->query, &options, c->error);
}

static void end(struct case_of *c)
{
    profile_deinit(&c->profile);
    query_deinit(&c->query);
    run_deinit(&c->run);
}

static char *print(const struct case_of *c)
{
    assert_int_equal(c->result, 0);
    return PRINTED(c->options.format->print(file, &c->profile));
}

static void check_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' has no '%s'", text, part);
}

/* ---- Texts ---- */

static void test_oci(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    add_calls(&c.run, ABI_I386, 64, 1);
    add_calls(&c.run, ABI_X32, 520, 1);
    finish(&c, "oci");
    char *text = print(&c);
    json_t *json = json_loads(text, 0, NULL);
    const char *action, *default_action, *arch[3], *name[5];
    int error_number;
    assert_int_equal(json_unpack(json, "{s:s,s:i,s:[s,s,s!],s:[{s:[s,s,s,s,s!],s:s!}!]!}",
                                 "defaultAction", &default_action, "defaultErrnoRet", &error_number,
                                 "architectures", &arch[0], &arch[1], &arch[2], "syscalls", "names",
                                 &name[0], &name[1], &name[2], &name[3], &name[4], "action",
                                 &action),
                     0);
    assert_string_equal(default_action, "SCMP_ACT_ERRNO");
    assert_int_equal(error_number, EPERM);
    assert_string_equal(action, "SCMP_ACT_ALLOW");
    assert_string_equal(arch[0], "SCMP_ARCH_X86_64");
    assert_string_equal(arch[1], "SCMP_ARCH_X86");
    assert_string_equal(arch[2], "SCMP_ARCH_X32");
    assert_string_equal(name[0], "execve");
    assert_string_equal(name[1], "exit_group");
    assert_string_equal(name[2], "getppid");
    assert_string_equal(name[3], "mmap");
    assert_string_equal(name[4], "write");
    check_holds(c.profile.comment, "The format allows a name in all of these");
    json_decref(json);
    free(text);
    end(&c);
}

/* The lines that are no comment. */
static void test_systemd(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    add_calls(&c.run, ABI_I386, 64, 1);
    finish(&c, "systemd");
    char *text = print(&c);
    check_holds(text, "\n\n[Service]\n"
                      "SystemCallArchitectures=\n"
                      "SystemCallArchitectures=native x86\n"
                      "SystemCallErrorNumber=EPERM\n"
                      "SystemCallFilter=\n"
                      "# observed\n"
                      "SystemCallFilter=execve exit_group getppid mmap write\n");
    free(text);
    end(&c);
}

static void test_minijail(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    finish(&c, "minijail");
    char *text = print(&c);
    check_holds(text, "\n\n# observed\nexecve: 1\nexit_group: 1\nmmap: 1\nwrite: 1\n");
    free(text);
    end(&c);
}

static void test_c(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    add_calls(&c.run, ABI_I386, 64, 1);
    add_calls(&c.run, ABI_X86_64, NO_NAME, 1);
    finish(&c, "libseccomp-c");
    char *text = print(&c);
    check_holds(text, "    { \"mmap\", 0 },\n    { NULL, 9999 },\n    { \"write\", 0 },\n");
    check_holds(
        text,
        "filter_i386[] = {\n    /* observed */\n    { \"getppid\", 0 },\n    { NULL, -1 },\n");
    check_holds(text,
                "    { SCMP_ARCH_X86_64, filter_x86_64 },\n    { SCMP_ARCH_X86, filter_i386 },\n");
    free(text);
    end(&c);
}

/* What a command, a program or a glob is called must not end the comment or begin a line. */
static void test_hostile_names(void **state)
{
    static const char *const formats[] = { "systemd", "minijail", "libseccomp-c" };
    (void)state;
    for (size_t i = 0; i < LENGTH(formats); i++) {
        struct case_of c;
        begin(&c);
        free(c.run.programs[0].name);
        c.run.programs[0].name = strdup("a\nSystemCallFilter=b*/c/*d\\");
        assert_int_equal(query_parse(&c.query, QUERY_WHERE, "library=/*\n*/", c.error), 0);
        finish(&c, formats[i]);
        char *text = print(&c);
        check_holds(text, i == 2 ? "'a\\x0aSystemCallFilter=b* /c/ *d\\\\'."
                                 : "'a\\x0aSystemCallFilter=b*/c/*d\\\\'.");
        char *first_end = strstr(text, "*/");
        assert_null(strstr(text, "\n*/"));
        if (i == 2)
            assert_ptr_equal(first_end - 1, strstr(text, " */\n#include"));
        free(text);
        end(&c);
    }
}

/* docs/filters.md has the drop-in of the sample as its example. */
static void test_page(void **state)
{
    struct case_of c;
    char *line, page[1 << 15];
    FILE *file = fopen(FILTERS_PAGE, "r");
    (void)state;
    assert_non_null(file);
    size_t size = fread(page, 1, sizeof(page) - 1, file);
    assert_in_range(size, 1, sizeof(page) - 2);
    page[size] = '\0';
    fclose(file);
    begin(&c);
    finish(&c, "systemd");
    char *text = print(&c), *rest = text, *place = strstr(page, "    # Allows");
    while ((line = strsep(&rest, "\n")) && *rest) {
        place = place ? strstr(place, line) : NULL;
        if (!place)
            fail_msg("%s lacks '%s'", FILTERS_PAGE, line);
    }
    free(text);
    end(&c);
}

/* ---- The compiled program ---- */

struct question {
    uint32_t nr, arch;
    uint64_t pointer, arguments[6];
};

/* What a program answers, by the few instructions that libseccomp makes. */
static uint32_t answer(const struct sock_filter *program, size_t length,
                       const struct question *question)
{
    uint32_t a = 0;

    for (size_t pc = 0; pc < length; pc++) {
        const struct sock_filter *i = &program[pc];
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            assert_true(i->k + 4 <= sizeof(*question));
            memcpy(&a, (const char *)question + i->k, 4);
            break;
        case BPF_JMP | BPF_JA:
            pc += i->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            pc += a == i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            pc += a >= i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            pc += a > i->k ? i->jt : i->jf;
            break;
        case BPF_RET | BPF_K:
            return i->k;
        default:
            fail_msg("instruction %#x", i->code);
        }
    }
    fail_msg("no end");
    return 0;
}

static bool is_listed(const struct allowlist *list, enum abi abi, uint32_t nr)
{
    char buffer[SYSCALL_NAME_MAX];
    const char *name = syscall_name(abi, nr, buffer);

    for (size_t i = 0; i < list->count; i++)
        if (list->calls[i].abi == abi && !strcmp(list->calls[i].name, name))
            return true;
    return false;
}

static void check_program(const struct case_of *c, const char *text, size_t size)
{
    static const uint32_t arch[ABI_COUNT] = {
        [ABI_X86_64] = AUDIT_ARCH_X86_64,
        [ABI_I386] = AUDIT_ARCH_I386,
        [ABI_X32] = AUDIT_ARCH_X86_64,
    };
    const struct sock_filter *program = (const struct sock_filter *)text;

    assert_int_equal(size % sizeof(*program), 0);
    for (int abi = 0; abi < ABI_COUNT; abi++)
        for (uint32_t nr = 0; nr < NO_NAME + 2; nr++) {
            const struct question question = { .nr = abi == ABI_X32 ? nr | X32_BIT : nr,
                                               .arch = arch[abi] };
            uint32_t expected = is_listed(&c->profile.list, (enum abi)abi, nr)
                                    ? SECCOMP_RET_ALLOW
                                    : SECCOMP_RET_ERRNO | EPERM;
            uint32_t found = answer(program, size / sizeof(*program), &question);
            if (found != expected)
                fail_msg("%s %u: %#x, not %#x", abi_name((enum abi)abi), nr, found, expected);
        }
    const struct question foreign = { .nr = 1, .arch = AUDIT_ARCH_AARCH64 };
    assert_int_equal(answer(program, size / sizeof(*program), &foreign), SECCOMP_RET_ERRNO | EPERM);
}

static void check_bpf(struct case_of *c)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    finish(c, "bpf");
    assert_int_equal(c->result, 0);
    assert_int_equal(c->options.format->print(file, &c->profile), 0);
    fclose(file);
    check_program(c, text, size);
    free(text);
    end(c);
}

/* It allows what is listed, of each ABI that alone, and nothing else. */
static void test_bpf(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    check_bpf(&c);

    begin(&c);
    add_calls(&c.run, ABI_X86_64, NO_NAME, 1);
    add_calls(&c.run, ABI_I386, 1, 1);   /* exit */
    add_calls(&c.run, ABI_I386, 102, 1); /* socketcall */
    add_calls(&c.run, ABI_I386, 252, 1); /* exit_group */
    add_calls(&c.run, ABI_X32, 0, 1);    /* read */
    add_calls(&c.run, ABI_X32, 520, 1);  /* execve */
    check_bpf(&c);

    begin(&c); /* of i386 alone */
    c.run.count_count = 0;
    add_calls(&c.run, ABI_I386, 192, 1); /* mmap2 */
    add_calls(&c.run, ABI_I386, 359, 1); /* socket: socketcall for no other request */
    check_bpf(&c);

    begin(&c);
    option(&c, PROFILE_START, NULL);
    option(&c, PROFILE_VARIANTS, NULL);
    add_calls(&c.run, ABI_X32, 0, 1);
    check_bpf(&c);
}

/* ---- What is added ---- */

static bool has(const struct case_of *c, enum abi abi, const char *name)
{
    for (size_t i = 0; i < c->profile.list.count; i++)
        if (c->profile.list.calls[i].abi == abi && !strcmp(c->profile.list.calls[i].name, name))
            return true;
    return false;
}

static void test_variants(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    add_calls(&c.run, ABI_I386, 407, 1); /* clock_nanosleep_time64 */
    add_calls(&c.run, ABI_X86_64, 2, 1); /* open */
    add_calls(&c.run, ABI_X86_64, 3, 0); /* close, but never */
    option(&c, PROFILE_VARIANTS, NULL);
    finish(&c, "oci");
    assert_int_equal(c.result, 0);
    assert_true(has(&c, ABI_X86_64, "openat2") && has(&c, ABI_X86_64, "writev"));
    assert_true(has(&c, ABI_I386, "nanosleep") && !has(&c, ABI_X86_64, "nanosleep"));
    assert_false(has(&c, ABI_X86_64, "mmap2") || has(&c, ABI_I386, "openat"));
    assert_false(has(&c, ABI_X86_64, "close"));
    end(&c);
}

/* The calls of the phase load stay in it, whatever is selected; the launcher's only for oci. */
static void test_start(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    sample_calls(&c.run, 0, SAMPLE_START_STACK + 2, 28, 1); /* madvise, by the loader */
    option(&c, PROFILE_START, NULL);
    option(&c, PROFILE_SECCOMP, "systemd");
    const struct table_options options = { 0 };
    assert_int_equal(profile_begin(&c.profile, &c.run, &options), 0);
    assert_int_equal(profile_add_start(&c.profile, &c.options, &c.run, &options), 0);
    c.run.count_count = 0;
    c.result = profile_finish(&c.profile, &c.options, &c.run, &c.query, &options, c.error);
    assert_int_equal(c.result, 0);
    assert_true(has(&c, ABI_X86_64, "execve") && has(&c, ABI_X86_64, "madvise"));
    assert_true(has(&c, ABI_X86_64, "set_tid_address") && has(&c, ABI_X86_64, "restart_syscall"));
    assert_false(has(&c, ABI_X86_64, "epoll_ctl") || has(&c, ABI_I386, "execve"));
    end(&c);

    begin(&c);
    option(&c, PROFILE_START, NULL);
    finish(&c, "oci");
    assert_true(has(&c, ABI_X86_64, "epoll_ctl"));
    end(&c);
}

/* The kernel asks about calls of the vsyscall page. */
static void test_vsyscall(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    c.run.executions[0].vsyscall = 7;
    finish(&c, "oci");
    assert_true(has(&c, ABI_X86_64, "time") && has(&c, ABI_X86_64, "getcpu"));
    assert_true(has(&c, ABI_X86_64, "gettimeofday"));
    check_holds(c.profile.comment, "filters too: 7 of time, gettimeofday or getcpu\n");
    end(&c);
}

/* ---- What it rests on ---- */

static void test_paused(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    c.run.executions[0].paused = 7;
    finish(&c, "oci");
    check_holds(c.profile.comment, "Calls in pauses, of which nothing is known: 7\n");
    end(&c);
}

static void test_evidence(void **state)
{
    struct case_of c;
    char warning[PROFILE_ERROR_MAX];
    (void)state;
    begin(&c);
    finish(&c, "oci");
    check_holds(c.profile.comment,
                "It is only as good as the runs behind it: what they did not do is denied.\n"
                "Runs: 1\n"
                "  11111111111111111111111111111111: './app' '\\xff\\x0a\\\\'\n"
                "Programs in them: 'app'.\n"
                "Selection: all calls.\n"
                "Calls: 18 on 6 stacks, of which\n"
                "  by a caller that is inexact: 10 (55.6 %)\n"
                "  by [unknown]: 1 (5.6 %)\n"
                "  on an incomplete stack: 1 (5.6 %)\n"
                "Allowed of x86_64: 4 observed\n");
    evidence_warn(&c.profile.evidence, warning, sizeof(warning));
    assert_string_equal(warning, "");
    end(&c);

    begin(&c);
    assert_int_equal(query_parse(&c.query, QUERY_UNDER, "app:ma*", c.error), 0);
    assert_int_equal(query_parse(&c.query, QUERY_WHERE, "library!=x,y", c.error), 0);
    assert_int_equal(query_parse(&c.query, QUERY_GROUP, "g=a,b", c.error), 0);
    finish(&c, "oci");
    check_holds(c.profile.comment,
                "Selection: --group='g=a,b' --under='app:ma*' --where='library!=x,y'\n");
    evidence_warn(&c.profile.evidence, warning, sizeof(warning));
    check_holds(warning, "unknown for 11 of the selected calls and 0 of the others");
    end(&c);
}

/* ---- What it cannot say ---- */

static void check_refused(enum abi abi, uint32_t nr, const char *format, const char *part)
{
    struct case_of c;

    begin(&c);
    add_calls(&c.run, abi, nr, 1);
    finish(&c, format);
    if (c.result >= 0)
        fail_msg("%s %s %u is not refused", format, abi_name(abi), nr);
    check_holds(c.error, part);
    assert_null(strchr(c.error, '\n'));
    end(&c);
}

static void test_refused(void **state)
{
    static const char *const by_name[] = { "oci", "systemd", "minijail" };
    (void)state;
    for (size_t i = 0; i < LENGTH(by_name); i++)
        check_refused(ABI_X86_64, NO_NAME, by_name[i],
                      "system call 9999 of x86_64 has no name that libseccomp knows");
    check_refused(ABI_I386, NO_NAME, "bpf", "'syscall!=syscall_9999' leaves it out");
    check_refused(ABI_X32, NO_NAME, "libseccomp-c", "system call 9999 of x32");
    check_refused(ABI_X86_64, UINT32_MAX, "libseccomp-c", "system call 4294967295 of x86_64");
    check_refused(ABI_X86_64, X32_BIT, "bpf", "system call 1073741824 of x86_64");
    check_refused(ABI_I386, 64, "minijail", "these calls are of 2; choose one by --where=abi=");
}

static void test_nothing(void **state)
{
    struct case_of c;
    (void)state;
    begin(&c);
    c.run.count_count = 0;
    finish(&c, "oci");
    assert_int_equal(c.result, -EINVAL);
    assert_string_equal(c.error, "there are no calls that a filter could allow");
    end(&c);
}

static void test_options(void **state)
{
    struct profile_options options = { 0 };
    struct query query;
    char error[PROFILE_ERROR_MAX];
    (void)state;
    query_init(&query);
    assert_true(profile_parse(&options, PROFILE_SECCOMP, "x\ny", error) < 0);
    assert_string_equal(error, "--seccomp=x\\x0ay: there is no such filter; use oci, systemd, "
                               "minijail, bpf or libseccomp-c");
    assert_int_equal(profile_parse(&options, 'q', NULL, error), PROFILE_OTHER);
    assert_int_equal(profile_parse(&options, PROFILE_START, NULL, error), 0);
    assert_true(profile_check_options(&options, &query, false, error) < 0);
    assert_string_equal(error, "--with-start needs --seccomp");
    assert_int_equal(profile_parse(&options, PROFILE_SECCOMP, "bpf", error), 0);
    assert_int_equal(profile_check_options(&options, &query, false, error), 0);
    assert_true(profile_check_options(&options, &query, true, error) < 0);
    assert_int_equal(query_parse(&query, QUERY_GROUP, "a=b", error), 0);
    assert_int_equal(profile_check_options(&options, &query, false, error), 0);
    assert_int_equal(query_parse(&query, QUERY_BY, "library", error), 0);
    assert_true(profile_check_options(&options, &query, false, error) < 0);
    check_holds(error, "--seccomp prints a filter, no table");
    query_deinit(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oci),           cmocka_unit_test(test_systemd),
        cmocka_unit_test(test_minijail),      cmocka_unit_test(test_c),
        cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_bpf),
        cmocka_unit_test(test_variants),      cmocka_unit_test(test_start),
        cmocka_unit_test(test_vsyscall),      cmocka_unit_test(test_paused),
        cmocka_unit_test(test_evidence),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nothing),       cmocka_unit_test(test_options),
        cmocka_unit_test(test_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
