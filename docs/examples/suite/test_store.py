"""Tests of a program that stores things."""

import json
import sqlite3
import zlib


def test_database(tmp_path):
    database = sqlite3.connect(tmp_path / "store.db")
    database.execute("CREATE TABLE t(a)")
    database.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(100)])
    database.commit()
    assert database.execute("SELECT count(*) FROM t").fetchone() == (100,)


def test_file(tmp_path):
    path = tmp_path / "store.json.z"
    path.write_bytes(zlib.compress(json.dumps(list(range(1000))).encode()))
    assert json.loads(zlib.decompress(path.read_bytes()))[-1] == 999
