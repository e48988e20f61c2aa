"""What is a request for: which company, which entity set, which record of it?

A path is read once, here. Whoever judges a response or words a message looks at the value and never at a URL again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

STANDARD = "v2.0"
"""Route of the standard API."""

WEB_SERVICES = "ODataV4"
"""Route of the published web services."""

TargetKind = Literal["record", "set", "company", "other"]

ACTION = "Microsoft.NAV."

COUNT = "$count"
"""What stands behind a set to ask for its number of rows: it is for the set."""

# A name, and a key in parentheses; text in a key stands between quotes and may hold anything, also doubled quotes.
_SEGMENT = re.compile(r"/?(?P<name>[^/(]+)(?:\((?P<key>(?:'(?:[^']|'')*'|[^)'])*)\))?")
_COMPANIES = frozenset({"companies", "Company"})


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """What a request is for.

    Attributes:
        path: Below the root of its route, without a query string: what a person looks for.
        route: `publisher/group/version` of an API, `v2.0` of the standard one, `ODataV4`; None for what is beside the
            routes, such as the list of environments.
        company: Key of the company in the path; None for what belongs to no company.
        set: Name of the entity set, of the navigation property, or of whatever else the path ends with; empty for a
            company itself.
        key: Key of the record; None for a whole set.
        action: Name of the action that is called; empty for none.
    """

    path: str
    route: str | None = STANDARD
    company: str | None = None
    set: str = ""
    key: str | None = None
    action: str = ""

    @classmethod
    def of(cls, path: str, route: str | None = STANDARD) -> RequestTarget:
        """What a path below the root of a route is for."""
        bare = path.partition("?")[0].strip("/")
        segments = [(match["name"], match["key"]) for match in _SEGMENT.finditer(bare)]
        company = segments.pop(0)[1] if segments and segments[0][0] in _COMPANIES and segments[0][1] else None
        if len(segments) > 1 and segments[-1][0] == COUNT:
            segments.pop()
        action = segments.pop()[0] if segments and segments[-1][0].startswith(ACTION) else ""
        name, key = segments[-1] if segments else ("", None)
        return cls(bare, route, company, name, key, action.removeprefix(ACTION))

    @property
    def kind(self) -> TargetKind:
        """What is asked for: a record, a whole set or something else below one, a company, or none of these."""
        if self.action or (not self.set and self.company is None):
            return "other"
        if not self.set:
            return "company"
        return "set" if self.key is None else "record"

    def __str__(self) -> str:
        route = "" if self.route in {STANDARD, None} else f" of {self.route}"
        return f"{self.path or 'the root of the API'}{route}"
