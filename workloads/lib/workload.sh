# shellcheck shell=bash
# workload.sh - what all workloads have in common: a private directory, the program under test, its driver, its end.
#
# A workload is a script NAME.sh that drives a real program and checks that the work was done. It begins with
#
#     #!/bin/bash
#     # What it drives, and how: one line.
#     # packages: Debian's packages that it needs
#     # program: the file name of the program under test
#     # phases: those that it marks, if any
#     # limit: seconds that it may take at level full, under a tracer
#     . "$(dirname "$0")/lib/workload.sh"
#
# and is told by the environment:
#
#     PREFIX   words to put before the program under test, quoted as for a shell; empty: none
#     CONTROL  the tracer's control FIFO, to which phases are told (docs/phases.md); empty: none
#     LEVEL    smoke, full (the default) or long: how much work
#     SLOT     0 to 99: ports are of this hundredth of the range, so that workloads do not meet side by side; empty: any
#
# Its stdout is what the program answered, and does not depend on what stands before the program. It exits with 0 if the
# work was done, with 1 if not, with 125 if it cannot run here, and leaves nothing behind.
set -u

# enter_namespace - Goes on in an IPC namespace of its own, where that is allowed (a user needs a user namespace for it, in
# which the ids are the same): the kernel removes its System V objects with its last process, however that ends.
enter_namespace()
{
    local way ways=('unshare --ipc')
    [ "$(id -u)" = 0 ] || ways+=('unshare --user --map-current-user --ipc')
    for way in "${ways[@]}"; do
        # shellcheck disable=SC2086 # words
        ! $way true 2>/dev/null || WORKLOAD_APART=yes exec $way bash "$0" "$@"
    done
    WORKLOAD_APART=no
}
[ "${WORKLOAD_APART:-}" ] || enter_namespace "$@"
apart=$WORKLOAD_APART
unset WORKLOAD_APART

name=$(basename "$0" .sh)
LEVEL=${LEVEL:-full}
[[ $LEVEL =~ ^(smoke|full|long)$ ]] || { echo "$name: there is no level '$LEVEL': smoke, full or long" >&2 && exit 125; }
eval "prefix=(${PREFIX:-})"

# No setting of the user's, no network.
export LC_ALL=C.UTF-8 TZ=UTC0 PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset DEBUGINFOD_URLS http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy no_proxy NO_PROXY

# fail MESSAGE... - The work was not done.
fail()
{
    echo "$name: $*" >&2
    tail -n 15 -- "$work"/*.log >&2 2>/dev/null
    exit 1
}

# cannot MESSAGE... - It cannot run here, or for who we are.
cannot()
{
    echo "$name: $*" >&2
    exit 125
}

# amount SMOKE FULL LONG - Prints that of the level.
amount()
{
    case $LEVEL in
    smoke) echo "$1" ;;
    full) echo "$2" ;;
    long) echo "$3" ;;
    esac
}

# at_least LEVEL - Is so much asked for?
at_least()
{
    [[ " smoke full long " == *" $1 "*"$LEVEL "* || $LEVEL = "$1" ]]
}

# ---- The program under test, and others ----

# Words before what is started: its session is its own, so that neither's signals reach the other; but should we be
# killed, it is told to end.
bound=(setsid setpriv --pdeathsig=TERM)

# start COMMAND... - The program under test, in the background, with the words of PREFIX before it. What it prints goes
# to program.log.
start()
{
    "${bound[@]}" "${prefix[@]}" "$@" </dev/null >>"$work/program.log" 2>&1 &
    tracer=$!
    started+=("$tracer")
}

# run COMMAND... - The program under test, to its end: with status 0. What it prints is what the workload prints; its
# standard error goes to driver.log.
run()
{
    "${bound[@]}" "${prefix[@]}" "$@" </dev/null 2>>"$work/driver.log" &
    tracer=$!
    started+=("$tracer")
    wait "$tracer" || fail "$1 exits with $?$(tail -qn 1 "$work/driver.log" | sed 's/^/: /')"
    started=("${started[@]/$tracer/}")
}

# drive < SCRIPT - Runs a script of bash under PREFIX, with -eu: for programs that are commands. The functions `await`,
# `listening` and `fails_with` are there, too; where it ends early, driver.log says at which command.
drive()
{
    {
        declare -f await listening fails_with
        echo "trap 'echo \"line \$LINENO: \$BASH_COMMAND\" >&2' ERR"
        cat
    } >"$work/driver"
    run bash -eEu "$work/driver"
}

# fails_with STATUS COMMAND... - It has to fail, and so; what it says is lost.
# shellcheck disable=SC2317 # called by drivers
fails_with()
{
    local status=0
    "${@:2}" >/dev/null 2>&1 || status=$?
    [ "$status" = "$1" ] || {
        echo "$status instead of $1: ${*:2}" >&2
        exit 1
    }
}

# beside COMMAND... - Another program, not under test, in the background; it is ended with the workload.
beside()
{
    "${bound[@]}" "$@" </dev/null >>"$work/beside.log" 2>&1 &
    started+=("$!")
}

# phase NAME - From here on the program under test is in this phase.
phase()
{
    local answer=
    [ "${CONTROL:-}" ] || return 0
    { echo "phase $1" >"$CONTROL" && read -rt 20 answer <"$CONTROL.reply"; } || fail "no answer from the tracer"
    [ "$answer" = ok ] || fail "phase $1: $answer"
}

# below PID - Prints it and all processes below it.
below()
{
    local queue=("$1") pid
    while ((${#queue[@]})); do
        pid=${queue[0]}
        queue=("${queue[@]:1}")
        echo "$pid"
        mapfile -t -O "${#queue[@]}" queue < <(cat "/proc/$pid"/task/*/children 2>/dev/null | tr ' ' '\n')
    done
}

# program_pid - Prints the process of the program under test, below what PREFIX put above it. Real files are compared:
# Debian's redis-server is a link to redis-check-rdb.
program_pid()
{
    local wanted pid
    wanted=$(realpath "$(command -v "$(declared program)")")
    for pid in $(below "$tracer"); do
        if [ "$(readlink "/proc/$pid/exe" 2>/dev/null)" = "$wanted" ]; then
            echo "$pid"
            return
        fi
    done
    return 1
}

# settled - Do all its processes wait for something, three times in a row? Workers that still start do not.
settled()
{
    local pid
    for _ in 1 2 3; do
        for pid in $(below "$tracer"); do
            ! grep -qs '^State:[[:space:]]*[RDt]' "/proc/$pid"/task/*/status || return 1
        done
        sleep 0.05
    done
}

# declared KEY - Prints what the head of the workload says.
declared()
{
    sed -n "2,/^[^#]/s/^# $1: //p" "$script"
}

# stop SIGNAL [STATUS] - Asks the program under test to end, and waits until it has, and the tracer; with this status.
stop()
{
    local status
    kill -s "$1" "$(program_pid)" || fail "the program is gone"
    await 30 gone "$tracer" || fail "it still runs, 30 s after SIG$1"
    wait "$tracer"
    status=$?
    [ "$status" = "${2:-0}" ] || fail "it exits with $status"
    started=("${started[@]/$tracer/}")
}

# gone PID - Has the child ended?
gone()
{
    ! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}

# as USER - Prints the words to put before a program that refuses to run as root; none unless we are.
as()
{
    [ "$(id -u)" != 0 ] || echo "setpriv --reuid=$1 --regid=$1 --init-groups --pdeathsig=TERM"
}

# as_root LINE... - Prints lines of a configuration that only root can do; none unless we are.
as_root()
{
    [ "$(id -u)" != 0 ] || printf '%s\n' "$@"
}

# fill_in FILE - Makes FILE of lib/FILE as the shell does a here-document, with our variables and what commands print.
fill_in()
{
    eval "cat <<END_OF_FILE
$(<"$lib/$1")
END_OF_FILE" >"$1"
}

# give USER FILE... - Makes files those of the user to whom a server drops; nothing unless we are root.
give()
{
    [ "$(id -u)" != 0 ] || chown -R -- "$1" "${@:2}"
}

# ---- Waiting, ports ----

# await SECONDS COMMAND... - Tries it again and again until it succeeds; fails if that takes too long.
await()
{
    local tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        ((tries-- > 0)) || return 1
        sleep 0.05
    done
}

# serving PORT - Waits until the program accepts connections of loopback there, and until it has nothing more to do (which
# need not come: 10 s); from then on its phase is `serving`.
serving()
{
    await 30 listening "$1" || fail "nobody listens at port $1"
    await 10 settled
    phase serving
}

listening()
{
    : <>"/dev/tcp/127.0.0.1/$1"
}

# free_port - Prints a TCP and UDP port of loopback that nobody has, below those that the kernel hands out.
free_port()
{
    local port slot
    while :; do
        slot=${SLOT:-$((RANDOM % 100))}
        port=$((10000 + slot * 200 + RANDOM % 200))
        [[ " $ports " == *" $port "* ]] || grep -qsi "$(printf ':%04X ' "$port")" /proc/net/{tcp,tcp6,udp,udp6} || break
    done
    echo "$port"
}

# take_ports NAME... - Sets each of these variables to another free port.
take_ports()
{
    local variable
    for variable; do
        printf -v "$variable" '%s' "$(free_port)"
        ports+=" ${!variable}"
    done
}
ports=

# certificate - Makes key.pem, cert.pem and both.pem, of localhost.
certificate()
{
    openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null || fail "openssl makes no certificate"
    cat key.pem cert.pem >both.pem
    chmod 644 ./*.pem
}

# ---- The way in and out ----

# end_processes SIGNAL PID... - It, and all below it, the innermost first.
end_processes()
{
    local signal=$1 pid children
    shift
    for pid; do
        mapfile -t children < <(cat "/proc/$pid"/task/*/children 2>/dev/null | tr ' ' '\n')
        ((!${#children[@]})) || end_processes "$signal" "${children[@]}"
        [ ! "$pid" ] || kill -s "$signal" "$pid" 2>/dev/null
    done
}

# tidy - Has the namespace no System V objects, if it is our own?
# shellcheck disable=SC2317 # called by the trap
tidy()
{
    [ "$apart" = no ] || [ ! "$(tail -qn +2 /proc/sysvipc/{shm,msg,sem})" ]
}

# leave - The trap of the way out, clean or not: ends what we started, and removes the directory. What a workload has to
# undo outside of it, it defines as a function `undo`.
# shellcheck disable=SC2317 # called by the trap
leave()
{
    local status=$? pid
    trap '' INT TERM HUP
    for pid in "${started[@]}"; do
        [ "$pid" ] && ! gone "$pid" || continue
        end_processes TERM "$pid"
        await 5 gone "$pid" || end_processes KILL "$pid"
        wait "$pid" 2>/dev/null
    done
    [ "$(type -t undo)" != function ] || undo
    if ((status == 0)) && ! await 2 tidy; then # who removes them may have to end first
        echo "$name: it left System V objects behind" >&2
        status=1
    fi
    cd / && rm -rf -- "$work"
    exit "$status"
}

script=$(realpath "$0")
# shellcheck disable=SC2034 # for the workloads
lib=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
started=()
tracer=
work=$(mktemp -d "${TMPDIR:-/tmp}/workload.$name.XXXXXX") || exit 1
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 755 "$work" # for servers that drop root
export HOME=$work TMPDIR=$work
cd "$work" || exit 1
