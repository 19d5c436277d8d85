/* crew.c - runs side by side. */
#include "crew.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

int crew_init(struct crew *crew, unsigned size, void (*tick)(void *context), void *context)
{
    *crew = (struct crew){
        .keepers = calloc(size, sizeof(*crew->keepers)),
        .size = size,
        .tick = tick,
        .context = context,
    };
    if (!crew->keepers)
        return -ENOMEM;
    sigemptyset(&crew->signals);
    sigaddset(&crew->signals, SIGCHLD);
    for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
        sigaddset(&crew->signals, ending[i]);
    sigprocmask(SIG_BLOCK, &crew->signals, &crew->before);
    return 0;
}

static void end_all(struct crew *crew)
{
    for (unsigned i = 0; i < crew->size; i++)
        if (crew->keepers[i])
            kill(crew->keepers[i], SIGTERM);
    for (unsigned i = 0; i < crew->size; i++)
        if (crew->keepers[i])
            waitpid(crew->keepers[i], NULL, 0);
}

void crew_deinit(struct crew *crew)
{
    if (!crew->keepers)
        return;
    end_all(crew);
    free(crew->keepers);
    sigprocmask(SIG_SETMASK, &crew->before, NULL);
}

int crew_free(const struct crew *crew)
{
    for (unsigned i = 0; i < crew->size; i++)
        if (!crew->keepers[i])
            return (int)i;
    return -1;
}

int crew_start(struct crew *crew, const struct trial *trial)
{
    pid_t pid = trial_start(trial);

    if (pid < 0)
        return pid;
    crew->keepers[trial->slot] = pid;
    return 0;
}

/* -1: none has ended. */
static int find_ended(struct crew *crew, enum trial_end *ret)
{
    int status;

    for (unsigned i = 0; i < crew->size; i++) {
        if (!crew->keepers[i] || !waitpid(crew->keepers[i], &status, WNOHANG))
            continue;
        crew->keepers[i] = 0;
        *ret = trial_end(status);
        return (int)i;
    }
    return -1;
}

int crew_wait(struct crew *crew, enum trial_end *ret)
{
    static const struct timespec second = { 1, 0 };
    int member = -1;

    while (!crew->signal && (member = find_ended(crew, ret)) < 0) {
        int signal = sigtimedwait(&crew->signals, NULL, &second);
        if (signal > 0 && signal != SIGCHLD)
            crew->signal = signal;
        else if (signal < 0)
            crew->tick(crew->context);
    }
    return crew->signal ? -EINTR : member;
}
