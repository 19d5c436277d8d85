/* trial.c - keeps one run: starts the tracer and the test, waits, decides, and cleans up. */
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "record/clock.h"
#include "record/runfile.h"

enum {
    SECOND = 1000000000,
    SIGNALS = 5,
    NAP = 100000000,
    NAPS_AT_MOST = 100,
    GRACE = SECOND / 2,    /* for what a command has left */
    WRITING_SECONDS = 600, /* in which results are written, at most */
};

/* A child that is waited for. */
struct part {
    pid_t pid; /* 0: there is none */
    bool ended;
    int status; /* if it has */
};

struct keeper {
    const struct trial *trial;
    struct part tracer, test;
    sigset_t signals;     /* that it waits for */
    int status_fd;        /* the tracer tells here how the command has ended */
    bool stopped;         /* it was asked to end */
    char directory[4096]; /* its own */
    char run[4200];       /* path of the run file */
};

/* ---- Children ---- */

static void open_files(bool loud)
{
    int null = open("/dev/null", O_RDWR);

    for (int fd = 0; null >= 0 && fd <= (loud ? STDOUT_FILENO : STDERR_FILENO); fd++)
        dup2(null, fd);
    if (loud)
        dup2(STDERR_FILENO, STDOUT_FILENO);
}

/* In a process group of its own, which has no part in what is typed at the terminal. */
static void begin(struct part *part, char *const *words, bool loud)
{
    sigset_t none;

    part->pid = fork();
    if (part->pid)
        return;
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* with the tracer go its tracees */
    open_files(loud);
    execv(words[0], words);
    _exit(EXIT_OURS);
}

/* -1: that cannot be. Else the end for the tracer. */
static int open_status(struct keeper *keeper)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
        return -1;
    keeper->status_fd = ends[0];
    fcntl(ends[1], F_SETFD, 0);
    return ends[1];
}

static void begin_tracer(struct keeper *keeper, int status_fd)
{
    const struct trial *trial = keeper->trial;
    char status[32];
    const char *const first[] = {
        "/proc/self/exe", "-q", "--format=json", "-o", keeper->run, status
    };
    size_t count = sizeof(first) / sizeof(*first), options = 0, words = 0;

    while (trial->options[options])
        options++;
    while (trial->command[words])
        words++;
    snprintf(status, sizeof(status), "--status-fd=%d", status_fd);
    const char **all = calloc(count + options + words + 2, sizeof(*all));
    if (!all)
        _exit(TRIAL_TROUBLE);
    memcpy(all, first, sizeof(first));
    memcpy(all + count, trial->options, options * sizeof(*all));
    all[count + options] = "--";
    memcpy(all + count + options + 1, trial->command, words * sizeof(*all));
    begin(&keeper->tracer, (char *const *)all, false);
    close(status_fd); /* the test is not to have it */
    free(all);
}

static void begin_test(struct keeper *keeper)
{
    const char *const words[] = { "/bin/sh", "-c", keeper->trial->test, NULL };

    begin(&keeper->test, (char *const *)words, keeper->trial->loud);
}

/* Notes who has ended, and reaps orphans. False: there is no child left. */
static bool reap(struct keeper *keeper)
{
    struct part *const parts[] = { &keeper->tracer, &keeper->test };
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
            if (parts[i]->pid != pid || parts[i]->ended)
                continue;
            parts[i]->ended = true;
            parts[i]->status = status;
        }
    }
    return pid == 0;
}

/* Waits so many nanoseconds, or until something has happened: how long it was, but no longer than
 * asked for (who is stopped, ^Z, does not age). */
static uint64_t wait_for(struct keeper *keeper, uint64_t nanoseconds)
{
    const struct timespec time = { (time_t)(nanoseconds / SECOND), (long)(nanoseconds % SECOND) };
    uint64_t begun = clock_now();

    keeper->stopped |= sigtimedwait(&keeper->signals, NULL, &time) == SIGTERM;
    uint64_t waited = clock_now() - begun;
    return waited < nanoseconds ? waited : nanoseconds;
}

/* ---- The decision ---- */

static bool succeeded(const struct part *part)
{
    return part->ended && WIFEXITED(part->status) && !WEXITSTATUS(part->status);
}

/* What the command says, whatever it has left running. */
static int decide_by_status(const struct keeper *keeper)
{
    char text[32];
    ssize_t length = read(keeper->status_fd, text, sizeof(text) - 1);

    if (length <= 0)
        return keeper->tracer.ended ? TRIAL_FAILS : -1;
    text[length] = '\0';
    return strcmp(text, "exited 0\n") ? TRIAL_FAILS : TRIAL_WORKS;
}

/* Why the tracer has made no run, for it writes a file of each; -1: it has, or is not at its end.
 */
static int find_obstacle(const struct keeper *keeper)
{
    const struct part *tracer = &keeper->tracer;
    const int status = tracer->ended && WIFEXITED(tracer->status) ? WEXITSTATUS(tracer->status) : 0;

    if (!status || !access(keeper->run, F_OK))
        return -1;
    if (status == EXIT_OURS)
        return TRIAL_TROUBLE;
    if (keeper->trial->run < 0) /* it could be executed, with all its calls */
        return -1;
    return status == EXIT_NOT_FOUND        ? TRIAL_NOT_FOUND
           : status == EXIT_NOT_EXECUTABLE ? TRIAL_NOT_EXECUTABLE
                                           : -1;
}

/* -1: not yet. */
static int decide(const struct keeper *keeper)
{
    const struct trial *trial = keeper->trial;

    if (!trial->test)
        return decide_by_status(keeper);
    if (keeper->tracer.ended && (trial->outlives || find_obstacle(keeper) >= 0))
        return TRIAL_FAILS;
    if (!keeper->test.ended)
        return -1;
    if (!succeeded(&keeper->test))
        return TRIAL_FAILS;
    return keeper->tracer.ended ? TRIAL_WORKS : TRIAL_OUTLIVED;
}

static int watch(struct keeper *keeper)
{
    uint64_t limit = (uint64_t)(keeper->trial->limit * SECOND), passed = 0;
    int ret = -1;

    while (ret < 0) {
        reap(keeper);
        ret = decide(keeper);
        if (ret < 0 && (keeper->stopped || (limit && passed >= limit)))
            ret = TRIAL_HANGS;
        if (ret < 0)
            passed += wait_for(keeper, NAP);
    }
    return ret;
}

/* ---- The end ---- */

static void wait_for_tracer(struct keeper *keeper, uint64_t nanoseconds)
{
    uint64_t deadline = clock_now() + nanoseconds, now;

    while (reap(keeper) && !keeper->tracer.ended && !keeper->stopped &&
           (now = clock_now()) < deadline)
        wait_for(keeper, deadline - now);
}

/* The first signal is for the command, the next for what that has left running, and one more ends
 * the tracing, with results. */
static void signal_tracer(struct keeper *keeper, int signals)
{
    for (int i = 0; i < signals && !keeper->tracer.ended && !keeper->stopped; i++) {
        kill(keeper->tracer.pid, SIGTERM);
        wait_for_tracer(keeper, SECOND);
    }
}

/* The command has ended. What it has left may do so by itself. */
static void end_rest(struct keeper *keeper)
{
    wait_for_tracer(keeper, GRACE);
    signal_tracer(keeper, 2);
    wait_for_tracer(keeper, (uint64_t)WRITING_SECONDS * SECOND);
}

static void end_tracer(struct keeper *keeper, int end)
{
    bool hangs = end == TRIAL_HANGS;

    if (!hangs && !keeper->trial->test)
        end_rest(keeper);
    else
        signal_tracer(keeper, hangs ? 1 : SIGNALS);
    if (!keeper->tracer.ended)
        kill(keeper->tracer.pid, SIGKILL);
}

static void kill_children(void)
{
    FILE *file = fopen("/proc/thread-self/children", "re");
    int pid;

    while (file && fscanf(file, "%d", &pid) == 1)
        kill(pid, SIGKILL);
    if (file)
        fclose(file);
}

/* All orphans are our children, and theirs will be. */
static void end_all(struct keeper *keeper, int end)
{
    if (keeper->test.pid > 0 && !keeper->test.ended)
        kill(-keeper->test.pid, SIGKILL);
    end_tracer(keeper, end);
    for (int i = 0; i < NAPS_AT_MOST && reap(keeper); i++) {
        kill_children();
        wait_for(keeper, NAP);
    }
}

static int remove_file(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    remove(path);
    return 0;
}

static int open_directory(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)place;
    if (type == FTW_DNR)
        chmod(path, 0700);
    return 0;
}

static void remove_directory(const char *path)
{
    nftw(path, open_directory, 16, FTW_PHYS);
    nftw(path, remove_file, 16, FTW_DEPTH | FTW_PHYS);
}

/* Did the run make calls that were taken away? If nothing is known of it, it did. */
static bool was_made(const struct keeper *keeper)
{
    struct runfile_error error;
    struct run run;

    if (runfile_load(keeper->run, &run, &error))
        return true;
    bool ret = !run.execution_count || run.executions[0].refused;
    run_deinit(&run);
    return ret;
}

static void hand_over(const struct keeper *keeper)
{
    int from = open(keeper->run, O_RDONLY | O_CLOEXEC);

    while (from >= 0 && sendfile(keeper->trial->run, from, NULL, 1 << 20) > 0)
        ;
    if (from >= 0)
        close(from);
}

static int clean_up(struct keeper *keeper, int end)
{
    bool works = end == TRIAL_WORKS || end == TRIAL_OUTLIVED;
    int obstacle = find_obstacle(keeper);

    if (obstacle >= 0)
        end = obstacle;
    else if (works && keeper->trial->run < 0 && !was_made(keeper))
        end = TRIAL_UNMADE;
    if (keeper->trial->run >= 0)
        hand_over(keeper);
    remove_directory(keeper->directory);
    return end;
}

/* In it a place for the command, where all users may write, as in /tmp. */
static bool make_directory(struct keeper *keeper)
{
    const char *base = getenv("TMPDIR");
    char place[4200];

    snprintf(keeper->directory, sizeof(keeper->directory), "%s/systrace-lib.XXXXXX",
             base && *base ? base : "/tmp");
    if (!mkdtemp(keeper->directory))
        return false;
    snprintf(keeper->run, sizeof(keeper->run), "%s/run.json", keeper->directory);
    snprintf(place, sizeof(place), "%s/tmp", keeper->directory);
    return !chmod(keeper->directory, 0711) && !mkdir(place, 0700) && !chmod(place, 01777) &&
           !setenv("TMPDIR", place, 1);
}

static int keep(const struct trial *trial, pid_t parent)
{
    struct keeper keeper = { .trial = trial };
    char slot[16];

    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0);
    sigemptyset(&keeper.signals);
    sigaddset(&keeper.signals, SIGCHLD);
    sigaddset(&keeper.signals, SIGTERM);
    snprintf(slot, sizeof(slot), "%u", trial->slot);
    int status_fd = open_status(&keeper);
    if (status_fd < 0 || getppid() != parent || setenv("SYSTRACE_SLOT", slot, 1) ||
        !make_directory(&keeper))
        return TRIAL_TROUBLE;
    begin_tracer(&keeper, status_fd);
    if (trial->test && keeper.tracer.pid > 0)
        begin_test(&keeper);
    int end = keeper.tracer.pid < 0 || keeper.test.pid < 0 ? TRIAL_TROUBLE : watch(&keeper);
    if (keeper.tracer.pid > 0)
        end_all(&keeper, end);
    return clean_up(&keeper, end);
}

pid_t trial_start(const struct trial *trial)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (!pid)
        _exit(keep(trial, parent));
    return pid < 0 ? -errno : pid;
}

enum trial_end trial_end(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) <= TRIAL_TROUBLE
               ? (enum trial_end)WEXITSTATUS(status)
               : TRIAL_TROUBLE;
}
