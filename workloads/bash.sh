#!/bin/bash
# bash: arithmetic, arrays, pipes, process substitution, coprocesses, traps, jobs, /dev/tcp, here-documents, limits.
# packages: bash
# program: bash
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

export rounds port
rounds=$(amount 2 20 300)
take_ports port
drive <<'END'
for ((round = 0; round < rounds; round++)); do
    sum=0
    for ((i = 0; i < 5000; i++)); do : $((sum += i)); done
    declare -A map=()
    for i in {1..500}; do map[k$i]=$i; done
    mapfile -t lines < <(seq 1000); echo "$sum ${#map[@]} ${#lines[@]}"
    for i in {1..10}; do x=$(echo "$i"); done
    diff <(seq 5) <(seq 5); seq 3 > >(cat >copy); { wait $! || :; }
    coproc CAT { cat; }
    echo through >&"${CAT[1]}"; read -r y <&"${CAT[0]}"; pid=$CAT_PID; eval "exec ${CAT[1]}>&-"
    { wait "$pid" || :; }; echo "$y"

    trap 'caught=1' USR1; kill -USR1 $$; echo "$caught"; trap - USR1
    (trap 'echo "exit trap"' EXIT)
    (trap 'exit 4' TERM; kill -TERM "$BASHPID"; sleep 9) || echo "status $?"
    trap ':' CHLD && (exit 3) || echo "status $?"; trap - CHLD
    set -m; sleep 9 & kill $!; wait $! || :; sleep 9 & kill -STOP $!; kill -CONT $!; kill $!; wait $! || :
    jobs >file; set +m
    sleep 0 & sleep 0 & wait -n && wait
    read -rt 0.01 z < <(sleep 0.1) || echo timeout
    (ulimit -n 100 && ulimit -n && ulimit -c 0 && ulimit -a >limits); umask 077; printf '%(%F)T\n' 0
    (exec -a renamed sleep 0); (exec 8<>file && echo q >&8); time :; times >limits
    mkdir -p globbed/{a,b,c}/{1..5}; shopt -s globstar nullglob; files=(globbed/**/[0-9]*); echo "${#files[@]}"
    cat <<<here | tr a-z A-Z && cat <<-DOCUMENT
	tabs $(yes 'a long here-document' | head -n 5000 | wc -c)
	DOCUMENT
    exec 7>file; echo q >&7; exec 7>&-; printf '%s\n' "${lines[@]}" | sort -rn | head -n 1
    [[ abc =~ ^a(.)c$ ]]; echo "${BASH_REMATCH[1]} ${PIPESTATUS[*]}"
    (cd / && cd - && dirs) >file && command -v ls >file && hash -r && type -a echo >file && test -t 0 ||
        echo "no terminal"
    printf '%s\n' 'sourced() { echo "${FUNCNAME[0]} $1"; }' >sourced; . ./sourced; sourced 1; export -f sourced
    bash -c 'sourced 2'
    history -s words; history -w past; set -o noclobber; fails_with 1 eval ': >file'; set +o noclobber
    OPTIND=1; getopts ab: option -b value; echo "$option $OPTARG"
    select word in one two; do echo "$word"; break; done <<<2 2>&1
    fails_with 1 eval 'exec 9</dev/tcp/127.0.0.1/1'
    fails_with 127 eval no_such_command
    fails_with 126 eval /etc/passwd
    fails_with 2 bash -c 'if'
    fails_with 137 bash -c 'kill -KILL $$'
    fails_with 1 bash -r -c 'cd /'
    env -i bash --norc --noprofile -c 'echo "$0 $#"' name 1 2; echo 'echo "$1"' | bash -s standard
done
END
