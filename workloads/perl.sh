#!/bin/bash
# perl: processes, pipes, sockets, threads, files, locks, signals, System V objects, archives, DBM files.
# packages: perl
# program: perl
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

export lib times
times=$(amount 1 20 300)
drive <<'END'
exec perl "$lib/perl.pl" "$times"
END
