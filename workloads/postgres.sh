#!/bin/bash
# postgres: pgbench, TLS, parallel queries, sorts on disk, indexes, large objects, extensions, vacuum, backup, crash.
# packages: postgresql-15 openssl
# program: postgres
# phases: serving
# limit: 180
. "$(dirname "$0")/lib/workload.sh"
# shellcheck source=lib/postgres.sh
. "$lib/postgres.sh"

# shellcheck disable=SC2317 # start_postgres calls it
settings()
{
    cat <<END
dynamic_shared_memory_type = posix
wal_level = logical
wal_compression = zstd
max_wal_size = 64MB
max_prepared_transactions = 5
ssl = on
ssl_cert_file = '$work/cert.pem'
ssl_key_file = '$work/key.pem'
shared_preload_libraries = 'pg_stat_statements'
logging_collector = on
min_parallel_table_scan_size = 0
parallel_setup_cost = 0
parallel_tuple_cost = 0
max_parallel_workers_per_gather = 2
work_mem = 256kB
temp_file_limit = 500MB
deadlock_timeout = 100ms
autovacuum_naptime = 1s
archive_mode = on
archive_command = 'cp %p "$work/archive/%f"'
jit = off
END
}

start_postgres
pgbench -i -s 1 -q >pgbench.out 2>&1 || fail "pgbench: $(<pgbench.out)"
load -c 4 -j 2 -t "$(amount 20 300 4000)"
PGSSLMODE=require load -C -c 2 -t "$(amount 3 30 500)"
PGHOST=$work load -S -M prepared -c 4 -j 1 -t "$(amount 50 200 10000)"

sql -v rows="$(amount 10000 60000 600000)" -v directory="$work" <<'END'
create table big as select i, md5(i::text) m, i % 97 g from generate_series(1, :rows) i;
select count(*), min(m) from (select m from big order by m desc offset 10) x;
select count(*) from big a join big b using (m) where a.g = b.g;
set enable_hashjoin = off;
select count(*) from big a join big b using (m);
reset enable_hashjoin;
create index on big (m);
create index on big using gin (to_tsvector('simple', m));
create index on big using brin (i);
create index on big using gist (box(point(i, g), point(g, i)));
cluster big using big_m_idx;
select pg_create_logical_replication_slot('slot', 'test_decoding') is not null;
update big set g = g + 1 where i < 500;
select count(*) > 0 from pg_logical_slot_get_changes('slot', null, null);
select pg_drop_replication_slot('slot');
begin;
savepoint a;
delete from big where i < 1000;
rollback to a;
prepare transaction 'two phases';
commit prepared 'two phases';
do $$ begin perform pg_sleep(0.05), 1 / (pi() < 3)::int; exception when others then raise warning '%', sqlerrm; end $$;
select lo_create(4242);
select lo_put(4242, 0, 'abc'::bytea);
select lo_export(4242, :'directory' || '/object');
select lo_import(:'directory' || '/object', 4243);
select convert_from(lo_get(4243), 'UTF8');
copy big to program 'gzip -c >/dev/null';
copy (select i from big order by i limit 100) to '/dev/null';
create unlogged table unlogged (x int);
insert into unlogged select generate_series(1, 1000);
truncate unlogged;
create temp table t as select * from big limit 1000;
create database other;
drop database other;
select pg_advisory_lock(1), pg_advisory_unlock(1);
create extension pgcrypto;
create extension "uuid-ossp";
create extension xml2;
create extension dblink;
create extension postgres_fdw;
create extension pg_stat_statements;
create extension pg_trgm;
create extension pg_prewarm;
select encode(digest('text', 'sha256'), 'hex'), length(crypt('word', gen_salt('bf', 4)));
select uuid_generate_v5(uuid_ns_dns(), 'example.org'), xpath_string('<a><b>text</b></a>', '/a/b');
select * from dblink('host=127.0.0.1', 'select count(*) from pgbench_branches') as t (n bigint);
create server self foreign data wrapper postgres_fdw options (host '127.0.0.1', dbname 'postgres');
create user mapping for owner server self;
create foreign table far (i int, m text, g int) server self options (table_name 'big');
select count(*), max(i) from far where i < 1000;
select pg_prewarm('big', 'prefetch') > 0, count(*) > 0 from pg_stat_statements;
select count(*) > 0 from pg_ls_dir('base'), pg_stat_file('PG_VERSION') where pg_read_file('PG_VERSION') <> '';
END
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
