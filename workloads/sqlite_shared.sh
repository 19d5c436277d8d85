#!/bin/bash
# sqlite3, several processes that write to one database: locks, shared memory of the WAL, busy handlers.
# packages: sqlite3
# program: sqlite3
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

export each
each=$(amount 50 200 5000)
drive <<'END'
sqlite3 shared.db 'PRAGMA journal_mode = WAL; CREATE TABLE t(writer, i)'
write()
{
    for ((i = 0; i < each; i++)); do
        echo "BEGIN IMMEDIATE; INSERT INTO t VALUES($1, $i); COMMIT; SELECT count(*) > 0 FROM t;"
    done | sqlite3 -cmd '.timeout 20000' shared.db | sort -u
}
for writer in 1 2 3; do
    write "$writer" &
    writers[writer]=$!
done
for writer in "${writers[@]}"; do
    wait "$writer"
done
END
[ "$(sqlite3 shared.db 'SELECT count(*) FROM t')" = $((3 * each)) ] || fail "rows are missing"
