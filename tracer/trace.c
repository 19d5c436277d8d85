/*
 * trace.c - the loop: wait for stops, handle each by its kind, resume.
 *
 * One stop per call: our seccomp filter stops each entry, PTRACE_CONT resumes it, and the exit goes
 * by unseen. Exits are asked for (PTRACE_SYSCALL) only of calls that can change executable memory.
 * Two cases stop at entry and exit of every call instead: the ptrace engine, and a process that may
 * have a seccomp filter of its own, which could deny a call before ours sees it.
 */
#include "trace.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agentcounts.h"
#include "agents.h"
#include "attach.h"
#include "record/clock.h"
#include "crash.h"
#include "diag.h"
#include "driver.h"
#include "effects.h"
#include "entry.h"
#include "family.h"
#include "fatal.h"
#include "limits.h"
#include "lineage.h"
#include "procfs.h"
#include "record.h"
#include "report/output.h"
#include "request.h"
#include "resume.h"
#include "salvage.h"
#include "saving.h"
#include "signals.h"
#include "stop.h"
#include "tracer.h"

enum {
    OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
              PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP,
    FEW_TRACEES = 64,
    WAITS_FOR_ALL = 16,
    SETTLE_MILLISECONDS = 1000, /* how long to wait for stops that we asked for, when leaving */
};

/* ---- Signals to us ---- */

/*
 * Was it sent by the program that we trace? Natively it would have hit whoever started that, or the
 * others of a process group; it is nobody's wish. A sender cannot have been forgotten yet: it
 * stands at its next stop, at the latest, and that is handled after its signal.
 */
static bool is_from_tracee(const struct tracer *tracer, const struct sent_signal *sent)
{
    if (sent->code == SI_KERNEL)
        return false;
    if (sent->code > 0 || (sent->code < 0 && sent->code != SI_TKILL && sent->code != SI_QUEUE))
        return true; /* no person sends these: a file with F_SETOWN does, or who makes them up */
    if (tracees_find(&tracer->tracees, sent->sender) ||
        tracees_find_process(&tracer->tracees, sent->sender))
        return true;
    for (struct tracee *t = NULL;
         sent->code == SI_QUEUE && (t = tracees_next(&tracer->tracees, t));) {
        if (t->call.queues_signal)
            return true; /* and says that it was somebody else */
    }
    return false;
}

/*
 * Was it sent to us alone, and so is meant for the command? By kill(2) it was. The terminal's ^C
 * and ^\ have reached the command already; its hang-up reaches the leader of the session alone,
 * which the command would be if we were not.
 */
static bool is_for_command(const struct sent_signal *sent)
{
    return sent->code <= 0 || (sent->number == SIGHUP && getsid(0) == getpid());
}

/*
 * There is no command to pass it on to. Processes that we attached to are let go. What a command
 * has left running gets the signal; if that does not end it, a second one ends the tracing.
 */
static void signal_all(struct tracer *tracer, int number)
{
    tracer->cut_short = tracer->forwarded || tracer->options->attach_count;
    tracer->forwarded = true;
    if (tracer->options->attach_count)
        return;
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        if (t->process && t->tid == t->process->pid)
            kill(t->tid, number);
    }
}

static void suspend(struct tracer *tracer)
{
    progress_end(&tracer->progress);
    tracer->suspending = tracer->suspend = false;
    kill(getpid(), SIGSTOP);
}

/*
 * ^Z reaches us and the command alike. Were we stopped by it at once, a command that has a handler
 * for it (vim, less: it restores the terminal, then stops itself) would come to run it only after
 * `fg`, and then stop for good, the one SIGCONT being spent.
 */
static void take_stopping(struct tracer *tracer, const struct sent_signal *sent)
{
    tracer->suspending = tracer->command;
    if (!tracer->command && !is_from_tracee(tracer, sent))
        suspend(tracer);
}

/* A limit that was not meant for us, but is on us: before the kernel ends us, we do. */
static void take_cpu_limit(struct tracer *tracer, const struct sent_signal *sent)
{
    if (sent->code != SI_KERNEL || limits_extend_cpu() || tracer->out_of_time)
        return;
    diag("the limit of CPU time (ulimit -t) is all but used up: tracing ends here");
    tracer->cut_short = tracer->out_of_time = true;
}

static void take_signals(struct tracer *tracer)
{
    struct sent_signal sent;

    while (signals_take(&sent)) {
        if (sent.number == SIGXCPU)
            take_cpu_limit(tracer, &sent);
        else if (stop_is_by(sent.number))
            take_stopping(tracer, &sent);
        else if (is_from_tracee(tracer, &sent))
            continue;
        else if (!tracer->command)
            signal_all(tracer, sent.number);
        else if (is_for_command(&sent))
            kill(tracer->command, sent.number);
    }
}

/* ---- The loop ---- */

/* Leaves a tracee in its stop until the child that reads a file for us has ended. */
static void postpone(struct tracer *tracer, struct tracee *tracee, int status)
{
    tracee->postponed = true;
    tracee->postponed_status = status;
    tracer->postponed++;
}

/* Handles the stops again that were put off. */
static void take_postponed(struct tracer *tracer)
{
    for (struct tracee *t = NULL; tracer->postponed && (t = tracees_next(&tracer->tracees, t));) {
        if (t->postponed && !t->queued) {
            queue_put(&tracer->queue, (struct waited){ t->tid, t->postponed_status, 0 });
            t->queued = true;
        }
    }
}

static void handle_stop(struct tracer *tracer, pid_t tid, int status)
{
    struct stop stop = stop_classify(status);
    struct tracee *tracee = tracees_find(&tracer->tracees, tid);
    int signal = 0;

    if (tracee)
        tracee->queued = false;
    if (!tracee && served_ended(&tracer->served, tid, status)) {
        take_postponed(tracer);
        return;
    }
    if (stop.kind == STOP_EXITED || stop.kind == STOP_KILLED) {
        if (tid == tracer->saver)
            driver_saved(tracer, status);
        else
            family_death(tracer, tracee, tid, status);
        return;
    }
    if (stop.kind == STOP_EXEC)
        tracee = lineage_exec(tracer, tid);
    if (!tracee || !tracee->process) {
        family_hold(tracer, tracee, tid, status);
        return;
    }
    tracer->postponed -= tracee->postponed;
    tracee->postponed = false;
    tracee->interrupted = tracee->listening = false; /* any stop takes the place of these */
    if (!(stop.kind == STOP_SECCOMP && tracee->call.in_call)) { /* that is at the entry still */
        near_watch(&tracer->near, &tracee->sees_affinity, false);
        tracee->at_entry = false;
        if (stop.kind != STOP_CHILD)
            effects_restore(tracee);
    }
    bool ours = tracer->agent && stop.kind != STOP_SECCOMP && stop.kind != STOP_SYSCALL &&
                stop.kind != STOP_EXEC && agents_stop(tracer, tracee, &stop);
    switch (stop.kind) {
    case STOP_SECCOMP:
    case STOP_SYSCALL:
        if (!entry_stop(tracer, tracee)) {
            postpone(tracer, tracee, status);
            return;
        }
        /* The stop makes the kernel look whether there is a call to restart. */
        if (stop.kind == STOP_SYSCALL && !tracee->at_entry &&
            resume_restarted(tracer, tracee, false))
            resume_interrupt(tracee);
        break;
    case STOP_CHILD:
        lineage_child(tracer, tracee, stop.value);
        break;
    case STOP_START:
        /* (That it was interrupted may have been forgotten in another stop, which came first.) */
        resume_restarted(tracer, tracee, false);
        tracee->repeats = tracer->agent && resume_repeats(tracee);
        break;
    case STOP_GROUP:
        resume_restarted(tracer, tracee, true);
        tracee->listening = request_send(PTRACE_LISTEN, tid, 0, 0);
        if (tid == tracer->command)
            tracer->suspend |= tracer->suspending || signals_take_ttou();
        return;
    case STOP_SIGNAL:
        signal = ours ? 0 : stop.value;
        if (ours)
            break;
        tracee->repeats = false;
        if (fatal_let_go(tracer, tracee, signal))
            return;
        resume_restarted(tracer, tracee, stop_is_by(signal));
        break;
    default:
        break;
    }
    if (!tracee->installing && !tracee->queued)
        resume_tracee(tracer, tracee, signal);
}

/*
 * Puts what was waited for in the queue. A tracee that has a stop there already was not resumed: it
 * can only have died, or lost its tid to another thread of its process, which called execve. The
 * former stop is no more, and resuming from it would resume the new program, whose next stop would
 * be lost.
 */
static void note_waited(struct tracer *tracer, pid_t tid, int status)
{
    struct tracee *tracee = tracees_find(&tracer->tracees, tid);
    struct waited *former = tracee && tracee->queued ? queue_find(&tracer->queue, tid) : NULL;
    struct waited waited = { tid, status, tracer->options->results ? clock_now() : 0 };

    if (former && WIFSTOPPED(former->status)) {
        *former = waited;
        tracee->at_entry = false; /* it has come further, to that stop */
    } else {
        queue_put(&tracer->queue, waited);
    }
    if (tracee)
        tracee->queued = true;
}

/* Where no wait will tell of a tracee again, none may be left. */
static void check_all_gone(const struct tracer *tracer, int error)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));)
        request_wait_failed(t->tid, error);
}

/*
 * Waits for one stop, then takes all others that are there: a tracee that stops all the time cannot
 * keep the others waiting. With many tracees not each time, for the kernel goes through all of them
 * to find that there is no other. False: there are no tracees any more.
 */
static bool wait_for_stops(struct tracer *tracer)
{
    bool all = tracer->tracees.count <= FEW_TRACEES || tracer->orphans ||
               ++tracer->waits % WAITS_FOR_ALL == 0;
    int status;

    /* Of this thread's tracees: the children that we inherited from whoever executed us are the
     * main thread's. */
    for (int flags = __WALL | __WNOTHREAD;; flags |= WNOHANG) {
        pid_t tid = waitpid(-1, &status, flags);
        if (tid > 0) {
            note_waited(tracer, tid, status);
            if (tracer->tracees.count == 1 || !all)
                return true;
        } else if (tid < 0 && errno == EINTR) {
            return true; /* with what there is; the next wait blocks again */
        } else {
            if (tid < 0)
                check_all_gone(tracer, errno);
            return tid == 0 || tracer->queue.count > tracer->queue.head;
        }
    }
}

static void handle_tick(struct tracer *tracer)
{
    agentcounts_take_all(tracer);
    /* Not from the background: the terminal would stop us (tostop). */
    if (tracer->show_progress && tcgetpgrp(STDERR_FILENO) == getpgrp())
        progress_show(&tracer->progress, tracer->run, tracer_execution(tracer)->entries);
    if (tracer->options->interval && clock_now() >= tracer->next_save)
        saving_begin(tracer);
    if (tracer->control.commands >= 0 && tracer->started)
        driver_take_commands(tracer);
}

static void handle_queue(struct tracer *tracer)
{
    const struct waited *oldest;

    while ((oldest = queue_take(&tracer->queue))) {
        tracer->stopped_at = oldest->time;
        take_signals(tracer);
        handle_stop(tracer, oldest->tid, oldest->status);
    }
}

static void loop(struct tracer *tracer)
{
    while ((tracer->tracees.count || tracer->orphans) && !tracer->cut_short &&
           wait_for_stops(tracer)) {
        handle_queue(tracer);
        if (tracer->installing)
            resume_installers(tracer);
        if (tracer->orphans && tracer->held) {
            lineage_adopt_orphans(tracer);
            handle_queue(tracer);
        }
        take_signals(tracer);
        if (signals_take_tick())
            handle_tick(tracer);
        if (tracer->suspend)
            suspend(tracer);
    }
}

/* ---- Setting up and ending ---- */

static int64_t add_module(void *context, const struct module *module)
{
    return run_module(context, module);
}

static void start_ticking(struct tracer *tracer)
{
    tracer->show_progress = !tracer->options->quiet && isatty(STDERR_FILENO);
    tracer->next_save = clock_now() + (uint64_t)tracer->options->interval * 1000000000;
    progress_begin(&tracer->progress, &tracer->options->outputs.table_options);
    if (tracer->show_progress || tracer->options->interval)
        signals_start_ticking();
}

/* All of it is 0 before. */
static int tracer_init(struct tracer *tracer, const struct options *options, save_fn *save,
                       struct run *run)
{
    tracer->options = options;
    tracer->save = save;
    tracer->run = run;
    tracer->jit.run = run;
    tracer->launch.report_fd = -1;
    tracer->seccomp = options->engine != ENGINE_PTRACE;
    tracer->agent = options->engine == ENGINE_AGENT;
    meanings_init(&tracer->meanings);
    control_init(&tracer->control);
    images_init(&tracer->images, add_module, run);
    if (served_init(&tracer->served) < 0)
        return -ENOMEM;
    int64_t execution = record_begin(run, options);
    if (execution < 0 || tracees_init(&tracer->tracees) < 0 ||
        unwinder_init(&tracer->unwinder, &tracer->images, &run->stacks) < 0)
        return -ENOMEM;
    tracer->execution = (uint32_t)execution;
    phase_code_init(&tracer->phase_code, &options->phases, run, &tracer->images);
    tracer->verify = (struct verify){ .every = options->verify_every, .file = stderr };
    return judge_init(&tracer->judge, options, run, &tracer->images);
}

static void tracer_deinit(struct tracer *tracer)
{
    control_close(&tracer->control);
    queue_deinit(&tracer->queue);
    tracees_deinit(&tracer->tracees);
    phase_code_deinit(&tracer->phase_code);
    hotsites_deinit(&tracer->hot_sites);
    judge_deinit(&tracer->judge);
    policy_log_deinit(&tracer->policy_log);
    unwinder_deinit(&tracer->unwinder);
    images_deinit(&tracer->images);
    served_deinit(&tracer->served);
    if (tracer->launch.report_fd >= 0)
        close(tracer->launch.report_fd);
}

static uintptr_t ptrace_options(const struct tracer *tracer)
{
    return OPTIONS | (tracer->options->kill_on_exit ? PTRACE_O_EXITKILL : 0);
}

/* Seizes the command and gives it its place as the first tracee. 0 or an exit status. */
static int begin_command(struct tracer *tracer)
{
    int result = launch_seize(&tracer->launch, ptrace_options(tracer));

    if (result)
        return result;
    struct tracee *tracee = tracees_add(&tracer->tracees, tracer->launch.pid);
    struct process *process = process_create(tracer->launch.pid, -1);
    struct address_space *space = address_space_create();
    if (!tracee || !process || !space)
        die("out of memory");
    process->own_filter = launch_is_filtered();
    tracee_adopt(tracee, process, space);
    return 0;
}

/* Seizes the processes of -p; stops their threads once, so that they stop at calls from then on. 0
 * or an exit status. */
static int begin_attached(struct tracer *tracer)
{
    const struct options *options = tracer->options;
    struct process *process;

    for (size_t i = 0; i < options->attach_count; i++) {
        int result =
            attach_process(&tracer->tracees, options->attach[i], ptrace_options(tracer), &process);
        if (result)
            return result;
        if (process)
            process->program = record_program(
                tracer->run, tracees_find_process(&tracer->tracees, process->pid)->tid);
    }
    tracer->started = true;
    signals_tick_by(tracer->control.commands);
    size_t threads = tracer->tracees.count;
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));)
        resume_interrupt(t);
    if (!options->quiet)
        diag("attached, %zu thread%s; an interrupt (^C) ends the tracing", threads,
             threads == 1 ? "" : "s");
    return 0;
}

/* Is a tracee in a stop, or is one to be expected soon that we asked for? */
static bool is_unsettled(const struct tracer *tracer)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        const char state = procfs_state(t->tid);
        const bool stays = t->listening || t->held || t->postponed;
        if ((state == 't' && !stays) || (t->interrupted && state && state != 'D'))
            return true;
    }
    return false;
}

/*
 * Before we leave tracees that live on: no call of theirs is to fail because we have stopped them.
 * A thread that the kernel lets go of in the stop at the entry of a call has a signal to look for,
 * which is none (signal_wake_up() in kernel/ptrace.c, __ptrace_unlink()), and so a call that is not
 * restarted then fails with EINTR. So all are resumed, and stop no more.
 */
static void settle(struct tracer *tracer)
{
    static const struct timespec millisecond = { 0, 1000000 };
    int status;

    tracer->leaving = true;
    for (int i = 0; i < SETTLE_MILLISECONDS && is_unsettled(tracer); i++) {
        pid_t tid = waitpid(-1, &status, __WALL | __WNOTHREAD | WNOHANG);
        if (tid > 0)
            note_waited(tracer, tid, status);
        else
            nanosleep(&millisecond, NULL);
        handle_queue(tracer);
    }
}

/* The invariant of every run: what was seen was counted. */
static void check_counts(const struct tracer *tracer)
{
    __attribute__((unused)) uint64_t calls = 0; /* NDEBUG */

    for (size_t i = 0; i < tracer->run->count_count; i++)
        calls += tracer->run->counts[i].calls;
    assert(calls == tracer_execution(tracer)->entries);
}

static int report_verify(const struct verify *verify)
{
    if (verify->every)
        diag("verify: %" PRIu64 " stacks unwound twice, %" PRIu64 " differences", verify->verified,
             verify->differences);
    return verify->differences ? EXIT_OURS : 0;
}

/* A misspelt function is no error, for it may have been not called. */
static void warn_of_phases(const struct tracer *tracer)
{
    const struct phase_rules *rules = &tracer->options->phases;

    for (size_t i = 0; i < rules->count && !tracer->options->quiet; i++) {
        const struct phase_rule *rule = &rules->rules[i];
        if (!(tracer->phases_begun & UINT64_C(1) << i))
            diag("the phase '%s' has not begun by its %s", rule->name,
                 rule->cause == PHASE_CALL ? "system call: there were too few"
                                           : "function: no call was made under it");
    }
}

/* Ends the record, tells what was wrong, and writes the results; the exit status to end with. */
static int finish(struct tracer *tracer)
{
    struct execution *execution = tracer_execution(tracer);

    agentcounts_take_all(tracer);
    check_counts(tracer);
    int result = report_verify(&tracer->verify);
    if (policy_log_end(&tracer->policy_log))
        result = EXIT_OURS;
    int error = saving_end_record(tracer, tracer->options->attach_count ? NULL : &tracer->status);

    record_warn_of_claims(tracer->run, tracer->options);
    warn_of_phases(tracer);
    execution->cut_short = tracer->cut_short;
    if (execution->lost)
        diag("out of memory: %" PRIu64 " calls were lost", execution->lost);
    if (error < 0) { /* without them calls would be in the wrong phase */
        diag("cannot read the names of functions: %s", strerror(-error));
        return EXIT_OURS;
    }
    tracer->saving = true;
    if (tracer->save(tracer->options, tracer->run) || execution->lost || tracer->out_of_time)
        return EXIT_OURS;
    return result;
}

/*
 * Traces from the first to the last. Its tracer is this thread, not the process; so when it ends,
 * the kernel lets go of the tracees there still are, wherever they are, without stopping them; or,
 * by PTRACE_O_EXITKILL, kills them. Every stop that was waited for has been resumed by then.
 */
static void *tracing_thread(void *context)
{
    static struct crash_stack stack;
    struct tracer *tracer = context;

    crash_enter_thread(&stack);
    tracer->result = tracer->options->attach_count ? begin_attached(tracer) : begin_command(tracer);
    if (tracer->result)
        return NULL;
    tracer->command = tracer->launch.pid;
    signals_catch();
    /* What lives on without us must not be left bound, should we be killed. */
    near_init(&tracer->near, !tracer->options->no_near && tracer->options->kill_on_exit);
    start_ticking(tracer);
    if (tracer->launch.pid)
        launch_go(&tracer->launch);
    loop(tracer);
    signals_stop_ticking();
    progress_end(&tracer->progress);
    if (!tracer->options->kill_on_exit)
        settle(tracer);
    /* Until it has ended: its results, older than ours, must not come after them. */
    int status = 0;
    while (tracer->saver && waitpid(tracer->saver, &status, 0) < 0 && errno == EINTR)
        ;
    driver_saved_last(tracer, status);
    control_close(&tracer->control);
    tracer->ended = true;
    return NULL;
}

/*
 * Runs it in a thread, to its end. After a fault there the calling thread writes what was counted,
 * which must have an arena of malloc's to itself: the others may be locked for good, and broken. So
 * each thread is made by one that is not the main thread and has allocated next to nothing.
 */
static void run_thread(struct tracer *tracer, void *(*routine)(void *))
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, routine, tracer);

    if (error) {
        diag("cannot start a thread: %s", strerror(error));
        if (tracer->launch.pid)
            launch_abandon(&tracer->launch);
        tracer->result = EXIT_OURS;
        return;
    }
    pthread_join(thread, NULL);
    if (crash_happened())
        salvage(tracer);
}

/* Traces, then writes the results, when the kernel has let go of all tracees. */
static void *finishing_thread(void *context)
{
    static struct crash_stack stack;
    struct tracer *tracer = context;

    crash_enter_thread(&stack);
    run_thread(tracer, tracing_thread);
    crash_enter_thread(&stack);
    if (!tracer->result && !tracer->started)
        tracer->result = launch_failure(&tracer->launch, tracer->options, tracer->status);
    if (!tracer->result)
        tracer->result = finish(tracer);
    return NULL;
}

static void *waiting_thread(void *context)
{
    static struct crash_stack stack;

    crash_enter_thread(&stack);
    run_thread(context, finishing_thread);
    return NULL;
}

static int run_threads(struct tracer *tracer)
{
    limits_raise();
    signals_block();
    crash_watch();
    output_share(); /* else a file may be left after a fault */
    run_thread(tracer, waiting_thread);
    return tracer->result;
}

int trace(const struct options *options, save_fn *save, struct run *run, int *status)
{
    /* Large, and most of it is for many calls: what is not touched costs nothing. */
    struct tracer *tracer = calloc(1, sizeof(*tracer));
    int result = tracer ? tracer_init(tracer, options, save, run) : -ENOMEM;

    if (result < 0) {
        diag("out of memory");
        result = EXIT_OURS;
    } else if (policy_log_open(&tracer->policy_log, options, run, &tracer->images)) {
        result = EXIT_OURS;
    } else if (options->control && control_open(&tracer->control, options->control)) {
        result = EXIT_OURS;
    } else if (!options->attach_count) {
        result = launch_fork(&tracer->launch, options);
    }
    if (!result)
        result = run_threads(tracer);
    if (tracer) {
        *status = tracer->status;
        tracer_deinit(tracer);
    }
    free(tracer);
    return result;
}
