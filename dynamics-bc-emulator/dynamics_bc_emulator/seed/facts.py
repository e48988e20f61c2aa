"""What is known of a company before it becomes rows: names, codes, documents, without ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from dynamics_bc_emulator.values import decode

Fact = dict[str, Any]
DEMO_COMPANY = "CRONUS International Ltd."
_DEMO_ONLY_DIMENSION = ("CLASS", "Class")
_DEMO_ONLY_VALUES = (("RETAIL", "Retail"), ("WHOLESALE", "Wholesale"), ("ONLINE", "Online"))


@dataclass(frozen=True, slots=True)
class Facts:
    """A company's facts by entity set; documents, entries and payments of posted documents apart.

    Attributes:
        sets: Facts by entity set, with codes where rows have ids.
        documents: Headers with their lines, drafts and posted ones.
    """

    name: str
    display_name: str
    sets: dict[str, list[Fact]] = field(default_factory=dict)
    documents: list[Fact] = field(default_factory=list)


@cache
def load(name: str) -> list[Fact]:
    """The demo company's facts of one kind, decimals exact."""
    facts: list[Fact] = decode(files("dynamics_bc_emulator").joinpath(f"data/cronus/{name}.json").read_bytes())
    return facts


def demo_company() -> Facts:
    """The demo company, with one dimension that no other company has."""
    names = sorted(
        path.name[: -len(".json")] for path in files("dynamics_bc_emulator").joinpath("data/cronus").iterdir()
    )
    sets = {name: load(name) for name in names if name != "documents"}
    code, shown = _DEMO_ONLY_DIMENSION
    sets["dimensions"] = [*sets["dimensions"], {"code": code, "displayName": shown}]
    values = [{"code": value, "displayName": text, "dimensionCode": code} for value, text in _DEMO_ONLY_VALUES]
    sets["dimensionValues"] = [*sets["dimensionValues"], *values]
    return Facts(DEMO_COMPANY, DEMO_COMPANY, sets, load("documents"))
