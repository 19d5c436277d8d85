#!/bin/bash
# stress-ng: stressors of all classes that end after a number of operations, some at a time.
# packages: stress-ng
# program: stress-ng
# limit: 120
. "$(dirname "$0")/lib/workload.sh"

mkdir -m 777 stress
# Never as root: it would do things to the system that others feel. The groups: memory; files; more I/O; pipes and
# sockets; processes and signals; threads and time; the rest of the kernel.
export operations
operations=$(amount 2 8 60)
drive <<'END'
unprivileged=()
[ "$(id -u)" != 0 ] || unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs)
group()
{
    local stressors=()
    for stressor; do
        stressors+=(--"$stressor" 1 --"$stressor-ops" "$operations")
    done
    "${unprivileged[@]}" stress-ng --quiet --temp-path . --timeout "${seconds:-30}" --no-rand-seed --mmap-bytes 4m \
        --mremap-bytes 4m "${stressors[@]}"
}

cd stress
group cpu matrix qsort malloc mmap mremap brk mlock madvise shm shm-sysv mincore
group open dentry dir rename fallocate fstat hdd seek xattr chmod flock fcntl
group getdent access utime locka lockf lease io copy-file sendfile splice tee vm-splice aio iomix dup
group pipe fifo sock sockpair sockfd udp msg mq eventfd poll epoll netlink-proc null zero full
group fork vfork clone spawn wait daemon zombie kill sigq sigsegv sigfd sigpending sigsuspend sigtrap
group pthread futex mutex sem-sysv switch affinity nice timer timerfd itimer nanosleep alarm
group get sysinfo env inotify prctl personality rlimit seccomp userfaultfd io-uring getrandom urandom tsc
seconds=2 group sigio # now and then it misses its signal, and waits
END
[ ! "$(ls -A stress)" ] || fail "it left $(ls -A stress)"
