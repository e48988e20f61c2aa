"""A database of the store is its owner's alone and changes as a whole; what goes wrong with it is a sentence."""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.store_database import Consequences, StoreDatabase

CONSEQUENCES = Consequences(when_damaged="Remove it.", when_lost="the next run goes on.")


def opened(path, consequences=CONSEQUENCES):
    return StoreDatabase(path, lambda it: it.executescript("CREATE TABLE IF NOT EXISTS t (n INTEGER)"), consequences)


def test_a_store_and_its_database_are_their_owners_alone(tmp_path):
    opened(tmp_path / "store" / "a.sqlite").close()
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "store" / "a.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_block_that_fails_changes_nothing(tmp_path):
    database = opened(tmp_path / "a.sqlite")

    def change_and_fail():
        with database.transaction() as cursor:
            cursor.execute("INSERT INTO t VALUES (1)")
            cursor.execute("INSERT INTO no_such_table VALUES (1)")

    with pytest.raises(DynamicsError):
        change_and_fail()
    with database.transaction() as cursor:
        cursor.execute("INSERT INTO t VALUES (2)")
    assert database.ask("SELECT n FROM t") == [(2,)]
    database.close()


def test_a_block_whose_end_fails_changes_nothing_and_the_next_one_begins(tmp_path):
    """As on a disk that is full when the transaction is written."""
    database = opened(tmp_path / "a.sqlite")
    database.connection.execute("PRAGMA foreign_keys = ON")
    database.connection.execute("CREATE TABLE of_t (n REFERENCES u DEFERRABLE INITIALLY DEFERRED)")
    database.connection.execute("CREATE TABLE u (n INTEGER PRIMARY KEY)")

    def change():
        with database.transaction() as cursor:
            cursor.execute("INSERT INTO of_t VALUES (1)")

    with pytest.raises(DynamicsError):
        change()
    assert not database.connection.in_transaction
    with database.transaction() as cursor:
        cursor.execute("INSERT INTO t VALUES (2)")
    assert database.ask("SELECT count(*) FROM of_t") == [(0,)]
    database.close()


@pytest.mark.fault("P14")
def test_a_file_that_is_no_database_is_called_damaged_with_what_to_do(tmp_path):
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"no database at all, " * 100)
    with pytest.raises(ConfigurationError, match=r'"[^"]*a\.sqlite" is damaged \(.*\)\. Remove it\.'):
        opened(path)


def test_a_file_that_cannot_be_opened_is_named_with_the_setting(tmp_path):
    (tmp_path / "a.sqlite").mkdir()
    with pytest.raises(ConfigurationError, match=r"cannot be opened .*; check store_path"):
        opened(tmp_path / "a.sqlite")


def test_what_breaks_while_it_is_used_ends_the_run_with_what_follows(tmp_path):
    database = opened(tmp_path / "a.sqlite")
    database.close()
    with pytest.raises(DynamicsError, match=r"a\.sqlite in store_path cannot be used any more .* the next run goes on"):
        database.ask("SELECT n FROM t")


@pytest.mark.parametrize("value", ["x'00ff'", "x''"])
def test_bytes_are_no_value_of_ours_and_mean_damage_wherever_they_are_read(tmp_path, value):
    database = opened(tmp_path / "a.sqlite")
    with database.transaction() as cursor:
        cursor.execute(f"INSERT INTO t VALUES ({value})")
    with pytest.raises(DynamicsError, match=r"a\.sqlite in store_path is damaged .*malformed"):
        database.ask("SELECT n FROM t")
    with pytest.raises(DynamicsError, match="malformed"), database.explained():
        list(database.connection.execute("SELECT n, 1 FROM t"))
    database.close()


@pytest.mark.parametrize("value", ["'x'", "9e999", "NULL"])
def test_a_value_that_cannot_be_understood_means_damage(tmp_path, value):
    database = opened(tmp_path / "a.sqlite")
    with database.transaction() as cursor:
        cursor.execute(f"INSERT INTO t VALUES ({value})")
    with pytest.raises(DynamicsError, match="malformed"), database.understood():
        int(database.ask("SELECT n FROM t")[0][0])
    database.close()
