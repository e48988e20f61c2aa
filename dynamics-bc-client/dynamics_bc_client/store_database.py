"""How is a database of the store opened, asked, and changed: all of a change or nothing of it?

SQLite with a write-ahead log, for its owner alone. Whatever goes wrong with it comes as an error of ours that says
which file it is and what follows.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.store_failures import at_opening, in_a_run
from dynamics_bc_client.store_folder import for_owner, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dynamics_bc_client.errors import DynamicsError


@dataclass(frozen=True, slots=True)
class Consequences:
    """What to say when a database fails, each behind a sentence or clause that names the file.

    Attributes:
        when_damaged: What to do about a file that is damaged, in a sentence; empty to say that it cannot be used.
        when_lost: What follows for the run that was using it, in a clause.
        setting: The setting that leads to it.
    """

    when_damaged: str
    when_lost: str
    setting: str = "store_path"


class StoreDatabase:
    """One database; for one thread, or for several that take turns.

    Args:
        path: The file; None for one that ends with the process.
        prepare: Makes the tables, and what else the file should have.
        consequences: What to say when it fails.
        takes_turns: Several threads use it, each behind a lock of whoever opens it.

    Raises:
        ConfigurationError: The file is damaged, in use or not to be written, or there is no room for it.
    """

    def __init__(
        self,
        path: Path | None,
        prepare: Callable[[sqlite3.Connection], None],
        consequences: Consequences,
        *,
        takes_turns: bool = False,
    ) -> None:
        self._name = "The memory" if path is None else path.name
        self._folder = None if path is None else path.parent
        self._consequences = consequences
        try:
            if path is not None:
                make_folder(path.parent)
                os.close(for_owner(str(path), os.O_RDWR | os.O_CREAT))
            self.connection = sqlite3.connect(
                ":memory:" if path is None else path, isolation_level=None, check_same_thread=not takes_turns
            )
            self.connection.row_factory = _of_ours
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
                prepare(self.connection)
            except sqlite3.Error:
                self.connection.close()
                raise
            except UnicodeDecodeError as error:
                self.connection.close()
                raise _no_text() from error
        except (OSError, sqlite3.Error) as error:
            if path is None:
                raise
            told = consequences
            raise at_opening(path, error, setting=told.setting, when_damaged=told.when_damaged) from error

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """All rows of a query.

        Raises:
            DynamicsError: The file cannot be used any more.
        """
        with self.explained():
            return self.connection.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """All of a block or nothing of it.

        Raises:
            DynamicsError: The file cannot be used any more.
        """
        with self.explained():
            cursor = self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                cursor.execute("COMMIT")  # which leaves the transaction open where it fails
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # some errors have ended the transaction by themselves
                    cursor.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Say what the matter is with the file when a block of statements fails.

        Raises:
            DynamicsError: The file cannot be used any more.
        """
        try:
            try:
                yield
            except UnicodeDecodeError as error:
                raise _no_text() from error
        except sqlite3.Error as error:
            raise self._failure(error) from error

    @contextlib.contextmanager
    def understood(self) -> Iterator[None]:
        """Say that the file is damaged when a block cannot make anything of values that came from it.

        Raises:
            DynamicsError: The file cannot be used any more.
        """
        try:
            yield
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise self._failure(no_value()) from error

    def _failure(self, error: sqlite3.Error) -> DynamicsError:
        told = self._consequences
        name = f"{self._name} in {told.setting}"
        return in_a_run(name, self._folder, error, when_damaged=told.when_damaged, when_lost=told.when_lost)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def _of_ours(_cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row that was put there by us: whatever a column is declared as, SQLite holds bytes in it, and we put none.

    Raises:
        sqlite3.DatabaseError: There are bytes in it.
    """
    if bytes in map(type, row):
        raise no_value()
    return row


def no_value() -> sqlite3.DatabaseError:
    """What it means that a value cannot come from us."""
    return sqlite3.DatabaseError("malformed: a value is none that was put into it")


def _no_text() -> sqlite3.DatabaseError:
    """What it means that the module cannot read a name, or a message with one in it: SQLite keeps nothing but text."""
    return sqlite3.DatabaseError("malformed: something in it is not text")
