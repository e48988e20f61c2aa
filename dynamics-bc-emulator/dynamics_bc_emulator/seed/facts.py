"""What is known of a company before it becomes rows: names, codes, documents, without ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from dynamics_bc_emulator.seed.countries import GREAT_BRITAIN, Country
from dynamics_bc_emulator.values import decode

Fact = dict[str, Any]
_DEMO_ONLY_DIMENSION = ("CLASS", "Class")
_DEMO_ONLY_VALUES = (("RETAIL", "Retail"), ("WHOLESALE", "Wholesale"), ("ONLINE", "Online"))

# What a company has done, and what hangs on it.
_HISTORY = frozenset((
    *("documents", "generalLedgerEntries", "itemLedgerEntries", "appliedCustomerPayments", "opportunities"),
    *("projects", "fixedAssets", "transferOrders"),
))  # fmt: skip
_FEW = {"customers": 3, "vendors": 2, "items": 6, "employees": 2}


@dataclass(frozen=True, slots=True)
class Facts:
    """A company's facts by entity set; documents, entries and payments of posted documents apart.

    Attributes:
        sets: Facts by entity set, with codes where rows have ids.
        documents: Headers with their lines, drafts and posted ones.
        posted_by_rules: The posted documents have no entries among the facts; the rules post them.
    """

    name: str
    display_name: str
    sets: dict[str, list[Fact]] = field(default_factory=dict)
    documents: list[Fact] = field(default_factory=list)
    posted_by_rules: bool = False


@cache
def load(name: str, country: Country = GREAT_BRITAIN) -> list[Fact]:
    """A country's facts of one kind, decimals exact; those that countries share stand with the demo company's."""
    folders = (files("dynamics_bc_emulator").joinpath(f"data/{one.folder}") for one in (country, GREAT_BRITAIN))
    path = next(path for folder in folders if (path := folder.joinpath(f"{name}.json")).is_file())
    facts: list[Fact] = decode(path.read_bytes())
    return facts


def demo_company(country: Country = GREAT_BRITAIN) -> Facts:
    """A country's demo company, with one dimension that no other company has."""
    sets = {name: load(name, country) for name in _names() if name != "documents"}
    code, shown = _DEMO_ONLY_DIMENSION
    sets["dimensions"] = [*sets["dimensions"], {"code": code, "displayName": shown}]
    values = [{"code": value, "displayName": text, "dimensionCode": code} for value, text in _DEMO_ONLY_VALUES]
    sets["dimensionValues"] = [*sets["dimensionValues"], *values]
    return Facts(country.demo_company, country.demo_company, sets, load("documents", country))


def opened_company(country: Country, place: int) -> Facts:
    """A company that was opened and has done nothing yet: set-up, and a few with whom it can begin."""
    name = country.company_name(place)
    sets = {one: load(one, country) for one in _names() if one not in _HISTORY}
    sets |= {one: sets[one][:number] for one, number in _FEW.items()}
    sets["contacts"] = _contacts_of(sets["contacts"], sets["customers"], sets["vendors"])
    known = {row["number"] for row in (*sets["customers"], *sets["vendors"], *sets["items"])}
    sets["defaultDimensions"] = [row for row in sets["defaultDimensions"] if row["parentNumber"] in known]
    sets["itemVariants"] = [row for row in sets["itemVariants"] if row["itemNumber"] in known]
    sets["items"] = [{**row, "inventory": 0} for row in sets["items"]]
    sets["companyInformation"] = [{**row, "displayName": name} for row in sets["companyInformation"]]
    return Facts(name, name, sets)


def _names() -> list[str]:
    """The kinds of facts that there are."""
    folder = files("dynamics_bc_emulator").joinpath(f"data/{GREAT_BRITAIN.folder}")
    return sorted(path.name[: -len(".json")] for path in folder.iterdir())


def _contacts_of(contacts: list[Fact], customers: list[Fact], vendors: list[Fact]) -> list[Fact]:
    wanted = {("Customer", row["number"]) for row in customers} | {("Vendor", row["number"]) for row in vendors}
    return [row for row in contacts if (row["contactBusinessRelation"], row.get("businessRelationNumber")) in wanted]
