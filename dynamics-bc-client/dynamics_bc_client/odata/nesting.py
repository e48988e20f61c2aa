"""Is JSON nested deeper than anybody who means well nests it?

Python's own end is that of its stack, and differs from version to version: 1,000 levels in 3.10, 10,000 in 3.13. What
walks through a value comes to that end after what decoded it, in the middle of its work. So there is one of our own.
"""

from __future__ import annotations

import re

from dynamics_bc_client.limits import JSON_LEVELS

_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{])|([\]}])', re.DOTALL)
_BRACKETS_IN_BYTES = re.compile(_BRACKETS.pattern.encode(), re.DOTALL)


def check_nesting(text: str | bytes) -> None:
    """See that JSON is not nested too deeply; what is no JSON is left to whoever decodes it.

    Raises:
        RecursionError: It is, as a decoder would say that comes to its end.
    """
    # Most texts have fewer brackets than there may be levels, and counting them costs nothing.
    opened = text.count("{") + text.count("[") if isinstance(text, str) else text.count(b"{") + text.count(b"[")
    if opened <= JSON_LEVELS:
        return
    found = _BRACKETS.finditer(text) if isinstance(text, str) else _BRACKETS_IN_BYTES.finditer(text)
    level = 0
    for bracket in found:
        if bracket.lastindex == 1:
            level += 1
            if level > JSON_LEVELS:
                raise RecursionError(f"it is nested more than {JSON_LEVELS} levels deep")
        elif bracket.lastindex == 2:
            level -= 1
