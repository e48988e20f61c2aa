"""Which mutants are there? All of them, by the package whose code they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutants import of_client, of_plugin, of_tap, of_target
from mutants.mechanisms import MECHANISMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MUTANTS = (*of_client.MUTANTS, *of_plugin.MUTANTS, *of_tap.MUTANTS, *of_target.MUTANTS)


def faults(root: Path) -> Iterator[str]:
    """What is wrong with the table, as far as that can be seen without running anything."""
    for mutant in MUTANTS:
        yield from mutant.faults(root)
    names = [mutant.name for mutant in MUTANTS]
    yield from (f"{name}: two mutants are called so." for name in sorted({n for n in names if names.count(n) > 1}))
    covered = {mutant.mechanism for mutant in MUTANTS}
    yield from (f"{name}: no mutant takes this mechanism out." for name in MECHANISMS if name not in covered)
    yield from (f"{name}: is no mechanism of mechanisms.py." for name in sorted(covered - MECHANISMS.keys()))
