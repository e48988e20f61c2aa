"""Which texts of a record are no Unicode?

JSON can spell half of a surrogate pair (a text that was cut in the middle of a sign), and a byte that is no UTF-8 is
read as half a pair. No such text can be sent; in files (`json_lines.py`) it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.batch import encode_json
from target_dynamics_bc.kept.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    r"""A text with halves of surrogate pairs spelled as `\ud83d`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def faults_of_texts(record: Mapping[str, Any]) -> tuple[Fault, ...]:
    """A fault for each text of a record that is no Unicode."""
    try:
        encode_json(record)
    except UnicodeEncodeError:
        return tuple(_fault(path) for path in dict.fromkeys(_broken(record, "")))
    return ()


def _fault(path: str) -> Fault:
    message = (
        f"{path} holds text that is not Unicode (cut in the middle of a sign, or bytes that are not UTF-8); "
        "correct it where it comes from."
    )
    return Fault("map", path, "not_unicode", message)


def _broken(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str):
        if HALF_OF_A_PAIR.search(value):
            yield path
    elif isinstance(value, Mapping):
        for name, each in value.items():
            inner = f"{path}.{printable(name)}" if path else printable(name)
            if HALF_OF_A_PAIR.search(name):
                yield inner
            yield from _broken(each, inner)
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _broken(each, f"{path}[{place}]")
