"""What was asked of the emulator, for tests to look at: nothing secret in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

_HIDDEN = "***"
_SECRET_HEADER = re.compile(r"auth|cookie|secret|token|key|passw|credential|referer|signature", re.IGNORECASE)
# Names of OData's own options begin with a $: a $skiptoken is none of the kind.
_SECRET_NAME = re.compile(
    r"(?!\$).*(?:secr|token|assertion|passw|pwd|credential|verifier|ticket|(?:api|subscription|access)[-_]?key).*"
    r"|(?:code|device_code|user_code|sig|signature|key|auth)",
    re.IGNORECASE,
)
# What a URL has before its host and behind its path.
_OF_A_URL = re.compile(r"(?<=://)[^/?#\s@]*@|(?<=[?#]).+", re.DOTALL)


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
            "headers": {name: _HIDDEN if _SECRET_HEADER.search(name) else value for name, value in headers.items()},
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


def without_secrets(address: str) -> str:
    """A path with its query as it may be shown."""
    path, mark, query = address.partition("?")
    shown = (f"{name}={_hidden(name, value)}" for name, value in parse_qsl(query, keep_blank_values=True))
    return f"{path}{mark}{'&'.join(shown)}"


def _hidden(name: str, value: str) -> str:
    """What is shown of a value of a query."""
    if _SECRET_NAME.fullmatch(name):
        return _HIDDEN
    return value if name.startswith("$") or "://" not in value else _OF_A_URL.sub(_HIDDEN, value)
