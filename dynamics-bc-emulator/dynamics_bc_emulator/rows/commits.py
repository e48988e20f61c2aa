"""What did a transaction leave behind?"""

from __future__ import annotations

from dataclasses import dataclass, replace

_AFTER = {
    ("added", "changed"): "added",
    ("added", "removed"): "nothing",
    ("changed", "changed"): "changed",
    ("changed", "removed"): "removed",
    ("removed", "added"): "changed",
    ("nothing", "added"): "added",
    ("added", "added"): "added",
    ("changed", "added"): "changed",
    ("removed", "changed"): "changed",
    ("removed", "removed"): "removed",
    ("nothing", "changed"): "added",
    ("nothing", "removed"): "nothing",
}
"""What two changes of a row come to."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A row that a write left behind, or took away.

    Attributes:
        company: The company's id, empty for what hangs under the service root.
        what: `added`, `changed` or `removed`.
        parent: The id of the row that it belongs to, if it says so.
    """

    company: str
    entity_set: str
    id: str
    what: str
    parent: str | None = None


def net_of(commits: list[Commit]) -> list[Commit]:
    """What a transaction leaves behind of each row: one change at most, in the order of the first ones."""
    if len(commits) == 1:
        return commits
    net: dict[tuple[str, str, str], Commit] = {}
    for commit in commits:
        place = (commit.company, commit.entity_set, commit.id)
        before = net.get(place)
        what = commit.what if before is None else _AFTER[before.what, commit.what]
        net[place] = replace(commit, what=what)
    return [commit for commit in net.values() if commit.what != "nothing"]
