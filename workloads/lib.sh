# shellcheck shell=bash
# lib.sh - the common part of the workloads: how a real program is started under the tracer, stopped and checked.
#
# A workload is a script NAME [-o DIR]. It calls begin, which enters a private temporary directory; launch, to
# start the program under the tracer; then drives the program, untraced; calls stop or finish; and says with
# expect what the results must tell. What it leaves is DIR/NAME.csv and DIR/NAME.json, nothing else.
# It exits with 0 if the work was done and the results are right, with 1 if not, with 125 if it could not begin.

name=$(basename "$0")
workloads=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

# fail MESSAGE... - The work was not done, or a result is wrong.
fail()
{
    echo "$name: $*" >&2
    [ ! "$tracer" ] || tail -n 15 log >&2
    exit 1
}

# cannot MESSAGE... - Nothing was started.
cannot()
{
    echo "$name: $*" >&2
    exit 125
}

# begin "$@" - Reads the options. Sets $work, the directory it enters, and $results, NAME.csv without its ending.
begin()
{
    local option out=.
    while getopts :o: option; do
        [ "$option" = o ] || cannot "usage: $name [-o DIR]"
        out=$OPTARG
    done
    ((OPTIND > $#)) || cannot "usage: $name [-o DIR]"

    systrace=$(realpath -- "${SYSTRACE_LIB:-$workloads/../build/release/tracer/systrace-lib}")
    [ -x "$systrace" ] || cannot "there is no $systrace: build it with ./run, or say in SYSTRACE_LIB where it is"
    make_directory "$out"
    results=$(realpath -- "$out")/$name
    rm -f "$results.csv" "$results.json"

    tracer= # pid of the running tracer and id of its process group, or empty
    work=
    trap end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    work=$(mktemp -d) || cannot "no temporary directory"
    chmod 755 "$work" # for servers that drop root
    cd "$work" || exit 125

    # No setting of the user's, no network.
    export LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=$work
    unset DEBUGINFOD_URLS http_proxy HTTP_PROXY all_proxy ALL_PROXY
}

make_directory()
{
    { mkdir -p -- "$1" && [ -w "$1" ]; } 2>/dev/null || cannot "cannot write to the directory $1"
}

# needs COMMAND... - These must be installed.
needs()
{
    local command
    for command; do
        command -v "$command" >/dev/null || cannot "$command is not installed"
    done
}

# launch COMMAND... - Starts it under the tracer, with our stdin and stdout; its stderr goes to the file log.
# Its process group is its own, so that neither's signals reach the other. SYSTRACE_FILTER is a program that executes
# the command under a filter (replay).
launch()
{
    setsid "$systrace" -q -o "$results.csv" -o "$results.json" -- ${SYSTRACE_FILTER:+"$SYSTRACE_FILTER"} "$@" <&0 2>>log &
    tracer=$!
}

# finish SECONDS - Waits for the program's end and checks what all results have in common.
finish()
{
    await "$1" gone || fail "still running after $1 s"
    wait "$tracer" || fail "exit status $?"
    ! kill -0 -- "-$tracer" 2>/dev/null || fail "left a process behind"
    tracer=

    expect "every call has a caller and an issuer" "sum(calls) > 0 AND sum(calls) = sum(issued)"
    expect "99.9 % of the stacks are complete" "sum(incomplete) * 1000 <= sum(calls)"
    expect "the run file counted as many entries, and lost none" \
        "json_extract(readfile('$name.json'), '\$.executions[0].quality.entries') = sum(calls)
        AND json_extract(readfile('$name.json'), '\$.executions[0].quality.lost') = 0"
}

# stop SIGNAL PIDFILE - Ends a server.
stop()
{
    kill -s "$1" "$(<"$2")" || fail "it is gone"
    finish 20
}

gone()
{
    ! kill -0 "$tracer" 2>/dev/null
}

# The trap of the way out, clean or not. A server that is asked to end ends its children, and reaps them.
end()
{
    local status=$? program
    trap '' INT TERM HUP
    if [ "$tracer" ]; then
        program=$(<"/proc/$tracer/task/$tracer/children")
        kill -TERM "${program% }" && await 5 gone
        kill -KILL -- "-$tracer" "$tracer"
        wait "$tracer"
    fi 2>/dev/null
    [ ! "$work" ] || { cd / && rm -rf "$work"; }
    exit "$status"
}

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

# free_port - Prints a TCP port of loopback that nobody uses, below those that the kernel hands out.
free_port()
{
    local port
    while :; do
        port=$((10000 + (RANDOM << 15 | RANDOM) % 20000))
        grep -qsi "$(printf ':%04X ' "$port")" /proc/net/tcp /proc/net/tcp6 || break
    done
    echo "$port"
}

# listening PORT - Somebody accepts connections there.
listening()
{
    : <>"/dev/tcp/127.0.0.1/$1"
}

# query FILE.csv EXPRESSION - What an SQL expression over all rows of the table yields. A cell is text, a sum is
# a number; files are read as from the directory of FILE.csv.
query()
{
    (cd "$(dirname "$1")" && sqlite3 -batch -cmd ".import --csv '$(basename "$1")' calls" :memory: "SELECT $2 FROM calls")
}

# expect WHAT EXPRESSION - The results must make it true.
expect()
{
    [ "$(query "$results.csv" "$2")" = 1 ] || fail "not so: $1 ($2)"
}
