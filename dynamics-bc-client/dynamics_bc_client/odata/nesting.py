"""Is JSON nested deeper than anybody who means well nests it?

Python's own end is that of its stack, and differs from version to version: 1,000 levels in 3.10, 10,000 in 3.13. What
walks through a value comes to that end after what decoded it, in the middle of its work. So there is one of our own.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from dynamics_bc_client.limits import JSON_LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEITHER_QUOTE_NOR_BRACKET = bytes(set(range(256)) - set(b'"[]{}'))
_TEXT_OR_BRACKETS = re.compile(rb'"[^"]*"?|([^"]+)')
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def check_nesting(text: str | bytes) -> None:
    """See that JSON is not nested too deeply; what is no JSON is left to whoever decodes it.

    Takes time and memory in proportion to the text, whatever it is.

    Raises:
        RecursionError: It is, as a decoder would say that comes to its end.
    """
    # Most texts have fewer brackets than there may be levels, and counting them costs nothing.
    opened = text.count("{") + text.count("[") if isinstance(text, str) else text.count(b"{") + text.count(b"[")
    if opened <= JSON_LEVELS:
        return
    body = text.encode(errors="replace") if isinstance(text, str) else text
    levels = itertools.accumulate(map(_STEPS.__getitem__, _brackets(body)))
    if max(levels, default=0) > JSON_LEVELS:
        raise RecursionError(f"it is nested more than {JSON_LEVELS} levels deep")


def _brackets(body: bytes) -> Iterator[int]:
    """Those outside texts. Escapes go first, in pairs, so that every quote that is left begins or ends a text.

    One expression for a text with its escapes would begin anew at each quote of a text that never ends.
    """
    without_escapes = body.replace(rb"\\", b"").replace(rb"\"", b"")
    marks = without_escapes.translate(None, _NEITHER_QUOTE_NOR_BRACKET)
    # Two quotes beside each other are an empty text, or make two texts one: most are gone before texts are looked for.
    found = _TEXT_OR_BRACKETS.finditer(marks.replace(b'""', b""))
    return itertools.chain.from_iterable(each[1] or b"" for each in found)
