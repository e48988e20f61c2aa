"""Which code blocks does a Markdown page have, and what is said about each?

A comment on the line before a block says how it is checked:

    <!-- check: run -->            its commands are run, in a folder of the page, on an emulator
    <!-- check: fails with 2 -->   the same, and the last command ends with that code
    <!-- check: not, because ... -->  it is only shown

Without a comment a block is read by its language. A block with a title is a file of that name.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = re.compile(
    r"(?:^[ ]*<!-- check: (?P<check>.+?) -->[ ]*\n\s*)?"
    r"^(?P<indent>[ ]*)```(?P<language>\w*)(?P<attributes>[^\n]*)\n(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
TITLE = re.compile(r'title="([^"]+)"')
FAILS = re.compile(r"fails with (\d+)")


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """One fenced block.

    Attributes:
        line: Where it begins.
        language: As the fence says it; may be empty.
        title: Name of the file that it is; empty when it is none.
        check: The comment before it; empty without one.
        text: What is in it.
    """

    line: int
    language: str
    title: str
    check: str
    text: str

    @property
    def is_shown_only(self) -> bool:
        """Whether nothing about it is checked."""
        return self.check.startswith("not, because ")

    @property
    def is_run(self) -> bool:
        """Whether its commands are run."""
        return self.check == "run" or bool(FAILS.fullmatch(self.check))

    @property
    def exit_code(self) -> int:
        """What its last command must end with."""
        match = FAILS.fullmatch(self.check)
        return int(match[1]) if match else 0


def code_blocks(page: str) -> Iterator[CodeBlock]:
    """The fenced blocks of a page, in their order."""
    for match in BLOCK.finditer(page):
        title = TITLE.search(match["attributes"])
        yield CodeBlock(
            line=page.count("\n", 0, match.start("text")),
            language=match["language"],
            title=title[1] if title else "",
            check=match["check"] or "",
            text=textwrap.dedent(match["text"]),
        )
