#!/bin/bash
# python3's sqlite3: journals, memory maps, threads and processes that write, blobs, functions, backups, errors.
# packages: python3 sqlite3
# program: python3
# limit: 60
. "$(dirname "$0")/lib/workload.sh"

export lib rows
rows=$(amount 300 5000 100000)
drive <<'END'
exec python3 -s -B "$lib/python_sqlite.py" "$rows"
END
for database in wal.db delete.db mapped.db copy.db attached.db; do
    [ "$(sqlite3 "$database" 'PRAGMA integrity_check')" = ok ] || fail "$database is damaged"
done
