#!/bin/bash
# sqlite3 runs sqlite.sql: transactions, journals, WAL, indexes, full text, JSON, threads, copies, vacuum.
# packages: sqlite3
# program: sqlite3
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

rows=$(amount 2000 20000 400000)
sed "s/ROWS/$rows/g" "$lib/sqlite.sql" >work.sql
drive <<'END'
exec sqlite3 -batch <work.sql
END

for copy in main backup clone vacuum; do
    [ "$(sqlite3 "$copy.db" 'SELECT count(*) FROM t')" = $((rows * 9 / 10)) ] || fail "$copy.db is not complete"
done
{ [ -s dump.sql ] && [ -s archive.sqlar ]; } || fail "there is no dump or archive"
