"""Which member of an enum does a text name?

Members are served encoded, as in `Non_x002D_Inventory`. Requests may name them so, by their own text,
`Non-Inventory`, or by their caption, as Microsoft's end-to-end tests do in bodies and in filters.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4})_", re.ASCII)


def member(members: tuple[str, ...], text: str, captions: tuple[str, ...] = ()) -> str | None:
    """The member as it is served, or None if there is none of that name, text or caption."""
    return text if text in members else _by_text(members, captions).get(text)


def own_text(encoded: str) -> str:
    """A member's own text: `Non_x002D_Inventory` is `Non-Inventory`."""
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), encoded)


@cache
def _by_text(members: tuple[str, ...], captions: tuple[str, ...]) -> Mapping[str, str]:
    by_caption = {caption: each for each, caption in zip(members, captions, strict=False) if caption}
    return {**by_caption, **{own_text(each): each for each in members}}
