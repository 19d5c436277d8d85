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
rows=$(amount 4000 20000 200000)
sql <<END
create database x;
use x;
create table b (i int primary key, m varchar(40), g int, key (m)) engine = innodb;
insert into b select seq, md5(seq), seq % 97 from seq_1_to_$rows;
select count(*), max(m) from (select m from b order by concat(m, g) desc limit 3000) q;
create table c engine = aria as select * from b;
create table d engine = myisam as select * from b;
create table e (i int not null, m varchar(40) not null) engine = csv;
insert into e select i, m from b where i <= 1000;
create table p (i int primary key, m varchar(40)) engine = innodb page_compressed = 1
    partition by hash (i) partitions 4;
insert into p select i, m from b where i <= 1000;
select (select count(*) from e), (select count(*) from p where m like 'c%');
start transaction;
delete from b where g = 3;
savepoint a;
rollback;
xa start 'one'; update b set g = 1 where i = 1; xa end 'one'; xa prepare 'one'; xa commit 'one';
alter table b add column h int default 7, algorithm = instant;
alter table b add fulltext (m);
select count(*) from b where match (m) against ('c4ca4238a0b923820dcc509a6f75849b');
optimize table b;
check table b, c, d;
select * into outfile '$work/b.txt' from b where i <= 2000;
create table l like d;
load data infile '$work/b.txt' into table l (i, m, g, @h);
select count(*), load_file('$work/b.txt') like '1\tc4ca%' from l;
END
sql x <<END
delimiter //
create procedure fill() for i in 1 .. 100 do insert into c values (-i, i, i); end for//
create trigger t before insert on l for each row set new.g = 5//
create event once on schedule at current_timestamp do insert into d values (-1, 'event', 0)//
delimiter ;
call fill();
insert into l values (-1, 'trigger', 0);
select g from l where i = -1;
install soname 'ha_archive';
create table archived engine = archive as select * from b where i <= 1000;
select count(*), sum(i) from archived;
install soname 'ha_federatedx';
create table far (i int, m varchar(40), g int) engine = federated connection = 'mysql://root@127.0.0.1:$port/x/l';
select count(*) from far;
drop table far;
flush tables with read lock;
unlock tables;
flush logs;
purge binary logs to 'bin.000002';
create user reader@'127.0.0.1' identified by 'word' require ssl;
grant select on x.* to reader@'127.0.0.1';
END
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
