"""Which configuration template fills what a request leaves open in a new record?

Templates and the rules by which they are chosen are set-up that no entity set shows; the control `tables` fills them.
The first rule of a set whose property has its value chooses the template; a rule without a property always does. A
template's values go to properties that the request did not send.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rows.set_up_tables import internal_set, place
from dynamics_bc_emulator.writes.values import to_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet, Property
    from dynamics_bc_emulator.rules.draft import Draft

# The sets whose pages look for a template.
TEMPLATED = frozenset(
    (
        "contacts",
        "countriesRegions",
        "currencies",
        "customers",
        "employees",
        "itemCategories",
        "items",
        "paymentMethods",
        "paymentTerms",
        "shipmentMethods",
        "unitsOfMeasure",
        "vendors",
    )
)
_RULES, _LINES = internal_set("templateSelectionRules"), internal_set("templateLines")


def template_values(draft: Draft, entity_set: EntitySet) -> Iterator[tuple[Property, Any]]:
    """What the chosen template says of properties that the request did not send, each as a body would send it."""
    if entity_set.name not in TEMPLATED:
        return
    template = _chosen(draft, entity_set)
    if template is None:
        return
    for line in sorted(draft.company.find(_LINES, template=template), key=place):
        known = entity_set.properties.get(line["property"])
        if known is not None and known.name not in draft.given:
            yield known, _from_text(known, line["value"])


def _chosen(draft: Draft, entity_set: EntitySet) -> str | None:
    for rule in sorted(draft.company.find(_RULES, entitySet=entity_set.name), key=place):
        known = entity_set.properties.get(rule["property"])
        if not rule["property"] or (known is not None and _has(draft, known, rule["value"])):
            return str(rule["template"])
    return None


def _has(draft: Draft, known: Property, text: str) -> bool:
    try:
        return bool(draft.row.get(known.name) == to_stored(known, _from_text(known, text)))
    except Refusal:
        return False


def _from_text(known: Property, text: str) -> Any:
    """A text of a table as the JSON value that the property takes; what cannot be read stays a text, and is refused."""
    try:
        return _READERS.get(known.type, str)(text)
    except (InvalidOperation, ValueError):
        return text


_READERS: Mapping[str, Callable[[str], Any]] = {
    "Edm.Decimal": Decimal,
    "Edm.Int32": int,
    "Edm.Int64": int,
    "Edm.Boolean": lambda text: text.lower() in {"true", "yes"},
}
