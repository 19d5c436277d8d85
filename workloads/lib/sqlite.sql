-- What workloads/sqlite.sh has sqlite3 do; ROWS is the number of rows of the table t.
.bail on
.timeout 5000
.open main.db

-- 400 single-row transactions, each forced to the disk; the rows come from another process through a pipe.
CREATE TABLE log(id INTEGER PRIMARY KEY, line TEXT);
PRAGMA synchronous = FULL;
.read '|seq -f "INSERT INTO log VALUES(%.0f, hex(randomblob(40)));" 400'
SELECT 'log', count(*) FROM log;

-- One big transaction in write-ahead mode; a cache that is too small; sorting by threads in files.
PRAGMA journal_mode = WAL;
PRAGMA mmap_size = 67108864;
PRAGMA temp_store = FILE;
PRAGMA cache_size = 50;
PRAGMA threads = 2;
CREATE TABLE t(a INTEGER PRIMARY KEY, b INT, c TEXT);
BEGIN;
WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < ROWS)
INSERT INTO t SELECT i, (i * 7919) % 1000003, printf('row %d %s', i, hex(randomblob(20))) FROM s;
COMMIT;
CREATE INDEX tb ON t(b);
CREATE INDEX tc ON t(c);
SELECT 'sorted', count(*) FROM (SELECT c FROM t ORDER BY c || b DESC);
UPDATE t SET b = b + 1 WHERE a % 3 = 0;
DELETE FROM t WHERE a % 10 = 0;
BEGIN;
DELETE FROM t;
SAVEPOINT x;
INSERT INTO t VALUES(1, 1, 'one');
ROLLBACK TO x;
ROLLBACK;
SELECT 'kept', count(*) FROM t;
PRAGMA wal_checkpoint(TRUNCATE);

-- The other journals.
PRAGMA journal_mode = DELETE;
INSERT INTO t VALUES(9000001, 1, 'one');
DELETE FROM t WHERE a = 9000001;
PRAGMA journal_mode = TRUNCATE;
UPDATE t SET c = c || '!' WHERE a < 100;
PRAGMA journal_mode = PERSIST;
UPDATE t SET c = c || '!' WHERE a < 100;
PRAGMA journal_mode = MEMORY;
UPDATE t SET c = c || '!' WHERE a < 100;
PRAGMA journal_mode = DELETE;
PRAGMA locking_mode = EXCLUSIVE;
UPDATE t SET b = 0 WHERE a = 1;
PRAGMA locking_mode = NORMAL;
SELECT count(*) FROM t WHERE a = 1;

.clone clone.db

-- Extensions.
CREATE VIRTUAL TABLE f USING fts5(x);
INSERT INTO f SELECT c FROM t LIMIT 2000;
SELECT 'full text', count(*) FROM f WHERE f MATCH 'row';
INSERT INTO f(f) VALUES('optimize');
CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1);
INSERT INTO r SELECT a, a, a + 1, b, b + 2 FROM t LIMIT 2000;
SELECT 'rtree', count(*) > 0 FROM r WHERE x0 < 500;
CREATE TABLE j(d);
INSERT INTO j SELECT json_object('a', a, 'b', json_array(b, c)) FROM t LIMIT 2000;
SELECT 'json', sum(json_extract(d, '$.a')) > 0 FROM j, json_each(j.d);

-- Two databases in one transaction.
ATTACH 'other.db' AS other;
BEGIN;
CREATE TABLE other.v AS SELECT * FROM t LIMIT 500;
UPDATE t SET b = 1 WHERE a = 2;
COMMIT;
DETACH other;

-- Copies of all kinds.
.backup backup.db
.output dump.sql
.dump
.output
.once /dev/null
SELECT writefile('blob', randomblob(70000)), length(readfile('blob'));
.archive -c -f archive.sqlar blob
.shell echo shell
VACUUM;
VACUUM INTO 'vacuum.db';
ANALYZE;
REINDEX;
SELECT 'integrity', integrity_check FROM pragma_integrity_check;
DROP TABLE j;
.print done
