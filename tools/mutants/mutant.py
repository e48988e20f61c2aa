"""What is a mutant? The code with one of its mechanisms taken out, and the tests that have to notice."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mechanism, taken out.

    Attributes:
        mechanism: What is taken out, by its name in `mechanisms`.
        how: What the code does in its place, in a few words; no two mutants of a mechanism do the same.
        file: The file, below the root of the project.
        old: The text that is the mechanism, or the part of it that counts; it is there once.
        new: What stands in its place.
        tests: Each of these fails by an assertion, as node ids of pytest; one without parameters means all of them, of
            which one has to fail.
    """

    mechanism: str
    how: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.mechanism}: {self.how}"

    def applied(self, text: str) -> str:
        """The file's text, mutated.

        Raises:
            ValueError: The old text is not there, or more than once.
        """
        if (times := text.count(self.old)) != 1:
            raise ValueError(f"{self.name}: the old text is {times} times in {self.file}; its row has to move with it.")
        return text.replace(self.old, self.new)

    def faults(self, root: Path) -> Iterator[str]:
        """What is wrong with the row, in sentences: all of this can be seen without running anything."""
        try:
            mutated = self.applied((root / self.file).read_text(encoding="utf-8"))
            ast.parse(mutated)
        except (OSError, ValueError, SyntaxError) as error:
            yield f"{error}" if isinstance(error, ValueError) else f"{self.name}: {self.file}: {error}"
        if self.old == self.new:
            yield f"{self.name}: nothing is changed."
        if not self.tests:
            yield f"{self.name}: no test is named."
        for test in self.tests:
            path, _, function = test.partition("[")[0].partition("::")
            if function not in functions(root / path):
                yield f"{self.name}: there is no test {test}."


@cache
def functions(path: Path) -> set[str]:
    """The names of the functions at the top of a file."""
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
