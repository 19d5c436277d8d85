#!/bin/bash
# postgres: pgbench, TLS, parallel queries, sorts on disk, indexes, large objects, extensions, vacuum, backup, crash.
# packages: postgresql-15 openssl
# program: postgres
# phases: serving
# limit: 180
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/postgres.sh
. "$lib/postgres.sh"

fill_in postgres.conf
start_postgres "$(<postgres.conf)"
pgbench -i -s 1 -q >pgbench.out 2>&1 || fail "pgbench: $(<pgbench.out)"
load -c 4 -j 2 -t "$(amount 20 300 4000)"
PGSSLMODE=require load -C -c 2 -t "$(amount 3 30 500)"
PGHOST=$work load -S -M prepared -c 4 -j 1 -t "$(amount 50 200 10000)"

sql -v rows="$(amount 10000 60000 600000)" -v directory="$work" -f "$lib/postgres.sql"
sql -c 'listen news' -c "notify news, 'text'" | grep -o '.*"text"' || fail "no news"
sql -c "vacuum (full, analyze) big" -c "vacuum (parallel 2) big" -c "reindex table concurrently big" -c checkpoint \
    -c "select pg_switch_wal() is not null"
psql -X -q -c "set statement_timeout = 50" -c "select pg_sleep(20)" 2>&1
psql -X -q -d nothing 2>&1 | grep -o 'database "nothing".*'

# Two that wait for each other: one of them is told so.
for order in '1 2' '2 1'; do
    # shellcheck disable=SC2086 # two words
    printf 'begin; select pg_advisory_xact_lock(%d); select pg_sleep(0.3); select pg_advisory_xact_lock(%d);\n' $order |
        psql -X -q -A -t >"deadlock${order% *}" 2>&1 &
    sessions+=("$!")
done
wait "${sessions[@]}"
cat deadlock? | grep -o 'deadlock detected'
psql -X -q -A -t -c 'select pg_sleep(60)' >canceled 2>&1 &
await 20 psql -X -q -v ON_ERROR_STOP=1 -c "do \$\$ begin assert (select bool_and(pg_cancel_backend(pid))
    from pg_stat_activity where query like '%sleep(60)' and state = 'active' and pid <> pg_backend_pid()); end \$\$" ||
    fail "nobody sleeps"
wait $!
cat canceled

pg_dump -Fc -j 1 -f dump && pg_restore -l dump | grep -c 'TABLE DATA' || fail "pg_dump"
"${owner[@]}" pg_basebackup -D copy -X stream -c fast 2>basebackup.log && [ -s copy/PG_VERSION ] ||
    fail "pg_basebackup"
kill -HUP "$(program_pid)"
kill -KILL "$(sql -c "select pid from pg_stat_activity where backend_type = 'walwriter'")" # all begin anew, and recover
await 20 grep -qs 'all server processes terminated' data/log/* || fail "it does not notice the crash"
await 40 pg_isready -q || fail "it does not recover"
sql -c 'select count(*) from big'
stop INT
[ "$(ls archive)" ] || fail "nothing is archived"
