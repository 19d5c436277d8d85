#!/bin/bash
# sysbench: files read and written in all its modes, threads, mutexes, memory, prime numbers, a script in Lua.
# packages: sysbench
# program: sysbench
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

export events
events=$(amount 200 2000 40000)
drive <<'END'
bench() { sysbench --time=0 --events="$events" --threads=2 "$@" >out; }
files() { bench fileio --file-num=8 --file-total-size=2M --file-block-size=4K --file-fsync-freq=50 "$@"; }

files prepare; ls test_file.* | wc -l
for mode in sync async mmap; do
    for test in seqwr seqrewr seqrd rndrd rndwr rndrw; do
        files prepare # seqwr leaves them short
        files --file-test-mode=$test --file-io-mode=$mode run; grep -c 'total number of events' out
    done
done
files --file-test-mode=rndrw --file-extra-flags=dsync --file-fsync-mode=fdatasync --file-fsync-all run
files --file-test-mode=rndwr --validate run
files cleanup; ls test_file.* 2>/dev/null | wc -l
bench threads --thread-yields=20 --thread-locks=4 run
bench mutex --mutex-num=16 --mutex-locks=500 --mutex-loops=100 run
bench memory --memory-block-size=4K --memory-total-size=4M run
bench memory --memory-access-mode=rnd --memory-total-size=4M --memory-scope=local run
bench cpu --cpu-max-prime=500 --report-interval=1 --histogram run; grep 'total number of events' out | tr -s ' '
echo 'function event() local file = io.open("script.out", "a"); file:write("x"); file:close() end' >script.lua
bench script.lua run; wc -c <script.out
fails_with 1 sysbench fileio --file-test-mode=rndrd run
fails_with 1 sysbench none.lua run
END
