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
