/* family.c - who is whose child, over the orders in which the kernel may report it (ptrace(2)). */
#include "test.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <unistd.h>
#include "tracer/family.h"
#include "tracer/options.h"

enum { PARENT = 100, CHILD = 200, PROGRAM = 7, STACK = 42, OUTER_STACK = 41 };
enum { FIRST_STOP = SIGTRAP << 8 | 0x7f, EXIT_0 = 0, BY_SIGKILL = SIGKILL };

/* A tracer with one tracee, which is a process of its own. */
struct world {
    struct execution execution;
    struct run run;
    struct tracer tracer;
    struct options options;
    struct tracee *parent;
};

static struct tracee *add(struct tracer *tracer, pid_t tid, struct process *process,
                          struct address_space *space)
{
    struct tracee *tracee = tracees_add(&tracer->tracees, tid);

    tracee_adopt(tracee, process, space);
    return tracee;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    world->run.executions = &world->execution;
    world->tracer.run = &world->run;
    world->tracer.options = &world->options;
    assert_int_equal(tracees_init(&world->tracer.tracees), 0);
    world->parent =
        add(&world->tracer, PARENT, process_create(PARENT, PROGRAM), address_space_create());
    world->parent->spawned_by = OUTER_STACK;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    tracees_deinit(&world->tracer.tracees);
    queue_deinit(&world->tracer.queue);
    free(world);
    return 0;
}

static void enter_clone(struct tracee *tracee, uint64_t flags, bool own_stack)
{
    tracee->at_entry = true;
    tracee->call = (struct call_state){ .stack = STACK,
                                        .cloning = true,
                                        .clone = { true, flags, .own_stack = own_stack } };
}

/* ---- A tracee is made ---- */

enum order { EVENT_FIRST, STOP_FIRST };

static struct tracee *make(struct world *world, uint64_t flags, bool own_stack, enum order order)
{
    struct tracer *tracer = &world->tracer;

    enter_clone(world->parent, flags, own_stack);
    if (order == STOP_FIRST) {
        family_hold(tracer, NULL, CHILD, FIRST_STOP);
        assert_null(tracees_find(&tracer->tracees, CHILD)->process);
        assert_int_equal(tracer->held, 1);
    }
    assert_null(family_child(tracer, world->parent, CHILD, true));
    assert_false(world->parent->call.cloning);
    assert_int_equal(tracer->held, 0);
    /* What it was held for is to be handled now; else its first stop is still to come. */
    const struct waited *stop = queue_take(&tracer->queue);
    assert_int_equal(stop != NULL, order == STOP_FIRST);
    assert_true(!stop || (stop->tid == CHILD && stop->status == FIRST_STOP));
    return tracees_find(&tracer->tracees, CHILD);
}

static void test_places(void **state)
{
    static const struct {
        const char *what;
        uint64_t flags;
        bool own_stack, thread, shared;
        int64_t spawned_by;
    } cases[] = {
        { "fork", 0, false, false, false, OUTER_STACK },
        { "vfork", CLONE_VM | CLONE_VFORK, false, false, true, OUTER_STACK },
        { "posix_spawn", CLONE_VM | CLONE_VFORK, true, false, true, STACK },
        { "thread", CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, true, true, true, NO_STACK },
        { "process that shares memory", CLONE_VM, true, false, true, OUTER_STACK },
        { "process with a stack", 0, true, false, false, OUTER_STACK },
    };

    for (size_t i = 0; i < 2 * LENGTH(cases); i++) {
        set_up(state);
        struct world *world = *state;
        struct tracee *parent = world->parent, *child;
        print_message("%s\n", cases[i / 2].what);
        child = make(world, cases[i / 2].flags, cases[i / 2].own_stack, i % 2);
        assert_int_equal(child->process == parent->process, cases[i / 2].thread);
        assert_int_equal(child->process->pid, cases[i / 2].thread ? PARENT : CHILD);
        assert_int_equal(child->process->program, PROGRAM);
        assert_int_equal(child->space == parent->space, cases[i / 2].shared);
        assert_int_equal(child->spawned_by, cases[i / 2].spawned_by);
        tear_down(state);
    }
    set_up(state);
}

static void test_event_of_a_dead_child(void **state)
{
    struct world *world = *state;

    enter_clone(world->parent, 0, false);
    assert_null(family_child(&world->tracer, world->parent, CHILD, false));
    assert_null(tracees_find(&world->tracer.tracees, CHILD));
    assert_false(world->parent->call.cloning);
}

/* Held, then killed; its death is in the queue when the event comes. */
static void test_death_of_a_held_child(void **state)
{
    struct world *world = *state;
    struct tracer *tracer = &world->tracer;

    enter_clone(world->parent, 0, false);
    family_hold(tracer, NULL, CHILD, FIRST_STOP);
    struct tracee *child = tracees_find(&tracer->tracees, CHILD);
    child->queued = true;
    assert_null(family_child(tracer, world->parent, CHILD, true));
    assert_null(queue_take(&tracer->queue)); /* that stop is over */
    family_death(tracer, child, CHILD, BY_SIGKILL);
    assert_int_equal(tracer->held, 0);
    assert_int_equal(tracer->tracees.count, 1);
}

/* No event tells what a child was made by if the arguments cannot be read. */
static void test_unknown_call(void **state)
{
    struct world *world = *state;
    struct tracer *tracer = &world->tracer;

    enter_clone(world->parent, 0, false);
    world->parent->call.clone.known = false;
    family_hold(tracer, NULL, CHILD, FIRST_STOP);
    struct tracee *child = family_child(tracer, world->parent, CHILD, true);
    assert_ptr_equal(child, tracees_find(&tracer->tracees, CHILD));
    assert_null(child->process);
    assert_false(family_join(tracer, child, CHILD));
    family_found(tracer, child, CHILD, PROGRAM);
    assert_int_equal(child->process->pid, CHILD);
    assert_true(child->process->own_filter && child->space->userfaults);
    assert_non_null(queue_take(&tracer->queue));
    /* A second event of it changes nothing. */
    assert_null(family_child(tracer, world->parent, CHILD, true));

    struct tracee *thread = family_child(tracer, world->parent, CHILD + 1, true);
    assert_true(family_join(tracer, thread, CHILD));
    assert_ptr_equal(thread->process, child->process);
    assert_ptr_equal(thread->space, child->space);
}

/* CLONE_UNTRACED, which was taken away for the call, is put back in each copy that there is. */
static void test_untraced(void **state)
{
    static const struct {
        uint64_t flags, args;
        bool copied;
    } cases[] = {
        { 0, 0, true },        /* in a register */
        { CLONE_VM, 0, true }, /* the same */
        { 0, 0x1000, true },   /* in memory, which is copied */
        { CLONE_VM, 0x1000, false },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world *world = *state;
        enter_clone(world->parent, cases[i].flags | CLONE_UNTRACED, false);
        world->parent->call.clone.untraced = true;
        world->parent->call.clone.args = cases[i].args;
        assert_null(family_child(&world->tracer, world->parent, CHILD + (pid_t)i, true));
        const struct tracee *child = tracees_find(&world->tracer.tracees, CHILD + (pid_t)i);
        assert_int_equal(child->call.clone.untraced, cases[i].copied);
        assert_false(child->call.cloning);
    }
}

static void test_filters_are_inherited(void **state)
{
    struct world *world = *state;

    world->parent->process->installers = 1; /* another thread may have one by now */
    assert_true(make(world, 0, false, EVENT_FIRST)->process->own_filter);
}

/* ---- execve ---- */

/* Of a thread, while the leader is in a call; `at` says in which. */
static void exec_by_thread(struct world *world, bool in_clone)
{
    struct tracer *tracer = &world->tracer;
    struct tracee *leader = world->parent;
    struct tracee *thread = make(world, CLONE_VM | CLONE_THREAD, true, EVENT_FIRST);

    leader->call = (struct call_state){ .cloning = in_clone };
    leader->at_entry = true;
    thread->process->ender = CHILD;
    thread->spawned_by = STACK;
    thread->call.in_call = true;
    assert_ptr_equal(family_exec(tracer, PARENT, CHILD), thread);
    assert_int_equal(thread->tid, PARENT);
    assert_int_equal(tracer->tracees.count, 1);
    assert_int_equal(thread->process->references, 1);
    assert_int_equal(thread->process->ender, 0);
    assert_int_equal(thread->spawned_by, NO_STACK);
    assert_true(thread->call.in_call); /* its exit from execve is still to come */
    assert_int_equal(world->execution.killed, 1);
    assert_int_equal(tracer->orphans, in_clone);
}

static void test_exec_by_thread(void **state)
{
    exec_by_thread(*state, false);
}

static void test_exec_by_thread_with_leader_in_clone(void **state)
{
    exec_by_thread(*state, true);
}

/* The leader had been reported dead before: its tid is nobody's. */
static void test_exec_after_leader(void **state)
{
    struct world *world = *state;
    struct tracee *thread = make(world, CLONE_VM | CLONE_THREAD, true, EVENT_FIRST);

    tracees_remove(&world->tracer.tracees, world->parent);
    assert_ptr_equal(family_exec(&world->tracer, PARENT, CHILD), thread);
    assert_ptr_equal(tracees_find(&world->tracer.tracees, PARENT), thread);
    assert_null(tracees_find(&world->tracer.tracees, CHILD));
}

static void test_exec_alone(void **state)
{
    struct world *world = *state;
    struct address_space *former = address_space_ref(world->parent->space);

    assert_ptr_equal(family_exec(&world->tracer, PARENT, PARENT), world->parent);
    assert_ptr_not_equal(world->parent->space, former);
    assert_int_equal(world->execution.killed, 0);
    address_space_unref(former);
}

/* Of a thread that no event has announced: the call of the leader, in which it vanished, is not
 * that thread's. */
static void test_exec_by_unknown(void **state)
{
    struct world *world = *state;

    world->parent->call.in_call = world->parent->call.changing_map = true;
    assert_ptr_equal(family_exec(&world->tracer, PARENT, CHILD), world->parent);
    assert_false(world->parent->call.in_call || world->parent->call.changing_map);
    assert_null(family_exec(&world->tracer, CHILD, CHILD)); /* of a process that is not known */
}

/* ---- Death ---- */

static void test_death_in_clone(void **state)
{
    struct world *world = *state;
    struct tracer *tracer = &world->tracer;

    enter_clone(world->parent, 0, false);
    family_hold(tracer, NULL, CHILD, FIRST_STOP);
    assert_true(family_expects(tracer, PARENT));
    assert_false(family_expects(tracer, PARENT + 1));
    family_death(tracer, world->parent, PARENT, BY_SIGKILL);
    assert_int_equal(tracer->orphans, 1);
    assert_false(family_expects(tracer, PARENT));
    struct tracee *child = tracees_find(&tracer->tracees, CHILD);
    family_found(tracer, child, CHILD, PROGRAM);
    assert_int_equal(tracer->held, 0);
    assert_int_equal(queue_take(&tracer->queue)->tid, CHILD);
}

/* A child with CLONE_PARENT is any process's, by what /proc says. */
static void test_expects_siblings(void **state)
{
    struct world *world = *state;

    enter_clone(world->parent, CLONE_PARENT, false);
    assert_true(family_expects(&world->tracer, PARENT + 1));
}

/* The first stop, or the death, of a tracee that never had a place. */
static void test_death_without_place(void **state)
{
    struct world *world = *state;

    family_death(&world->tracer, NULL, CHILD, BY_SIGKILL);
    family_hold(&world->tracer, NULL, CHILD, FIRST_STOP);
    family_hold(&world->tracer, tracees_find(&world->tracer.tracees, CHILD), CHILD, FIRST_STOP);
    assert_int_equal(world->tracer.held, 1);
    family_death(&world->tracer, tracees_find(&world->tracer.tracees, CHILD), CHILD, BY_SIGKILL);
    assert_int_equal(world->tracer.held, 0);
    assert_int_equal(world->tracer.tracees.count, 1);
}

/* Was a tracee at an entry killed there? Not if the call is its end. */
static void test_killed_at_entry(void **state)
{
    static const struct {
        const char *what;
        bool at_entry, ending;
        pid_t ender;
        int status;
        bool killed;
    } cases[] = {
        { "exit", true, true, 0, EXIT_0, false },
        { "its exit_group", true, true, PARENT, EXIT_0, false },
        { "exit, when another's exit_group came first", true, true, CHILD, EXIT_0, true },
        { "killed in exit", true, true, 0, BY_SIGKILL, true },
        { "killed at another call", true, false, 0, BY_SIGKILL, true },
        { "ended by another's exit_group", true, false, CHILD, EXIT_0, true },
        { "killed between calls", false, false, 0, BY_SIGKILL, false },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct world *world = *state;
        struct tracee *tracee = world->parent;
        tracee->at_entry = cases[i].at_entry;
        tracee->call.ending = cases[i].ending;
        tracee->process->ender = cases[i].ender;
        family_death(&world->tracer, tracee, PARENT, cases[i].status);
        if (world->execution.killed != cases[i].killed)
            fail_msg("%s: killed %d", cases[i].what, (int)world->execution.killed);
        tear_down(state);
        set_up(state);
    }
}

/* What was counted of it while it lived is taken back, and what its call may have done is done. */
static void test_death_in_call(void **state)
{
    struct world *world = *state;
    struct tracer *tracer = &world->tracer;
    struct tracee *thread = make(world, CLONE_VM | CLONE_THREAD, true, EVENT_FIRST);
    struct process *process = thread->process;

    thread->call = (struct call_state){ .installs = true, .changing_map = true };
    thread->installing = thread->postponed = true;
    process->installers = tracer->installing = tracer->postponed = 1;
    near_watch(&tracer->near, &thread->sees_affinity, true);
    world->parent->space->space->stale = false;
    family_death(tracer, thread, CHILD, BY_SIGKILL);
    assert_int_equal(process->installers + tracer->installing + tracer->postponed, 0);
    assert_int_equal(tracer->near.watchers, 0);
    assert_true(process->own_filter);
    assert_true(world->parent->space->space->stale);
}

/* The leader's is the last: a thread that is left had taken over its tid. */
static void test_death_of_leader(void **state)
{
    struct world *world = *state;

    make(world, CLONE_VM | CLONE_THREAD, true, EVENT_FIRST);
    family_death(&world->tracer, world->parent, PARENT, BY_SIGKILL);
    assert_int_equal(world->tracer.tracees.count, 0);
}

static void test_death_of_command(void **state)
{
    struct world *world = *state;

    char line[32] = "";
    int ends[2];

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    world->options.status_fd = ends[1];
    world->tracer.started = true;
    world->tracer.command = PARENT;
    family_death(&world->tracer, NULL, CHILD, EXIT_0);
    assert_int_equal(world->tracer.command, PARENT);
    assert_int_equal(read(ends[0], line, sizeof(line) - 1), -1);
    family_death(&world->tracer, world->parent, PARENT, BY_SIGKILL);
    assert_int_equal(world->tracer.command, 0);
    assert_int_equal(world->tracer.status, BY_SIGKILL);
    assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
    assert_string_equal(line, "killed 9\n");
    close(ends[0]);
    close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_places, tear_down),
        TEST(test_event_of_a_dead_child),
        TEST(test_death_of_a_held_child),
        TEST(test_unknown_call),
        TEST(test_untraced),
        TEST(test_filters_are_inherited),
        TEST(test_exec_by_thread),
        TEST(test_exec_by_thread_with_leader_in_clone),
        TEST(test_exec_after_leader),
        TEST(test_exec_alone),
        TEST(test_exec_by_unknown),
        TEST(test_death_in_clone),
        TEST(test_expects_siblings),
        TEST(test_death_without_place),
        TEST(test_killed_at_entry),
        TEST(test_death_in_call),
        TEST(test_death_of_leader),
        TEST(test_death_of_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
