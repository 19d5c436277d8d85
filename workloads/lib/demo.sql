-- A search engine over the kernel's own headers, which every machine that builds C programs has: 800 files.
-- The sqlite3 command reads the files, libsqlite3 writes the database; see which of them asks the kernel for what.
.bail on
.once /dev/null
PRAGMA journal_mode = WAL;
CREATE VIRTUAL TABLE headers USING fts5(path, text);

INSERT INTO headers SELECT name, data FROM fsdir('/usr/include/linux') WHERE name LIKE '%.h';

CREATE TABLE searches(words TEXT PRIMARY KEY, found INTEGER);
INSERT INTO searches SELECT 'seccomp', count(*) FROM headers WHERE headers MATCH 'seccomp';
INSERT INTO searches SELECT 'io_uring', count(*) FROM headers WHERE headers MATCH 'io_uring';
INSERT INTO searches SELECT 'ptrace', count(*) FROM headers WHERE headers MATCH 'ptrace';

.mode column
SELECT words, found FROM searches ORDER BY found DESC;
VACUUM;
