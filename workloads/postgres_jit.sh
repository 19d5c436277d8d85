#!/bin/bash
# postgres with just-in-time compilation: queries become code of LLVM.
# packages: postgresql-15 openssl
# program: postgres
# phases: serving
# limit: 90
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/postgres.sh
. "$lib/postgres.sh"

start_postgres 'jit = on' 'jit_above_cost = 0' 'jit_inline_above_cost = 0' 'jit_optimize_above_cost = 0'
sql -c "create table big as select i, md5(i::text) m, i % 97 g from generate_series(1, 20000) i"
for i in $(seq "$(amount 1 5 100)"); do
    sql -c "select sum(i * $i + g), count(distinct m), max(m) from big where g > $i" \
        -c "select count(*), sum(a.i) from big a join big b on a.i = b.i where b.g % 7 = $i % 7"
done
sql -c "explain analyze select sum(i) from big" | grep -o 'JIT:' || fail "no code"
stop INT
