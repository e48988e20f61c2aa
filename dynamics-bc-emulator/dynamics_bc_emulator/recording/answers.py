"""Recorded answers, given again to the very questions that they were given to, in the order of the recording."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.recording.exchanges import ROOT
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dynamics_bc_emulator.recording.exchanges import Exchange

# The others are made anew for every answer, or say nothing.
_KEPT = frozenset(("content-type", "etag", "location", "odata-version", "preference-applied", "retry-after"))


class Answers:
    """Answers to reads by question; the last one of a question is given from then on."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._known: dict[Any, list[Exchange]] = defaultdict(list)
        for each in exchanges:
            if each.method == "GET" and (each.body is not None or each.status in {204, 304}):
                self._known[question_of(each.path, each.query)].append(each)
        self._given: dict[Any, int] = defaultdict(int)

    def to(self, path: str, query: Mapping[str, str], root: str) -> DataResponse | None:
        """The answer to a read, None if it is not recorded.

        Args:
            path: Below the environment, decoded.
            query: Options, decoded.
            root: The environment's address as the client spelled it.
        """
        question = question_of(path, query)
        if question not in self._known:
            return None
        found = self._known[question]
        exchange = found[min(self._given[question], len(found) - 1)]
        self._given[question] += 1
        headers = {name: value for name, value in exchange.headers.items() if name in _KEPT and value != "***"}
        text = exchange.body.encode() if isinstance(exchange.body, str) else encode(exchange.body)
        named = {_header_name(name): value.replace(ROOT, root) for name, value in headers.items()}
        return DataResponse(exchange.status, text.replace(ROOT.encode(), root.encode()), named)

    def begin_again(self) -> None:
        """Give the first answers once more."""
        self._given.clear()


def question_of(path: str, query: Mapping[str, str]) -> Any:
    """What makes two questions the same: the path, whatever its case, and the options in any order."""
    return path.strip("/").lower(), frozenset(query.items())


def _header_name(name: str) -> str:
    return {"odata-version": "OData-Version", "etag": "ETag"}.get(name, name.title())
