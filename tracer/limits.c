/* limits.c - raises soft limits. */
#include "limits.h"

#include <sys/resource.h>

enum { RESERVE_SECONDS = 10 };

static rlim_t cpu_seconds(rlim_t hard)
{
    if (hard == RLIM_INFINITY)
        return hard;
    return hard > 2 * RESERVE_SECONDS ? hard - RESERVE_SECONDS : (hard + 1) / 2;
}

void limits_raise(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (!getrlimit(RLIMIT_CPU, &limit) && limit.rlim_cur != RLIM_INFINITY) {
        limit.rlim_cur = cpu_seconds(limit.rlim_max);
        setrlimit(RLIMIT_CPU, &limit);
    }
}

bool limits_extend_cpu(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CPU, &limit) < 0 || limit.rlim_cur >= cpu_seconds(limit.rlim_max))
        return false;
    limit.rlim_cur = cpu_seconds(limit.rlim_max);
    return !setrlimit(RLIMIT_CPU, &limit);
}
