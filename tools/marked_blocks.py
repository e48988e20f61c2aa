"""Which parts of a text are generated, and how are they replaced?

A block stands between two marks, each on a line of its own. In Markdown:

    <!-- table: tap settings -->
    <!-- end -->

and in YAML, where the indentation of the first mark is given to every line of the block:

    # table: tap settings
    # end
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?P<start><!-- table: (?P<name>[^>]+?) -->|# table: (?P<yaml_name>.+?))[ ]*\n"
    r"(?P<body>.*?)"
    r"^(?P=indent)(?P<end><!-- end -->|# end)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
MARK = re.compile(r"^[ ]*(?:<!-- table: |# table: )", re.MULTILINE)


def block_names(text: str) -> list[str]:
    """The names of a text's blocks, in their order."""
    return [name_of(match) for match in BLOCK.finditer(text)]


def unclosed_marks(text: str) -> int:
    """How many blocks begin and never end."""
    return len(MARK.findall(text)) - len(block_names(text))


def replaced(text: str, content: Callable[[str], str]) -> str:
    """The text with each block's content replaced by what `content` returns for its name."""
    return BLOCK.sub(lambda match: block(match, content(name_of(match))), text)


def stale_names(text: str, content: Callable[[str], str]) -> list[str]:
    """The names of the blocks whose content is another one."""
    return [name_of(match) for match in BLOCK.finditer(text) if match[0] != block(match, content(name_of(match)))]


def block(match: re.Match[str], body: str) -> str:
    indent = match["indent"]
    lines = [indent + line if line else "" for line in body.strip("\n").split("\n")]
    gap = [] if match["yaml_name"] else [""]
    return "\n".join([indent + match["start"], *gap, *lines, *gap, indent + match["end"]])


def name_of(match: re.Match[str]) -> str:
    return (match["name"] or match["yaml_name"]).strip()
