#!/bin/bash
# stress-ng: stressors of all classes that end after a number of operations, some at a time.
# packages: stress-ng
# program: stress-ng
# limit: 180
. "$(dirname "$0")/lib/workload.sh"

mkdir -m 777 stress
# As root it would do things to the system that others feel, so it is never root. Class by class: CPU and memory; files; pipes and sockets; processes and signals; the rest of the kernel.
export operations
operations=$(amount 2 20 300)
drive <<'END'
unprivileged=()
[ "$(id -u)" != 0 ] || unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs)
group()
{
    local stressors=()
    for stressor; do
        stressors+=(--"$stressor" 1 --"$stressor-ops" "$operations")
    done
    "${unprivileged[@]}" stress-ng --quiet --temp-path . --timeout 60 --no-rand-seed --oom-avoid "${stressors[@]}"
}

cd stress
group cpu matrix qsort malloc mmap mremap brk stack mlock madvise shm shm-sysv memfd mincore
group open dentry dir rename link symlink fallocate fstat hdd readahead seek sync-file xattr chmod flock fcntl
group getdent access utime locka lockf lease io copy-file sendfile splice tee vm-splice aio iomix dup
group pipe fifo sock sockpair sockfd udp msg mq eventfd poll epoll netlink-proc null zero full
group fork vfork clone exec spawn wait daemon zombie kill sigq sigsegv sigfd sigpending sigsuspend sigio sigtrap
group pthread futex mutex sem sem-sysv switch yield affinity nice timer timerfd itimer nanosleep alarm
group get sysinfo env inotify prctl personality rlimit seccomp userfaultfd io-uring getrandom urandom tsc
END
[ ! "$(ls -A stress)" ] || fail "it left $(ls -A stress)"
