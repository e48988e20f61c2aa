"""Are the tables of the README, the documentation and meltano.yml those of the code?

Writes every marked block (see `marked_blocks.py`) again from what the programs say about themselves. With `--check`
nothing is written: a stale block is named, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from marked_blocks import block_names, replaced, stale_names, unclosed_marks
from tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent


def documents(root: Path) -> Iterator[Path]:
    """Every file that may hold generated blocks."""
    yield from sorted(root.glob("*.md"))
    yield from sorted(root.glob("docs/**/*.md"))
    yield from sorted(root.glob("*/README.md"))
    yield from sorted(root.glob("meltano.yml"))


def faults(root: Path, *, check: bool) -> Iterator[str]:
    """Bring every document up to date, or only say which are not."""
    for path in documents(root):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(root)
        unknown = [each for each in block_names(text) if each not in TABLES]
        if unknown:
            yield f"{name}: there is no table named {unknown[0]!r}; there are {', '.join(sorted(TABLES))}."
        elif unclosed_marks(text):
            yield f"{name}: a generated table begins and has no end mark."
        else:
            yield from stale_blocks(path, name, text, check=check)


def stale_blocks(path: Path, name: Path, text: str, *, check: bool) -> Iterator[str]:
    tables = {table: TABLES[table]() for table in block_names(text)}
    # Asking the programs takes a while, and somebody may have saved the document meanwhile.
    text = path.read_text(encoding="utf-8")
    stale = stale_names(text, tables.__getitem__)
    if stale and check:
        yield f"{name}: a table is not what the code says ({', '.join(stale)}). Run `make tables`."
    elif stale:
        path.write_text(replaced(text, tables.__getitem__), encoding="utf-8")
        print(f"{name}: written again")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a table is stale")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the documents")
    arguments = parser.parse_args()
    found = list(faults(arguments.root, check=arguments.check))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
