/* reader_execution.c - what a run file says of one execution. */
#include "record/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/timestamp.h"

static int read_id(struct reader *reader, const json_t *value, char id[static 33])
{
    const char *text = json_string_value(value);

    if (!text || strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
        return refuse(reader, "id is no string of 32 lower-case hexadecimal digits");
    for (size_t i = 0; i + 1 < reader->run->execution_count; i++)
        if (!strcmp(reader->run->executions[i].id, text))
            return refuse(reader, "id is that of executions[%zu]", i);
    strcpy(id, text);
    return 0;
}

static int read_command(struct reader *reader, const json_t *value, char ***ret)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value))
        return refuse(reader, "command is no array");
    *ret = calloc(count + 1, sizeof(**ret));
    if (!*ret)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int error = read_text(reader, json_array_get(value, i), "command", &(*ret)[i]);
        if (error)
            return error;
    }
    return 0;
}

static int read_time(struct reader *reader, const json_t *object, const char *name,
                     struct timespec *ret)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (!text || !timestamp_parse(text, ret))
        return refuse(reader, "%s is no time as 2026-01-31T23:59:59.123456789Z", name);
    return 0;
}

/* A number or null, for which `none` stands. */
static int read_exit(struct reader *reader, const json_t *object, const char *name, uint64_t most,
                     int none, int *ret)
{
    uint64_t number;
    const json_t *value = json_object_get(object, name);

    *ret = none;
    if (json_is_null(value))
        return 0;
    int error = read_number(reader, value, name, most, &number);
    if (!error)
        *ret = (int)number;
    return error;
}

static int read_incomplete(struct reader *reader, const json_t *value, struct quality *ret)
{
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return refuse(reader, "incomplete is no object");
    json_object_foreach((json_t *)value, name, member)
    {
        int end = stack_end_parse(name);
        if (end < 0 || end == STACK_COMPLETE)
            return refuse(reader, "'%.100s' is no reason for an incomplete stack", name);
        int error = read_number(reader, member, name, INT64_MAX, &ret->by_end[end]);
        if (error)
            return error;
        if (!ret->by_end[end])
            return refuse(reader, "incomplete has '%s' with no stack", name);
    }
    return 0;
}

/* A number, or null where it is not known. */
static int read_counter(struct reader *reader, const json_t *object, const char *name,
                        uint64_t *ret)
{
    *ret = COUNT_UNKNOWN;
    if (json_is_null(json_object_get(object, name)))
        return 0;
    return read_number_of(reader, object, name, INT64_MAX, ret);
}

/* The members of `quality`. Most runs are not paused, nor refused anything. */
static int check_counters(struct reader *reader, const json_t *value)
{
    static const char *const rare[] = { "agent_calls", "agent_repeats", "agent_setup",
                                        "agent_sites", "agent_stops",   "paused",
                                        "refused" };
    const char *names[18] = { "complete", "denied",    "entries",     "hard_walks",
                              "inexact",  "memo_hits", "memo_misses", "incomplete",
                              "killed",   "lost",      "vsyscall" };
    size_t count = 11;

    for (size_t i = 0; i < sizeof(rare) / sizeof(*rare); i++)
        if (json_object_get(value, rare[i]))
            names[count++] = rare[i];
    return read_members(reader, value, "quality", names, count);
}

/* A number that is there only if it is not 0. */
static int read_rare(struct reader *reader, const json_t *object, const char *name, uint64_t *ret)
{
    int error =
        json_object_get(object, name) ? read_number_of(reader, object, name, INT64_MAX, ret) : 0;

    return !error && json_object_get(object, name) && !*ret
               ? refuse(reader, "%s is 0, and should not be there", name)
               : error;
}

/* An object of numbers by their names, without those that are 0; it is there only if any are not.
 */
static int read_numbers(struct reader *reader, const json_t *object, const char *member,
                        const char *const *names, size_t count, uint64_t *ret)
{
    json_t *value = json_object_get(object, member), *number;
    const char *name;

    if (value && !json_object_size(value))
        return refuse(reader, "%s is no object, or empty", member);
    json_object_foreach(value, name, number)
    {
        size_t i = 0;
        while (i < count && strcmp(names[i], name))
            i++;
        if (i == count)
            return refuse(reader, "'%.100s' is none of %s", name, member);
        int error = read_number(reader, number, name, INT64_MAX, &ret[i]);
        if (error)
            return error;
        if (!ret[i])
            return refuse(reader, "%s has '%s' with 0", member, name);
    }
    return 0;
}

/* Of every call it is known whether it stopped, and why, or of none. */
static int check_agent(struct reader *reader, const struct execution *execution)
{
    uint64_t rest = execution->entries - execution->agent_calls;
    bool known = false;

    for (size_t i = 0; i < AGENT_STOPS; i++) {
        if (execution->agent_stops[i] > rest)
            return refuse(reader, "agent_stops and agent_calls are more than entries");
        rest -= execution->agent_stops[i];
        known |= execution->agent_stops[i] != 0;
    }
    return known && rest ? refuse(reader, "agent_stops and agent_calls are fewer than entries") : 0;
}

static int read_agent(struct reader *reader, const json_t *value, struct execution *execution)
{
    int error = read_rare(reader, value, "agent_calls", &execution->agent_calls);

    if (!error)
        error = read_rare(reader, value, "agent_setup", &execution->agent_setup);
    if (!error)
        error = read_rare(reader, value, "agent_repeats", &execution->agent_repeats);
    if (!error)
        error = read_numbers(reader, value, "agent_stops", agent_stop_names, AGENT_STOPS,
                             execution->agent_stops);
    if (!error)
        error = read_numbers(reader, value, "agent_sites", agent_form_names, AGENT_FORMS,
                             execution->agent_sites);
    if (!error && execution->agent_calls > execution->entries)
        error = refuse(reader, "agent_calls is more than entries");
    return error ? error : check_agent(reader, execution);
}

static int read_quality(struct reader *reader, const json_t *value, struct execution *execution,
                        struct quality *claim)
{
    const struct {
        const char *name;
        uint64_t *ret;
    } numbers[] = {
        { "entries", &execution->entries },
        { "complete", &claim->by_end[STACK_COMPLETE] },
        { "inexact", &claim->inexact },
        { "killed", &execution->killed },
        { "lost", &execution->lost },
        { "memo_hits", &execution->memo_hits },
        { "memo_misses", &execution->memo_misses },
        { "hard_walks", &execution->hard_walks },
    };
    int error = check_counters(reader, value);

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers) && !error; i++)
        error = read_number_of(reader, value, numbers[i].name, INT64_MAX, numbers[i].ret);
    if (!error)
        error = read_rare(reader, value, "paused", &execution->paused);
    if (!error)
        error = read_rare(reader, value, "refused", &execution->refused);
    if (!error)
        error = read_agent(reader, value, execution);
    if (!error)
        error = read_counter(reader, value, "denied", &execution->denied);
    if (!error)
        error = read_counter(reader, value, "vsyscall", &execution->vsyscall);
    if (!error && execution->denied != COUNT_UNKNOWN && execution->denied > execution->entries)
        error = refuse(reader, "denied is more than entries");
    if (!error && execution->refused > execution->entries)
        error = refuse(reader, "refused is more than entries");
    if (!error && execution->killed > execution->entries)
        error = refuse(reader, "killed is more than entries");
    if (!error && execution->hard_walks > execution->memo_misses)
        error = refuse(reader, "hard_walks is more than memo_misses");
    return error ? error : read_incomplete(reader, json_object_get(value, "incomplete"), claim);
}

static int read_host(struct reader *reader, const json_t *value, struct execution *execution)
{
    int error = READ_MEMBERS(reader, value, "host", "kernel", "libc", "machine");

    if (!error)
        error = read_text_of(reader, value, "kernel", &execution->kernel);
    if (!error)
        error = read_text_of(reader, value, "libc", &execution->libc);
    if (!error)
        error = read_text_of(reader, value, "machine", &execution->machine);
    return error;
}

static int read_attach(struct reader *reader, const json_t *value, struct execution *execution)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value))
        return refuse(reader, "attach is no array");
    execution->attach = calloc(count + 1, sizeof(*execution->attach));
    if (!execution->attach)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        uint64_t pid = 0;
        int error =
            read_number(reader, json_array_get(value, i), "a process of attach", INT32_MAX, &pid);
        if (!error && !pid)
            error = refuse(reader, "a process of attach is 0");
        if (error)
            return error;
        execution->attach[execution->attach_count++] = (int64_t)pid;
    }
    return 0;
}

static int read_options(struct reader *reader, const json_t *value, struct execution *execution)
{
    int error = READ_MEMBERS(reader, value, "options", "attach", "engine", "results");

    if (!error)
        error = read_attach(reader, json_object_get(value, "attach"), execution);
    if (!error)
        error = read_text_of(reader, value, "engine", &execution->engine);
    if (!error)
        error = read_boolean_of(reader, value, "results", &execution->results);
    return error;
}

/* Either a command was started or processes were attached to. */
static int check_origin(struct reader *reader, const struct execution *execution)
{
    bool command = execution->command[0];

    if (command && execution->attach_count)
        return refuse(reader, "it has a command and processes that were attached to");
    if (!command && !execution->attach_count)
        return refuse(reader, "it has neither a command nor a process that was attached to");
    return 0;
}

static int read_end(struct reader *reader, const json_t *row, struct execution *execution)
{
    int error = read_time(reader, row, "start", &execution->start);

    if (!error)
        error = read_time(reader, row, "end", &execution->end);
    if (!error)
        error = read_exit(reader, row, "exit_status", 255, -1, &execution->exit_status);
    if (!error)
        error = read_exit(reader, row, "exit_signal", 64, 0, &execution->exit_signal);
    if (!error)
        error = read_boolean_of(reader, row, "cut_short", &execution->cut_short);
    return error;
}

/* Most executions have none. */
static int read_workload(struct reader *reader, const json_t *value, struct execution *execution)
{
    int error = value ? read_text(reader, value, "workload", &execution->workload) : 0;

    return !error && value && !*execution->workload ? refuse(reader, "workload is empty") : error;
}

static int check_members(struct reader *reader, const json_t *row)
{
    if (json_is_object(row) && json_object_get(row, "workload"))
        return READ_MEMBERS(reader, row, "the execution", "command", "cut_short", "end",
                            "exit_signal", "exit_status", "host", "id", "options", "quality",
                            "start", "version", "workload");
    return READ_MEMBERS(reader, row, "the execution", "command", "cut_short", "end", "exit_signal",
                        "exit_status", "host", "id", "options", "quality", "start", "version");
}

int read_execution(struct reader *reader, const json_t *row)
{
    int error = check_members(reader, row);

    if (error)
        return error;
    int64_t number = run_add_execution(reader->run);
    if (number < 0)
        return (int)number;

    struct execution *execution = &reader->run->executions[number];
    error = read_id(reader, json_object_get(row, "id"), execution->id);
    if (!error)
        error = read_command(reader, json_object_get(row, "command"), &execution->command);
    if (!error)
        error = read_host(reader, json_object_get(row, "host"), execution);
    if (!error)
        error = read_options(reader, json_object_get(row, "options"), execution);
    if (!error)
        error = check_origin(reader, execution);
    if (!error)
        error = read_text_of(reader, row, "version", &execution->version);
    if (!error)
        error = read_workload(reader, json_object_get(row, "workload"), execution);
    if (!error)
        error = read_end(reader, row, execution);
    if (!error)
        error = read_quality(reader, json_object_get(row, "quality"), execution,
                             &reader->claims[number]);
    return error;
}
