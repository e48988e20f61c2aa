"""What does a file of outcomes say: of the records of a run, counted by reason or one by one, and of which runs?"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, get_args

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_failures import at_opening
from target_dynamics_bc.json_lines import from_json
from target_dynamics_bc.kept.outcomes import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Line = dict[str, Any]
"""A line of the file."""

_PLACES = re.compile(r"\[\d+\]")
_TEXTS = ("run_id", "at", "stream", "outcome")
_NEEDED = {"external_id", "number", "position", "company_id"}
_NO_FAULT = {"code": "", "field": "", "message": ""}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which outcomes are asked for; all of a run when nothing is set.

    Attributes:
        run_id: Of this run, or of the one whose id begins so; of the last one when None.
        streams: Of these streams; patterns, in any case.
        outcomes: Of these kinds.
        code: With this code among their errors.
    """

    run_id: str | None = None
    streams: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    code: str | None = None

    def takes(self, line: Line) -> bool:
        """Whether an outcome of the run is asked for."""
        stream = str(line["stream"]).lower()
        return (
            (not self.streams or any(fnmatch(stream, pattern.lower()) for pattern in self.streams))
            and (not self.outcomes or line["outcome"] in self.outcomes)
            and (self.code is None or any(error["code"] == self.code for error in line["errors"]))
        )


def outcomes_of(path: Path, wanted: Wanted) -> list[Line]:
    """The outcomes that are asked for, in the order of the file.

    Raises:
        ConfigurationError: There is no such run, or no such kind of outcome.
    """
    kinds = get_args(OutcomeKind)
    for kind in wanted.outcomes:
        if kind not in kinds:
            raise ConfigurationError(f'There is no outcome "{kind}"; outcomes are {", ".join(kinds)}.')
    found: list[Line] = []
    run_id: str | None = None
    for line in _lines(path):
        if wanted.run_id is not None:
            if not str(line["run_id"]).startswith(wanted.run_id):
                continue
        elif line["run_id"] != run_id:
            run_id = line["run_id"]
            found.clear()
        found.append(line)
    if wanted.run_id is not None and not found:
        raise ConfigurationError(f'There is no run "{wanted.run_id}" in "{path}"; --runs lists those that are there.')
    return [line for line in found if wanted.takes(line)]


def counted(outcomes: Iterable[Line]) -> list[Line]:
    """Outcomes counted by stream, kind and the first reason."""
    found: dict[tuple[str, ...], Line] = {}
    for line in outcomes:
        first = next(iter(line["errors"]), _NO_FAULT)
        # Of the lines of a record any will do.
        field = _PLACES.sub("[]", first["field"])
        key = (line["stream"], line["outcome"], first["code"], field)
        row = found.setdefault(
            key,
            {
                "stream": line["stream"],
                "outcome": line["outcome"],
                "records": 0,
                "code": first["code"],
                "field": field,
                "example": line["external_id"] or line["number"] or str(line["position"]),
                "message": first["message"],
            },
        )
        row["records"] += 1
    return sorted(found.values(), key=lambda row: (row["stream"], row["outcome"], -row["records"]))


def one_by_one(outcomes: Iterable[Line]) -> list[Line]:
    """Outcomes as they are in the file, with their reasons in one text."""
    return [
        {**line, "reason": " ".join(error["message"] for error in line["errors"]), "company": _company(line)}
        for line in outcomes
    ]


def runs(path: Path) -> list[Line]:
    """The runs that are in the file, the last one last: when each began and ended, and what it came to."""
    found: dict[str, Line] = {}
    counts: dict[str, Counter[str]] = {}
    for line in _lines(path):
        run_id, at = line["run_id"], line["at"]
        found.setdefault(run_id, {"run_id": run_id, "began": at})["ended"] = at
        counts.setdefault(run_id, Counter())[line["outcome"]] += 1
    return [
        {**row, "records": counts[run_id].total(), "outcomes": dict(counts[run_id]), "came_to": _told(counts[run_id])}
        for run_id, row in found.items()
    ]


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))


def _company(line: Line) -> str:
    return str(line.get("company_name") or line["company_id"] or "")


def _lines(path: Path) -> Iterator[Line]:
    """The lines of the file; one that was not written to its end is none.

    Raises:
        ConfigurationError: The file cannot be read, or a line is something else.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith("\n"):
                    continue
                outcome = _outcome(line)
                if outcome is None:
                    raise ConfigurationError(
                        f'Line {number} of "{path}" is not an outcome; remove that line, or move the file away.'
                    )
                yield outcome
    except FileNotFoundError:
        return
    except OSError as error:
        raise at_opening(path, error, setting="store_path or outcomes_path", verb="read") from error


def _outcome(line: str) -> Line | None:
    """What a line says; None when it is no outcome."""
    try:
        found = from_json(line)
        faults = found["errors"]
        texts = [found[name] for name in _TEXTS] + [fault[name] for fault in faults for name in _NO_FAULT]
        whole = found.keys() >= _NEEDED
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return None
    return found if whole and isinstance(faults, list) and all(isinstance(text, str) for text in texts) else None
