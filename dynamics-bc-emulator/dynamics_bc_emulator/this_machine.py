"""Which names does this machine have for itself, where a server of ours is asked by name?"""

from __future__ import annotations

import re

_NAMES = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


def is_this_machine(host: str) -> bool:
    """Whether a Host header is such a name.

    The name of any site can be made to lead here; a browser then takes an answer for one of that site's.
    """
    return _NAMES.fullmatch(host) is not None
