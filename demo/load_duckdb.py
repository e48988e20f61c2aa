"""How does the demo load DuckDB without losing rows?

Runs the loader `target-duckdb` 0.8.0 as it is, but for one word: it copies each batch from a CSV file without saying
that the file has no header, and DuckDB from 1.1 on then takes the first row of a batch of text columns for one. With
DuckDB 1.0 the loader needs no help, but that version has no build for Python 3.13. Runs in the loader's environment.
"""

from __future__ import annotations

from typing import Any

import target_duckdb


class HeaderlessConnection:
    """A DuckDB connection whose COPY statements say that a file has no header."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *arguments: Any) -> Any:
        """Run a statement; a COPY is told that its file begins with a row."""
        if statement.startswith("COPY "):
            statement = statement.replace("WITH (new_line", "WITH (HEADER false, new_line", 1)
        return self._connection.execute(statement, *arguments)


connect = target_duckdb.duckdb_connect
target_duckdb.duckdb_connect = lambda config: HeaderlessConnection(connect(config))

if __name__ == "__main__":
    target_duckdb.main()
