"""What was asked of the emulator, for tests to look at: nothing secret in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

_HIDDEN_HEADERS = frozenset(("authorization", "cookie"))


@dataclass
class RequestLog:
    """Requests in the order in which they began."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    _last: int = 0

    def begin(self, method: str, path: str, query: str, headers: dict[str, str], started: float) -> dict[str, Any]:
        """Note that a request has begun; the entry is completed when it ends.

        Args:
            method: The verb.
            path: Decoded, without the query.
            query: As sent.
            headers: By lower-case name.
            started: Seconds since 1970 of the machine's clock.
        """
        self._last += 1
        entry: dict[str, Any] = {
            "n": self._last,
            "method": method,
            "path": path,
            "query": {name: _hidden(name, value) for name, value in parse_qsl(query, keep_blank_values=True)},
            "headers": {name: "***" if name in _HIDDEN_HEADERS else value for name, value in headers.items()},
            "status": None,
            "started": started,
            "ended": None,
            "operations": [],
            "principal": None,
        }
        self.entries.append(entry)
        return entry

    def since(self, number: int) -> list[dict[str, Any]]:
        """Requests after that one; 0 for all."""
        return [entry for entry in self.entries if entry["n"] > number]

    def clear(self) -> None:
        """Forget everything and count from 1 again."""
        self.entries.clear()
        self._last = 0


def _hidden(name: str, value: str) -> str:
    return "***" if name in {"code", "client_secret", "access_token", "refresh_token"} else value
