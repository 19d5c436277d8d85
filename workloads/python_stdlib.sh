#!/bin/bash
# python3's library: files, processes, threads, shared memory, signals, sockets, ctypes, terminals, archives, limits.
# packages: python3
# program: python3
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

export lib times
times=$(amount 1 5 80)
drive <<'END'
exec python3 -s -B "$lib/python_stdlib.py" "$times"
END
