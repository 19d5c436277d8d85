#!/bin/bash
# mariadbd: InnoDB by io_uring, Aria, MyISAM, CSV, a pool of threads, TLS, logs, files, events, federation, dump, kill.
# packages: mariadb-server mariadb-client openssl
# program: mariadbd
# phases: serving
# limit: 90
. "$(dirname "$0")/lib/workload.sh"

take_ports port
certificate
mkdir tmp data
give mysql .
user=$(id -un)
[ "$user" != root ] || user=mysql
# What mariadb-install-db does, whose paths must hold no blank: a statement a line.
{
    printf '%s\n' 'create database mysql;' 'use mysql;' 'set @auth_root_socket = null, @skip_auth_anonymous = 1;'
    cat /usr/share/mysql/mysql_{system_tables,performance_tables,system_tables_data}.sql
} >install.sql
mariadbd --no-defaults --bootstrap --user="$user" --datadir="$work/data" --innodb-log-file-size=8M \
    <install.sql >install.log 2>&1 || fail "no database is made"
start mariadbd --no-defaults --user="$user" --datadir="$work/data" --tmpdir="$work/tmp" --socket="$work/mariadb.sock" \
    --pid-file="$work/mariadb.pid" --bind-address=127.0.0.1 --port="$port" --innodb-buffer-pool-size=32M \
    --innodb-log-file-size=8M --log-bin="$work/data/bin" --sync-binlog=1 --thread-handling=pool-of-threads \
    --thread-pool-size=2 --general-log --slow-query-log --long-query-time=0.01 --log-error="$work/error.log" \
    --event-scheduler=ON --secure-file-priv="$work" --plugin-maturity=unknown --performance-schema \
    --ssl-cert="$work/cert.pem" --ssl-key="$work/key.pem" --tmp-memory-table-size=64K --sort-buffer-size=64K
client=(--no-defaults -S "$work/mariadb.sock" -u root)
await 40 mariadb-admin "${client[@]}" ping || fail "it does not answer"
serving "$port"

# sql OPTION... - Runs SQL, and prints what it answers.
sql()
{
    timeout 200 mariadb "${client[@]}" -N "$@" || fail "SQL"
}

# answered QUERY - Are there rows?
answered()
{
    sql -e "$1" | grep -q .
}

timeout 200 mariadb-slap "${client[@]}" --concurrency=4 --auto-generate-sql --auto-generate-sql-load-type=mixed \
    --number-of-queries="$(amount 60 600 8000)" --engine=innodb,aria,myisam >slap.log 2>&1 || fail "mariadb-slap"
# shellcheck disable=SC2034 # the file has it
rows=$(amount 4000 20000 200000)
fill_in mariadb.sql
sql <mariadb.sql
grep -v 'AES' <(timeout 20 mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u reader -pword --ssl -N \
    -e "select 'over TLS', count(*) from x.e; show status like 'Ssl_cipher'") || fail "no TLS"
mariadb "${client[@]}" -e 'select sleep(60)' >killed 2>&1 &
sleeper="select id from information_schema.processlist where info = 'select sleep(60)'"
await 20 answered "$sleeper" || fail "nobody sleeps"
sql -e "kill query $(sql -e "$sleeper")"
wait $!
tail -n 1 killed
mariadb "${client[@]}" -e 'select * from nothing.nothing' 2>&1
await 20 answered "select * from x.d where i = -1" || fail "no event"
mariadb-dump "${client[@]}" --single-transaction x >dump.sql && grep -c '^CREATE TABLE' dump.sql || fail "no dump"
kill -HUP "$(program_pid)" # flushes its logs
mariadb-admin "${client[@]}" flush-status debug >/dev/null || fail "it does not answer"
sql -e "set global innodb_buffer_pool_size = 64 * 1024 * 1024; select count(*) from x.b"
stop TERM
[ ! -e mariadb.pid ] || fail "it left its pid file"
