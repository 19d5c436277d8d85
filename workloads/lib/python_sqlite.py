# SQLite, by Python's module: python_sqlite.py ROWS. Databases are made in the current directory.
import multiprocessing
import os
import sqlite3
import sys
import threading

ROWS = int(sys.argv[1])


def fill(connection, rows=ROWS):
    with connection:
        connection.execute('CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b TEXT)')
        connection.executemany('INSERT INTO t(b) VALUES(?)', ((str(i) * 5,) for i in range(rows)))


def count(connection):
    return connection.execute('SELECT count(*), sum(length(b)) FROM t').fetchone()


def journals():
    for mode in 'delete', 'truncate', 'persist', 'memory', 'off', 'wal':
        connection = sqlite3.connect(f'{mode}.db')
        connection.execute(f'PRAGMA journal_mode = {mode}')
        connection.execute(f'PRAGMA synchronous = {"full" if mode == "delete" else "normal"}')
        fill(connection)
        for i in range(20):  # each a transaction
            with connection:
                connection.execute('UPDATE t SET b = b || ? WHERE a = ?', (i, i + 1))
        if mode != 'off':
            connection.execute('BEGIN')
            connection.execute('DELETE FROM t')
            connection.rollback()
        print(mode, *count(connection))
        connection.close()


def mapped():
    with open('mapped.db', 'wb'):
        pass
    connection = sqlite3.connect('file:mapped.db?cache=shared', uri=True)
    connection.executescript('PRAGMA mmap_size = 100000000; PRAGMA page_size = 8192; PRAGMA auto_vacuum = incremental;'
                             'PRAGMA temp_store = file; PRAGMA cache_size = 10')
    fill(connection)
    connection.execute('CREATE INDEX i ON t(b)')
    connection.execute('DELETE FROM t WHERE a % 2')
    connection.commit()
    connection.execute('PRAGMA incremental_vacuum')
    sorted_twice = 'SELECT count(DISTINCT b), max(b) FROM (SELECT b FROM t ORDER BY b DESC)'
    print('mapped', *connection.execute(sorted_twice).fetchone())
    connection.execute('VACUUM')
    connection.close()


def write(name, rows):
    connection = sqlite3.connect(name, timeout=60, isolation_level='IMMEDIATE')
    for _ in range(rows):
        with connection:
            connection.execute("INSERT INTO t(b) VALUES('written')")
    connection.close()


def writers():
    rows = ROWS // 50
    for kind in threading.Thread, multiprocessing.get_context('fork').Process:
        all_writers = [kind(target=write, args=('wal.db', rows)) for _ in range(3)]
        for one in all_writers:
            one.start()
        for one in all_writers:
            one.join()
    connection = sqlite3.connect('wal.db')
    print('written', connection.execute("SELECT count(*) FROM t WHERE b = 'written'").fetchone()[0] == 6 * rows)
    connection.execute('PRAGMA wal_checkpoint(truncate)')
    connection.close()


def copies():
    source, memory = sqlite3.connect('delete.db'), sqlite3.connect(':memory:')
    source.backup(memory, pages=10)
    with sqlite3.connect('copy.db') as copy:
        memory.backup(copy)
    again = sqlite3.connect(':memory:')
    again.deserialize(memory.serialize())
    print('copies', *count(again), sum(1 for _ in again.iterdump()))
    source.execute("ATTACH 'attached.db' AS other")
    source.execute('CREATE TABLE other.t AS SELECT * FROM t')
    source.execute("VACUUM INTO 'vacuumed.db'")
    source.commit()
    print('vacuumed', *count(sqlite3.connect('vacuumed.db')))


class Longest:
    def __init__(self):
        self.text = ''

    def step(self, text):
        self.text = max(self.text, text, key=len)

    def finalize(self):
        return self.text


def functions():
    connection = sqlite3.connect('delete.db')
    connection.create_function('twice', 1, lambda text: text + text, deterministic=True)
    connection.create_aggregate('longest', 1, Longest)
    connection.create_collation('backwards', lambda a, b: (a < b) - (a > b))
    statements = []
    connection.set_trace_callback(statements.append)
    print(*connection.execute('SELECT length(twice(longest(b))) FROM t').fetchone(),
          *connection.execute('SELECT b FROM t ORDER BY b COLLATE backwards LIMIT 1').fetchone(), len(statements))
    with connection:
        connection.execute('CREATE TABLE blobs(b)')
        connection.execute('INSERT INTO blobs VALUES(zeroblob(1000000))')
    with connection.blobopen('blobs', 'b', 1) as blob:
        blob.write(b'x' * 500000)
        blob.seek(0)
        print('blob', blob.read().count(b'x'))
    connection.commit()
    connection.close()


def errors():
    one, other = (sqlite3.connect('delete.db', timeout=0.2, isolation_level=None) for _ in range(2))
    one.execute('BEGIN EXCLUSIVE')
    read_only = sqlite3.connect('file:delete.db?mode=ro', uri=True, timeout=0)
    with open('text', 'w') as file:
        file.write('this is no database, however long one looks at it\n' * 100)
    for connection, statement in ((other, 'BEGIN IMMEDIATE'), (read_only, 'SELECT * FROM t'), (one, 'SELECT nothing'),
                                  (one, 'INSERT INTO t(a) VALUES(1)'), (sqlite3.connect('text'), 'SELECT * FROM t')):
        try:
            connection.execute(statement)
        except sqlite3.Error as error:
            print(error.sqlite_errorname)
    one.rollback()
    try:
        read_only.execute('DELETE FROM t')
    except sqlite3.OperationalError as error:
        print(error.sqlite_errorname)
    try:
        sqlite3.connect('nothing/here.db')
    except sqlite3.OperationalError as error:
        print(error)
    other.set_progress_handler(lambda: 1, 100)
    try:
        other.execute('SELECT count(*) FROM t a, t b').fetchone()
    except sqlite3.OperationalError as error:
        print(error)
    other.set_progress_handler(None, 0)
    other.enable_load_extension(True)
    try:
        other.execute("SELECT load_extension('./nothing')")
    except sqlite3.OperationalError:
        print('no extension')


for work in journals, mapped, writers, copies, functions, errors:
    work()
assert not os.path.exists('wal.db-wal')
