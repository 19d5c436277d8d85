/* runfile.c - run files: round trips, and refusal of everything else with the place and the reason.
 */
#include "sample.h"

#include <errno.h>
#include "record/escape.h"
#include "record/runfile.h"
#include "report/table.h"

static char *print(struct run *run)
{
    return PRINTED(runfile_print(file, run));
}

static char *print_sample(void)
{
    struct run run;
    sample_run(&run, '1');
    char *text = print(&run);
    run_deinit(&run);
    return text;
}

static int read_text(const char *text, size_t length, struct run *ret, struct runfile_error *error)
{
    FILE *file = length ? fmemopen((char *)text, length, "r") : fopen("/dev/null", "r");
    assert_non_null(file);
    error->text[0] = '\0';
    int number = runfile_read(file, ret, error);
    fclose(file);
    return number;
}

static void check_round_trip(struct run *run)
{
    struct runfile_error error;
    struct run back;
    char *text = print(run);

    if (read_text(text, strlen(text), &back, &error))
        fail_msg("%s", error.text);
    char *again = print(&back);
    assert_string_equal(again, text);
    assert_int_equal(back.count_count, run->count_count);
    assert_int_equal(back.stacks.count, run->stacks.count);
    free(text);
    free(again);
    run_deinit(&back);
}

static void test_round_trip(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    check_round_trip(&run);
    run_deinit(&run);
    sample_run_with_results(&run, '1');
    check_round_trip(&run);
    run_deinit(&run);
    assert_int_equal(run_init(&run), 0);
    check_round_trip(&run);
    run_deinit(&run);
}

/* What not every run has. */
static void test_code(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(run_add_extent(&run, SAMPLE_LIBA, 5, 9), 0);
    assert_int_equal(run_add_loop(&run, SAMPLE_APP, 15, LOOP_PROVEN), 0);
    assert_int_equal(run_add_loop(&run, SAMPLE_APP, 16, LOOP_LIKELY), 0);
    check_round_trip(&run);
    char *text = print(&run);
    assert_non_null(strstr(text, "\"extents\":[\n[5,5,9]],"));
    assert_non_null(strstr(text, "[3,15,0,\"loop\"],\n[3,16,0,\"likely-loop\"]"));
    free(text);
    run_deinit(&run);
}

/* Why calls stopped with the engine agent; of which a merge keeps all. */
static void test_agent(void **state)
{
    struct run run, sum;
    (void)state;

    sample_run(&run, '1');
    struct execution *execution = &run.executions[0];
    execution->agent_calls = 7;
    execution->agent_stops[AGENT_STOP_EARLY] = 8;
    execution->agent_stops[AGENT_STOP_OTHER] = 3;
    execution->agent_sites[AGENT_FORM_ONE] = 2;
    execution->agent_sites[AGENT_FORM_NO_ROOM] = INT64_MAX;
    check_round_trip(&run);
    char *text = print(&run);
    assert_non_null(strstr(text, "\"agent_calls\":7,"
                                 "\"agent_sites\":{\"no-room\":9223372036854775807,\"one\":2},"
                                 "\"agent_stops\":{\"early\":8,\"other\":3},"));
    assert_int_equal(run_init(&sum), 0);
    assert_int_equal(run_merge(&sum, &run), 0);
    char *merged = print(&sum);
    assert_string_equal(merged, text);
    run_deinit(&sum);
    run_deinit(&run);
    free(merged);
    free(text);
}

/* Every mark and end, the largest numbers, raw bytes in every string. */
static void test_extremes(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    uint32_t odd = sample_module(&run, "\x01\"\\\xff", "/\n", "\x80", "go:\xc3\xa9\x7f");
    run.modules[odd].size = run.modules[odd].loads = INT64_MAX;
    assert_int_equal(run_program(&run, "\xe2\x82", "\\x41"), 1);
    assert_int_equal(run_phase(&run, "\t"), 1);
    assert_int_equal(
        run_add_symbol(&run, odd, INT64_MAX, INT64_MAX, "operator\"\" \xfe", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(&run, odd, 7, 1, "a.F", "go:\xff\\\n", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_inlined(&run, odd, INT64_MAX, 1, "", ""), 0);
    assert_int_equal(run_add_inlined(&run, odd, INT64_MAX, 0, "\xfe", "go:\x01"), 0);
    assert_int_equal(run_add_line(&run, odd, INT64_MAX, 2, "\xfe\n", INT32_MAX), 0);
    for (uint32_t marks = 0; marks < 32; marks++) {
        const struct frame frames[] = { { odd, 0, marks }, { odd, marks, INT64_MAX } };
        struct count count = { .program = 1, .phase = 1, .calls = 1, .nr = UINT32_MAX };
        count.abi = marks % ABI_COUNT;
        count.stack = sample_stack(&run, frames, 2, marks % STACK_ENDS);
        assert_true(run_count(&run, &count) >= 0);
    }
    const struct frame vsyscall[] = { { MODULE_ANON, 0, 0xffffffffff600000 } };
    sample_calls_by(&run, 0, vsyscall, 1, 1, (uint64_t)1 << 60);
    run.executions[0].entries += 32;
    run.executions[0].denied = 7;
    run.executions[0].killed = 8;
    run.executions[0].vsyscall = run.executions[0].lost = INT64_MAX;
    run.executions[0].paused = INT64_MAX;
    run.executions[0].refused = 9;
    run.executions[0].agent_calls = 11;
    run.executions[0].agent_setup = INT64_MAX;
    run.executions[0].agent_repeats = 13;
    for (size_t i = 0; i < AGENT_FORMS; i++)
        run.executions[0].agent_sites[i] = INT64_MAX - i;
    for (size_t i = 0; i < AGENT_STOPS; i++)
        run.executions[0].agent_stops[i] = 1;
    run.executions[0].agent_stops[AGENT_STOP_NEW] =
        run.executions[0].entries - 11 - (AGENT_STOPS - 1);
    run.executions[0].memo_hits = 7;
    run.executions[0].memo_misses = 5;
    run.executions[0].hard_walks = 3;
    run.executions[0].cut_short = true;
    run.executions[0].exit_status = -1;
    run.executions[0].exit_signal = 64;
    check_round_trip(&run);
    run_deinit(&run);
}

static void test_read_back(void **state)
{
    char *text = print_sample();
    struct runfile_error error;
    struct run run;
    (void)state;

    assert_int_equal(read_text(text, strlen(text), &run, &error), 0);
    const struct execution *execution = &run.executions[0];
    assert_string_equal(execution->id, "11111111111111111111111111111111");
    assert_string_equal(execution->command[0], "./app");
    assert_string_equal(execution->command[1], "\xff\n\\");
    assert_null(execution->command[2]);
    assert_string_equal(execution->kernel, "6.1.0");
    assert_string_equal(execution->machine, "x86_64");
    assert_string_equal(execution->libc, "glibc 2.36");
    assert_string_equal(execution->version, "0.1.0");
    assert_string_equal(execution->engine, "seccomp");
    assert_int_equal(execution->start.tv_sec, 1769903999);
    assert_int_equal(execution->end.tv_nsec, 5);
    assert_int_equal(execution->exit_status, 0);
    assert_int_equal(execution->entries, 18);
    assert_string_equal(run.modules[MODULE_FIRST].identity, "gnu:a9");
    assert_string_equal(run_find_symbol(&run, MODULE_FIRST, 15)->name, "main");
    run_deinit(&run);
    free(text);
}

/* Processes that were attached to, in place of a command; their end is not known. */
static void test_attach(void **state)
{
    struct runfile_error error;
    struct run run, back, sum;
    (void)state;

    sample_run(&run, '1');
    sample_attach(&run, 0, (const int64_t[]){ 4711, 123, INT32_MAX }, 3);
    check_round_trip(&run);
    char *text = print(&run);
    assert_non_null(strstr(text, "{\"command\":[],"));
    assert_non_null(strstr(text, "{\"attach\":[4711,123,2147483647],"));
    assert_non_null(strstr(text, "\"exit_signal\":null,\"exit_status\":null,"));
    assert_int_equal(read_text(text, strlen(text), &back, &error), 0);
    assert_int_equal(run_init(&sum), 0);
    assert_int_equal(run_merge(&sum, &back), 0);
    run_deinit(&back);
    char *merged = print(&sum);
    assert_string_equal(merged, text);
    free(merged);
    free(text);
    run_deinit(&sum);
    run_deinit(&run);
}

static void test_every_truncation(void **state)
{
    char *text = print_sample();
    size_t length = strlen(text);
    (void)state;

    for (size_t i = 0; i < length - 1; i++) { /* the last byte is a newline */
        struct runfile_error error;
        struct run run;
        if (read_text(text, i, &run, &error) != -EINVAL)
            fail_msg("the first %zu bytes are accepted", i);
        assert_true(*error.text);
        assert_null(strchr(error.text, '\n'));
    }
    free(text);
}

/* A change to the sample, and a part of the message that it must give. */
static const struct {
    const char *from, *to, *message;
} wrong[] = {
    /* the file as a whole */
    { "\"format\":\"systrace-lib/2\"", "\"format\":\"systrace-lib/3\"", "'systrace-lib/3'" },
    { "\"format\":\"systrace-lib/2\"", "\"format\":\"systrace-lib/1\"", "stacks[0]: the stack" },
    { "\"format\":\"systrace-lib/2\"", "\"format\":1", "its format" },
    { "\"format\":\"systrace-lib/2\",\n", "", "no run file of systrace-lib" },
    { "\"format\"", "\"more\":[],\"format\"", "'more'" },
    { "\"phases\"", "\"Phases\"", "lacks 'phases'" },
    { "\"phases\":[\n\"\"]", "\"phases\":[\n\"\"],\"phases\":[]", "duplicate" },
    { "\"phases\":[\n\"\"]", "\"phases\":{}", "'phases' is no array" },
    { "\"phases\":[\n\"\"]", "\"phases\":null", "'phases' is no array" },
    { "]}\n", "]} x", "not JSON" },
    { "{\"counts\"", "{\"counts\":[NaN],\"counts\"", "not JSON" },
    { "[0,0,0,10,\"x86_64\",59,1],\n", "[0,0,0,10,\"x86_64\",59,1],,", "not JSON" },
    /* executions */
    { "\"id\":\"1111", "\"id\":\"111", "executions[0]: id" },
    { "\"id\":\"1111", "\"id\":\"111G", "executions[0]: id" },
    { "\"id\":\"1111", "\"id\":\"111A", "executions[0]: id" },
    { "\"cut_short\":false", "\"cut_short\":0", "cut_short" },
    { "\"exit_status\":0", "\"exit_status\":256", "exit_status is 256" },
    { "\"exit_status\":0", "\"exit_status\":-1", "exit_status is -1" },
    { "\"exit_status\":0", "\"exit_status\":0.0", "exit_status is no whole number" },
    { "\"exit_signal\":null", "\"exit_signal\":65", "exit_signal" },
    { "\"exit_signal\":null", "\"exit_signal\":\"9\"", "exit_signal" },
    { "\"exit_signal\":null,", "", "lacks 'exit_signal'" },
    { "\"command\":[\"./app\"", "\"command\":[7", "command is no string" },
    { "\"command\":[\"./app\",\"\\\\xff\\\\x0a\\\\\\\\\"]", "\"command\":\"app\"",
      "command is no array" },
    { "./app", "./a\\\\q", "wrong escape" },
    { "./app", "./a\\\\x00", "wrong escape" },
    { "./app", "./\\\\x41", "needs no escape" },
    { "./app", "./\\u0007", "must be escaped" },
    { "./app", "./\\u0000", "not JSON" },
    { "2026-01-31T", "2026-01-32T", "start" },
    { "\"start\":\"2026-01-31T23:59:59.123456789Z\"", "\"start\":1", "start" },
    { "\"engine\":\"seccomp\"", "\"engine\":null", "engine is no string" },
    { ",\"engine\":\"seccomp\"", "", "options lacks 'engine'" },
    { "{\"attach\":[],\"engine\":\"seccomp\",\"results\":false}", "[]", "options is no object" },
    { ",\"results\":false", "", "options lacks 'results'" },
    { "\"results\":false", "\"results\":0", "results is neither true nor false" },
    { "\"results\":false", "\"results\":true", "counts[0]: the row is no array of 9 elements" },
    { "\"attach\":[],", "", "options lacks 'attach'" },
    { "\"attach\":[]", "\"attach\":7", "attach is no array" },
    { "\"attach\":[]", "\"attach\":[7]", "a command and processes" },
    { "\"attach\":[]", "\"attach\":[7,0]", "a process of attach is 0" },
    { "\"attach\":[]", "\"attach\":[2147483648]", "a process of attach is 2147483648" },
    { "\"attach\":[]", "\"attach\":[\"7\"]", "a process of attach is no whole number" },
    { "[\"./app\",\"\\\\xff\\\\x0a\\\\\\\\\"]", "[]", "neither a command nor a process" },
    { "\"kernel\":\"6.1.0\",", "", "host lacks 'kernel'" },
    { "\"version\":\"0.1.0\"", "\"version\":\"0.1.0\",\"x\":1", "'x'" },
    /* quality */
    { "\"entries\":18", "\"entries\":17", "more calls than entries" },
    { "\"entries\":18", "\"entries\":19", "fewer calls than entries" },
    { "\"entries\":18", "\"entries\":-1", "entries is -1" },
    { "\"entries\":18", "\"entries\":9223372036854775808", "not JSON" },
    { "\"complete\":17", "\"complete\":18", "complete is not what the counts say" },
    { "\"no-cfi\":1", "\"no-cfi\":2", "no-cfi is not what the counts say" },
    { "\"no-cfi\":1", "\"cycle\":1", "not what the counts say" },
    { "\"no-cfi\":1", "\"no-cfi\":1,\"cycle\":0", "with no stack" },
    { "\"no-cfi\":1", "\"complete\":1", "no reason" },
    { "\"no-cfi\":1", "\"moon\":1", "'moon' is no reason" },
    { "\"inexact\":10", "\"inexact\":9", "inexact is not what the counts say" },
    { "\"denied\":0", "\"denied\":19", "denied is more than entries" },
    { "\"denied\":0", "\"denied\":true", "denied is no whole number" },
    { "\"vsyscall\":0", "\"vsyscall\":-1", "vsyscall" },
    { "\"killed\":0", "\"killed\":19", "killed is more than entries" },
    { "\"hard_walks\":0", "\"hard_walks\":1", "hard_walks is more than memo_misses" },
    { "\"memo_hits\":0,", "", "lacks 'memo_hits'" },
    { "\"killed\":0,", "", "lacks 'killed'" },
    { "\"lost\":0", "\"lost\":0,\"paused\":0", "paused is 0" },
    { "\"lost\":0", "\"lost\":0,\"paused\":null", "paused is no whole number" },
    { "\"lost\":0", "\"lost\":0,\"refused\":0", "refused is 0" },
    { "\"lost\":0", "\"lost\":0,\"agent_setup\":0", "agent_setup is 0" },
    { "\"lost\":0", "\"lost\":0,\"agent_repeats\":0", "agent_repeats is 0" },
    { "\"lost\":0", "\"lost\":0,\"agent_calls\":10000000", "agent_calls is more than entries" },
    { "\"lost\":0", "\"lost\":0,\"agent_stops\":18", "agent_stops is no object, or empty" },
    { "\"lost\":0", "\"lost\":0,\"agent_stops\":{}", "agent_stops is no object, or empty" },
    { "\"lost\":0", "\"lost\":0,\"agent_stops\":{\"moon\":18}", "'moon' is none of agent_stops" },
    { "\"lost\":0", "\"lost\":0,\"agent_stops\":{\"early\":18,\"new\":0}",
      "agent_stops has 'new' with 0" },
    { "\"lost\":0", "\"lost\":0,\"agent_stops\":{\"early\":-1,\"new\":19}", "early is -1" },
    { "\"lost\":0", "\"lost\":0,\"agent_stops\":{\"early\":17}", "are fewer than entries" },
    { "\"lost\":0", "\"lost\":0,\"agent_stops\":{\"early\":17,\"new\":2}",
      "are more than entries" },
    { "\"lost\":0", "\"lost\":0,\"agent_calls\":2,\"agent_stops\":{\"early\":17}",
      "are more than entries" },
    { "\"lost\":0", "\"lost\":0,\"agent_sites\":{}", "agent_sites is no object, or empty" },
    { "\"lost\":0", "\"lost\":0,\"agent_sites\":{\"early\":18}", "'early' is none of agent_sites" },
    { "\"lost\":0", "\"lost\":0,\"refused\":10000000", "refused is more than entries" },
    { "\"lost\":0", "\"lost\":null", "lost is no whole number" },
    { "\"version\":\"0.1.0\"", "\"version\":\"0.1.0\",\"workload\":\"\"", "workload is empty" },
    { "\"version\":\"0.1.0\"", "\"version\":\"0.1.0\",\"workload\":3", "workload is no string" },
    { "\"version\":\"0.1.0\"", "\"version\":\"0.1.0\",\"workload\":\"\\\\q\"",
      "workload has a wrong escape" },
    { "\"version\":\"0.1.0\"", "\"workload\":\"idle\"", "the execution lacks 'version'" },
    /* programs, phases, modules */
    { "{\"name\":\"app\",\"path\":\"/bin/app\"}", "[]", "programs[0]: the program is no object" },
    { "{\"name\":\"app\",\"path\":\"/bin/app\"}",
      "{\"name\":\"app\",\"path\":\"/bin/app\"},{\"name\":\"app\",\"path\":\"/bin/app\"}",
      "programs[1]: the row is that of programs[0]" },
    { "\"phases\":[\n\"\"]", "\"phases\":[\"a\"]", "phases[0]: the first phase" },
    { "\"phases\":[\n\"\"]", "\"phases\":[\"\",\"\"]", "phases[1]" },
    { "\"phases\":[\n\"\"]", "\"phases\":[\"\",3]", "phases[1]: the phase is no string" },
    { "\"name\":\"[anon]\"", "\"name\":\"[jit]\"", "modules[0]: this must be the pseudo-module" },
    { "\"name\":\"[start]\",\"path\":\"\"", "\"name\":\"[start]\",\"path\":\"/\"", "modules[1]" },
    { "\"loads\":1", "\"loads\":-1", "modules[3]: loads is -1" },
    { "\"size\":1000", "\"size\":1e3", "modules[3]: size is no whole number" },
    { "\"identity\":\"gnu:a9\"", "\"identity\":[]", "modules[3]: identity is no string" },
    { "\"soname\":\"liba.so.1\"", "\"soname\":\"liba.so.1\",\"sonames\":1", "'sonames'" },
    /* symbols, frames */
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[3,10,20]", "symbols[0]: the row is no array of 6" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[7,10,20,\"main\",\"\",\"symtab\"]",
      "symbols[0]: the module is 7" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[3,10,0,\"main\",\"\",\"symtab\"]",
      "symbols[0]: the size is 0" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[3,-10,20,\"main\",\"\",\"symtab\"]",
      "symbols[0]: the offset is -10" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]",
      "[3,10,20,\"main\",\"\",\"symtab\"],[3,10,20,\"main\",\"\",\"symtab\"]",
      "symbols[1]: the symbols" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[6,150,20,\"main\",\"\",\"symtab\"]",
      "symbols[1]: the symbols are not in the order" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[3,10,20,\"main\",0,\"symtab\"]",
      "symbols[0]: the component is no string" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[3,10,20,\"main\",\"c\",\"symtab\"]",
      "symbols[0]: 'c' is no component" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[3,10,20,\"main\",\"\",\"nm\"]",
      "symbols[0]: 'nm' is no source" },
    { "[3,10,20,\"main\",\"\",\"symtab\"]", "[3,10,20,\"main\",\"\",0]",
      "symbols[0]: '' is no source" },
    { "\"inlined\":[]", "\"inlined\":[[3,15,0,\"f\"]]", "inlined[0]: the row is no array of 5" },
    { "\"inlined\":[]", "\"inlined\":[[7,15,0,\"f\",\"\"]]", "inlined[0]: the module is 7" },
    { "\"inlined\":[]", "\"inlined\":[[3,-1,0,\"f\",\"\"]]", "inlined[0]: the offset is -1" },
    { "\"inlined\":[]", "\"inlined\":[[3,15,1,\"f\",\"\"]]", "inlined[0]: the position is 1" },
    { "\"inlined\":[]", "\"inlined\":[[3,15,0,\"f\",\"go:\"]]",
      "inlined[0]: 'go:' is no component" },
    { "\"inlined\":[]", "\"inlined\":[[3,15,0,\"f\",\"\"],[3,15,0,\"g\",\"\"]]",
      "inlined[1]: the position is 0" },
    { "\"inlined\":[]", "\"inlined\":[[3,15,0,\"f\",\"\"],[3,15,2,\"g\",\"\"]]",
      "inlined[1]: the position is 2" },
    { "\"inlined\":[]", "\"inlined\":[[3,15,0,\"f\",\"\"],[3,14,0,\"g\",\"\"]]",
      "inlined[1]: the inlined functions are not in the order" },
    { "\"lines\":[]", "\"lines\":[[3,15,0,\"f\"]]", "lines[0]: the row is no array of 5" },
    { "\"lines\":[]", "\"lines\":[[7,15,0,\"f\",1]]", "lines[0]: the module is 7" },
    { "\"lines\":[]", "\"lines\":[[3,-1,0,\"f\",1]]", "lines[0]: the offset is -1" },
    { "\"lines\":[]", "\"lines\":[[3,15,1,\"f\",1]]", "lines[0]: no function has the position 1" },
    { "\"lines\":[]", "\"lines\":[[3,15,0,\"\",1]]", "lines[0]: the file is empty" },
    { "\"lines\":[]", "\"lines\":[[3,15,0,\"f\",0]]", "lines[0]: the line is 0" },
    { "\"lines\":[]", "\"lines\":[[3,15,0,\"f\",2147483648]]", "lines[0]: the line is 2147483648" },
    { "\"lines\":[]", "\"lines\":[[3,15,0,\"f\",1],[3,15,0,\"f\",1]]",
      "lines[1]: the lines are not" },
    { "\"lines\":[]", "\"lines\":[[3,15,0,\"f\",1],[3,14,0,\"f\",1]]",
      "lines[1]: the lines are not" },
    { "[3,15,0]", "[3,15,3]", "frames[2]: the symbol is 3" },
    { "[3,15,0]", "[3,15,1]", "frames[2]: symbols[1] does not hold" },
    { "[3,15,0]", "[3,15,null]", "frames[2]: the symbol is null" },
    { "[3,1,null]", "[3,1,0]", "frames[1]: symbols[0] does not hold" },
    { "[3,1,null]", "[7,1,null]", "frames[1]: the module is 7" },
    { "[3,1,null]", "[3,\"1\",null]", "frames[1]: the offset" },
    { "[3,1,null]", "[3,1,null,0]", "frames[1]: what is behind the symbol" },
    { "[3,1,null]", "[3,1,null,\"\"]", "frames[1]: what is behind the symbol" },
    { "[3,1,null]", "[3,1,null,\"loop\",1]", "frames[1]: the row" },
    { "\"format\"", "\"extents\":0,\"format\"", "'extents' is no array" },
    { "\"format\"", "\"extents\":[[3,1]],\"format\"", "extents[0]: the row is no array of 3" },
    { "\"format\"", "\"extents\":[[7,1,1]],\"format\"", "extents[0]: the module is 7" },
    { "\"format\"", "\"extents\":[[3,1,0]],\"format\"", "extents[0]: the size is 0" },
    { "\"format\"", "\"extents\":[[3,-1,1]],\"format\"", "extents[0]: the offset is -1" },
    { "\"format\"", "\"extents\":[[3,1,1],[3,1,2]],\"format\"",
      "extents[1]: the extents are not in the order" },
    { "[3,1,null]", "{}", "frames[1]: the row" },
    /* stacks */
    { "[\"complete\"]", "[\"cycle\"]", "stacks[0]: this must be the end 'complete'" },
    { "[\"complete\"]", "[]", "stacks[0]: the row is no array of 1" },
    { "[\"complete\"]", "[\"complete\",0]", "stacks[0]: the row is no array of 1" },
    { "[\"complete\"]", "[0,0]", "stacks[0]: the row is no array of 1" },
    { "[\"complete\"]", "\"complete\"", "stacks[0]: the row is no array of 1" },
    { "[\"no-cfi\"]", "[\"done\"]", "stacks[1]: 'done' is no end" },
    { "[\"no-cfi\"]", "[7]", "stacks[1]: '' is no end" },
    { "[\"no-cfi\"],\n", "", "stacks[1]: this must be the end 'no-cfi'" },
    { "[0,0,\"entry\"]", "[10,0,\"entry\"]",
      "stacks[10]: the stack beyond is 10, not from 0 to 9" },
    { "[0,0,\"entry\"]", "[-1,0,\"entry\"]", "stacks[10]: the stack beyond is -1" },
    { "[0,0,\"entry\"]", "[\"complete\",0]", "stacks[10]: the stack beyond is no whole number" },
    { "[0,0,\"entry\"]", "[0,10,\"entry\"]", "stacks[10]: a frame is 10" },
    { "[0,0,\"entry\"]", "[0,-1,\"entry\"]", "stacks[10]: a frame is -1" },
    { "[0,0,\"entry\"]", "[0,null,\"entry\"]", "stacks[10]: a frame is no whole number" },
    { "[0,0,\"entry\"]", "[0]", "stacks[10]: the row" },
    { "[0,0,\"entry\"]", "{\"0\":1}", "stacks[10]: the row" },
    { "[0,0,\"entry\"]", "[0,0,\"exit\"]", "stacks[10]: 'exit' is no mark" },
    { "[0,0,\"entry\"]", "[0,0,4]", "stacks[10]: '' is no mark" },
    { "[0,0,\"entry\"]", "[0,0,\"entry\",\"entry\"]", "there twice" },
    { "[0,1,\"entry\"]", "[0,0,\"entry\"]", "stacks[11]: the row is that of stacks[10]" },
    /* counts */
    { "[0,0,0,10,\"x86_64\",59,1]", "[1,0,0,10,\"x86_64\",59,1]", "counts[0]: the execution is 1" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,1,0,10,\"x86_64\",59,1]", "counts[0]: the program is 1" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,1,10,\"x86_64\",59,1]", "counts[0]: the phase is 1" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,22,\"x86_64\",59,1]", "counts[0]: the stack is 22" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,0,\"x86_64\",59,1]",
      "counts[0]: a stack without frames" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,10,\"arm\",59,1]", "counts[0]: 'arm' is no ABI" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,10,0,59,1]", "counts[0]: '' is no ABI" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,10,\"x86_64\",4294967296,1]", "counts[0]: the system" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,10,\"x86_64\",59,0]",
      "counts[0]: the number of calls" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,10,\"x86_64\",59,-1]",
      "counts[0]: the number of calls" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,10,\"x86_64\",59]", "counts[0]: the row is no array" },
    { "[0,0,0,10,\"x86_64\",59,1]", "[0,0,0,10,\"x86_64\",59,1,0,0]", "no array of 7 elements" },
    { "[0,0,0,10,\"x86_64\",59,1]", "7", "counts[0]: the execution" },
    { "[0,0,0,13,\"x86_64\",1,1]", "[0,0,0,10,\"x86_64\",59,1]",
      "counts[1]: the row is that of counts[0]" },
    { "[0,0,0,17,\"x86_64\",9,2]", "[0,0,0,17,\"x86_64\",9,9223372036854775807]", "more calls" },
};

/* The text with the first `from` replaced. */
static char *change(const char *text, const char *from, const char *to)
{
    const char *place = strstr(text, from);
    char *changed;

    if (!place)
        fail_msg("the sample has no %s", from);
    assert_true(
        asprintf(&changed, "%.*s%s%s", (int)(place - text), text, to, place + strlen(from)) > 0);
    return changed;
}

static void check_refused(const char *text, const char *from, const char *to, const char *message)
{
    char *changed = change(text, from, to);
    struct runfile_error error;
    struct run run;

    if (read_text(changed, strlen(changed), &run, &error) != -EINVAL)
        fail_msg("%s is accepted", to);
    if (!strstr(error.text, message))
        fail_msg("%s: '%s' does not say '%s'", to, error.text, message);
    free(changed);
}

static void test_malformed(void **state)
{
    char *text = print_sample();
    (void)state;

    for (size_t i = 0; i < LENGTH(wrong); i++)
        check_refused(text, wrong[i].from, wrong[i].to, wrong[i].message);
    free(text);
}

static void test_malformed_results(void **state)
{
    static const char row[] = "\"x86_64\",1,10,4,5000000000]";
    struct run run;
    (void)state;

    sample_run_with_results(&run, '1');
    char *text = print(&run);
    check_refused(text, row, "\"x86_64\",1,10,11,0]", "counts[5]: the number of errors is 11");
    check_refused(text, row, "\"x86_64\",1,10,-1,0]", "counts[5]: the number of errors is -1");
    check_refused(text, row, "\"x86_64\",1,10,4,-1]", "counts[5]: the number of nanoseconds is -1");
    check_refused(text, row, "\"x86_64\",1,10,4,0.5]",
                  "counts[5]: the number of nanoseconds is no");
    check_refused(text, row, "\"x86_64\",1,10,4]", "counts[5]: the row is no array of 9 elements");
    check_refused(text, row, "\"x86_64\",1,10]", "counts[5]: the row is no array of 9 elements");
    check_refused(text, "\"results\":true", "\"results\":false",
                  "counts[0]: the row is no array of 7 elements");
    free(text);
    run_deinit(&run);
}

/* It is kept, as the bytes that it has; an execution need not have one. */
static void test_workload(void **state)
{
    struct runfile_error error;
    struct run run, again, sum;
    (void)state;

    sample_run(&run, '1');
    assert_string_equal(run_workload(&run.executions[0]), "app");
    run.executions[0].workload = strdup("b\xff/\n");
    char *text = print(&run);
    assert_non_null(strstr(text, "\"workload\":\"b\\\\xff/\\\\x0a\""));
    assert_int_equal(read_text(text, strlen(text), &again, &error), 0);
    assert_int_equal(run_init(&sum), 0);
    assert_int_equal(run_merge(&sum, &again), 0);
    assert_string_equal(run_workload(&sum.executions[0]), "b\xff/\n");
    sample_attach(&run, 0, (const int64_t[]){ 1 }, 1);
    assert_string_equal(run_workload(&run.executions[0]), "b\xff/\n");
    *run.executions[0].workload = '\0';
    assert_string_equal(run_workload(&run.executions[0]), "[attached]");
    run_deinit(&run);
    run_deinit(&again);
    run_deinit(&sum);
    free(text);
}

/* ---- The former format ---- */

/* Replaces what is between two texts, both included. */
static char *replace(char *text, const char *from, const char *to, const char *by)
{
    char *start = strstr(text, from), *end = start ? strstr(start, to) : NULL;
    char *changed;

    assert_non_null(end);
    assert_true(asprintf(&changed, "%.*s%s%s", (int)(start - text), text, by, end + strlen(to)) >
                0);
    free(text);
    return changed;
}

/* The sample as it was written in it. */
static char *print_former(void)
{
    char *text = replace(print_sample(), "systrace-lib/2", "2", "systrace-lib/1");

    text = replace(text, "[0,0,0,10,", "231,1]", "");
    text = replace(text, ",\n[0,0,0,21,", "1,10]",
                   "[0,0,0,0,\"x86_64\",59,1],\n"
                   "[0,0,0,1,\"x86_64\",9,2],\n"
                   "[0,0,0,2,\"x86_64\",1,1],\n"
                   "[0,0,0,3,\"x86_64\",1,3],\n"
                   "[0,0,0,4,\"x86_64\",1,10],\n"
                   "[0,0,0,5,\"x86_64\",231,1]");
    return replace(text, "[\"complete\"]", "[18,7]",
                   "{\"end\":\"complete\",\"frames\":[0],\"marks\":[[0,\"entry\"]]},\n"
                   "{\"end\":\"complete\",\"frames\":[5,4],\"marks\":[[1,\"entry\"]]},\n"
                   "{\"end\":\"no-cfi\",\"frames\":[7],\"marks\":[]},\n"
                   "{\"end\":\"complete\",\"frames\":[7,3,1],\"marks\":[[2,\"entry\"]]},\n"
                   "{\"end\":\"complete\",\"frames\":[7,6,2,1],\"marks\":[[1,\"tail\"],[3,"
                   "\"entry\"]]},\n"
                   "{\"end\":\"complete\",\"frames\":[9,8,1],\"marks\":[[2,\"entry\"]]}");
}

static void test_former_format(void **state)
{
    char *former = print_former(), *text = print_sample();
    struct runfile_error error;
    struct run run;
    (void)state;

    if (read_text(former, strlen(former), &run, &error))
        fail_msg("%s", error.text);
    char *again = print(&run);
    assert_string_equal(again, text);
    run_deinit(&run);
    free(again);
    free(former);
    free(text);
}

static void test_malformed_former(void **state)
{
    static const struct {
        const char *from, *to, *message;
    } former_wrong[] = {
        { "systrace-lib/1", "systrace-lib/2", "stacks[0]: the row is no array of 1" },
        { "\"frames\":[5,4]", "\"frames\":[5,10]", "stacks[1]: a frame is 10" },
        { "\"frames\":[5,4]", "\"frames\":[5,-1]", "stacks[1]: a frame is -1" },
        { "\"frames\":[5,4]", "\"frames\":[5,null]", "stacks[1]: a frame is no whole number" },
        { "\"frames\":[5,4]", "\"frames\":{}", "stacks[1]: frames" },
        { "\"frames\":[0],\"marks\":[[0,\"entry\"]]", "\"frames\":[],\"marks\":[]",
          "counts[0]: a stack without frames" },
        { "[[1,\"entry\"]]", "[[2,\"entry\"]]", "stacks[1]: the position of a mark is 2" },
        { "[[1,\"entry\"]]", "[[1,\"exit\"]]", "stacks[1]: 'exit' is no mark" },
        { "[[1,\"entry\"]]", "[[1,4]]", "stacks[1]: '' is no mark" },
        { "[[1,\"entry\"]]", "[[1]]", "stacks[1]: marks" },
        { "[[1,\"entry\"]]", "[1]", "stacks[1]: marks" },
        { "[[1,\"entry\"]]", "[[1,\"entry\",\"entry\"]]", "there twice" },
        { "[[1,\"entry\"]]", "[[1,\"entry\"],[1,\"entry\"]]", "there twice" },
        { "[[1,\"entry\"]]", "{}", "stacks[1]: marks is no array" },
        { "\"end\":\"no-cfi\",", "\"end\":\"done\",", "stacks[2]: 'done' is no end" },
        { "\"end\":\"no-cfi\",", "", "stacks[2]: the stack lacks 'end'" },
        { "[0,0,0,0,\"x86_64\",59,1]", "[0,0,0,6,\"x86_64\",59,1]", "counts[0]: the stack is 6" },
    };
    char *text = print_former();
    (void)state;

    for (size_t i = 0; i < LENGTH(former_wrong); i++)
        check_refused(text, former_wrong[i].from, former_wrong[i].to, former_wrong[i].message);
    free(text);
}

/* A stack of 200,000 frames, with a call on each: neither memory nor time is of its square. */
static void test_hostile_tree(void **state)
{
    enum { FRAMES = 200000 };
    const struct table_options options = { 0 };
    struct runfile_error error;
    struct run run, back;
    struct table table;
    int64_t stack = STACK_COMPLETE;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t execution = sample_execution(&run, '1');
    for (uint32_t i = 0; i < FRAMES; i++) {
        const struct frame frame = { i % 3 ? SAMPLE_LIBC : SAMPLE_APP, i % 5 ? 0 : FRAME_TAIL,
                                     i % 7 };
        stack = stacks_add(&run.stacks, (uint32_t)stack, &frame);
        sample_calls(&run, execution, (uint32_t)stack, 1, 1);
    }
    char *text = print(&run);
    run_deinit(&run);
    if (read_text(text, strlen(text), &back, &error))
        fail_msg("%s", error.text);
    free(text);
    assert_int_equal(table_build(&back, &options, &table), 0);
    assert_int_equal(table.calls, FRAMES);
    table_deinit(&table);
    assert_int_equal(run_init(&run), 0);
    assert_int_equal(run_merge(&run, &back), 0);
    assert_int_equal(run.stacks.count, STACK_ENDS + FRAMES);
    run_deinit(&run);
    run_deinit(&back);
}

static void test_duplicate_id(void **state)
{
    char *text = print_sample();
    const char *start = strstr(text, "{\"command\""), *end = strstr(start, "],\n\"format\"");
    struct runfile_error error;
    struct run run;
    char *twice;
    (void)state;

    assert_true(asprintf(&twice, "%.*s,%.*s%s", (int)(end - text), text, (int)(end - start), start,
                         end) > 0);
    assert_int_equal(read_text(twice, strlen(twice), &run, &error), -EINVAL);
    assert_string_equal(error.text, "executions[1]: id is that of executions[0]");
    free(text);
    free(twice);
}

/* Each execution may have as many calls as there are numbers, but not all of them together. */
static void test_too_many_entries(void **state)
{
    const struct frame frames[] = { { SAMPLE_APP, 0, 1 } };
    struct runfile_error error;
    struct run run, back;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t stack = sample_stack(&run, frames, 1, STACK_COMPLETE);
    sample_calls(&run, sample_execution(&run, '1'), stack, 1, INT64_MAX);
    check_round_trip(&run);
    sample_calls(&run, sample_execution(&run, '2'), stack, 1, 1);
    char *text = print(&run);
    assert_int_equal(read_text(text, strlen(text), &back, &error), -EINVAL);
    assert_string_equal(error.text, "the entries of all executions are too many");
    free(text);
    run_deinit(&run);
}

/* Neither nesting nor size nor bytes that are no text may do more than be refused. */
static void test_hostile_bytes(void **state)
{
    enum { SIZE = 1 << 20 };
    static const struct {
        const char *start;
        char fill;
    } rows[] = { { "", '[' },
                 { "{\"format\":", '[' },
                 { "", '{' },
                 { "", '\0' },
                 { "", ' ' },
                 { "\"", 'a' },
                 { "", '9' },
                 { "\x7f"
                   "ELF",
                   '\xff' },
                 { "-", '1' },
                 { "{\"format\":\"systrace-lib/2\",\"counts\":[", '0' } };
    char *text = malloc(SIZE);
    (void)state;

    assert_non_null(text);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct runfile_error error;
        struct run run;
        memset(text, rows[i].fill, SIZE);
        memcpy(text, rows[i].start, strlen(rows[i].start));
        assert_int_equal(read_text(text, SIZE, &run, &error), -EINVAL);
        assert_true(*error.text);
        for (const char *c = error.text; *c; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
    free(text);
}

/* What the file says is quoted, but cannot harm the terminal. */
static void test_messages_are_printable(void **state)
{
    char *text = print_sample();
    char *changed = change(text, "systrace-lib/2", "\\u001b[31m\\n");
    struct runfile_error error;
    struct run run;
    (void)state;

    assert_int_equal(read_text(changed, strlen(changed), &run, &error), -EINVAL);
    assert_string_equal(error.text, "its format is '\\x1b[31m\\x0a', not 'systrace-lib/2'");
    free(text);
    free(changed);
}

static void test_load(void **state)
{
    struct runfile_error error;
    struct run run;
    (void)state;

    assert_int_equal(runfile_load("/nonexistent/run.json", &run, &error), -EINVAL);
    assert_string_equal(error.text, strerror(ENOENT));
    assert_int_equal(runfile_load("/", &run, &error), -EINVAL);
    assert_string_equal(error.text, strerror(EISDIR));
    assert_int_equal(runfile_load("/dev/null", &run, &error), -EINVAL);
    assert_non_null(strstr(error.text, "not JSON"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_agent),
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_attach),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_malformed_results),
        cmocka_unit_test(test_workload),
        cmocka_unit_test(test_former_format),
        cmocka_unit_test(test_malformed_former),
        cmocka_unit_test(test_hostile_tree),
        cmocka_unit_test(test_duplicate_id),
        cmocka_unit_test(test_too_many_entries),
        cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_messages_are_printable),
        cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
