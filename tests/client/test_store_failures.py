"""What is the matter with a file of the store is told apart, each in a sentence that says what to do."""

from __future__ import annotations

import errno
import os
import re
import sqlite3

import pytest

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.store_database import Consequences, StoreDatabase
from dynamics_bc_client.store_failures import at_opening, matter_of
from dynamics_bc_client.store_folder import StoreFolder

CONSEQUENCES = Consequences(when_damaged="Remove it.", when_lost="the next run goes on.")
TABLE = "CREATE TABLE IF NOT EXISTS t (n INTEGER, x TEXT)"


def opened(path):
    return StoreDatabase(path, lambda it: it.executescript(f"PRAGMA busy_timeout = 1; {TABLE}"), CONSEQUENCES)


def fill(database, text="x" * 1000):
    with database.transaction() as cursor:
        cursor.executemany("INSERT INTO t VALUES (?, ?)", [(n, text) for n in range(100)])


@pytest.fixture
def path(tmp_path):
    """A database with rows in it, closed."""
    database = opened(tmp_path / "a.sqlite")
    fill(database)
    database.close()
    return tmp_path / "a.sqlite"


def refusal(path):
    with pytest.raises(ConfigurationError) as refused:
        opened(path)
    return refused.value.message, refused.value.exit_code


def test_damaged(path):
    content = bytearray(path.read_bytes())
    content[:16] = b"no sqlite at all"
    path.write_bytes(content)
    message, code = refusal(path)
    assert re.fullmatch(r'".*a\.sqlite" is damaged \(file is not a database\)\. Remove it\.', message)
    assert code == 2


def test_damaged_where_the_run_finds_it(path):
    content = bytearray(path.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    path.write_bytes(content)
    database = opened(path)
    with pytest.raises(DynamicsError) as ended:
        database.ask("SELECT sum(length(x)) FROM t")
    database.close()
    assert re.fullmatch(
        r"a\.sqlite in store_path is damaged \(.*\), so the run ends\. Remove it\.", ended.value.message
    )


def test_in_use(path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    message, code = refusal(path)
    other.close()
    assert message.startswith("Another program is using")
    assert message.endswith("Wait until it has ended, or end it.")
    assert code == 2


def test_in_use_by_the_time_it_is_written(path):
    database, other = opened(path), sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DynamicsError, match=r"Another program keeps a\.sqlite .* to itself .* the next run goes on\."):
        fill(database)
    other.close()
    fill(database)
    database.close()


def test_no_room(path):
    database = opened(path)
    database.connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(DynamicsError) as ended:
        fill(database)
    assert ended.value.message == (
        "The disk of a.sqlite in store_path is full, so the run ends; free some space, and the next run goes on."
    )
    assert ended.value.exit_code == 1
    assert database.ask("SELECT count(*) FROM t") == [(100,)]
    database.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_to_begin_with_is_no_fault_of_the_configuration(tmp_path, monkeypatch, number):
    def full(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.open", full)
    message, code = refusal(tmp_path / "a.sqlite")
    assert message.startswith('The disk of "')
    assert message.endswith("Free some space and run this again.")
    assert code == 1


def test_no_room_where_sqlite_says_something_else(tmp_path, monkeypatch):
    error = sqlite3.OperationalError("disk I/O error")
    assert matter_of(error, tmp_path) == "unusable"
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 0}))
    assert matter_of(error, tmp_path) == "full"


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(errno.EACCES, "Permission denied"),
        OSError(errno.EROFS, "Read-only file system"),
        sqlite3.OperationalError("attempt to write a readonly database"),
    ],
)
def test_no_right(tmp_path, monkeypatch, error):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("os.open", refuse)
    message, code = refusal(tmp_path / "a.sqlite")
    assert message.endswith("; give whoever runs this the right to do so, or check store_path.")
    assert code == 2


def test_a_folder_without_room_or_right_says_so_too(tmp_path, monkeypatch):
    for number, words, code in ((errno.ENOSPC, "Free some space", 1), (errno.EACCES, "give whoever", 2)):

        def refuse(*_, number=number, **__):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr("os.open", refuse)
        with pytest.raises(ConfigurationError, match=words) as refused, StoreFolder(tmp_path).lock("ledger"):
            pass
        assert refused.value.exit_code == code


def test_a_limit_on_the_size_of_files_is_told_from_a_full_disk(tmp_path, monkeypatch):
    error = sqlite3.OperationalError("disk I/O error")
    (tmp_path / "a.sqlite-wal").write_bytes(b"x" * 4096)
    monkeypatch.setattr("resource.getrlimit", lambda _: (1_000_000, 1_000_000))
    assert matter_of(error, tmp_path) == "unusable"
    monkeypatch.setattr("resource.getrlimit", lambda _: (4096, 4096))
    assert matter_of(error, tmp_path) == matter_of(OSError(errno.EFBIG, "File too large")) == "limited"
    refused = at_opening(tmp_path / "a.sqlite", error)
    assert refused.message.endswith(". Raise the limit on the size of files (ulimit -f) and run this again.")
    assert refused.exit_code == 1
