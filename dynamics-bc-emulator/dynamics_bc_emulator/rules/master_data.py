"""What is checked and filled in when a customer, a vendor or a code table's row is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.date_formulas import is_formula
from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.document_kinds import KINDS
from dynamics_bc_emulator.rules.draft import Rules, in_turn
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules
from dynamics_bc_emulator.rules.parties import CUSTOMER, VENDOR
from dynamics_bc_emulator.rules.relations import repeating_codes, repeating_properties
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, DraftRule, PropertyRule
    from dynamics_bc_emulator.rules.parties import Party

_CAPITALS = re.compile(r"(?<=[a-z])([A-Z])")
_LINES = tuple(kind.lines for kind in KINDS)
# Where a number or code is repeated without its id beside it, by set: set, property, and what else must be so.
_REPEATED: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = {
    "items": (
        *((lines, "lineObjectNumber", {"lineType": "Item"}) for lines in _LINES),
        ("itemLedgerEntries", "itemNumber", {}),
    ),
    "customers": (("contacts", "_relatedNumber", {"_relatedType": "Customer"}),),
    "vendors": (("contacts", "_relatedNumber", {"_relatedType": "Vendor"}),),
    "bankAccounts": (
        ("contacts", "_relatedNumber", {"_relatedType": "Bank_x0020_Account"}),
        ("_bankPostingGroups", "bankAccountNumber", {}),
    ),
    "currencies": (("currencyExchangeRates", "currencyCode", {}),),
    "paymentMethods": (("_paymentMethodAccounts", "paymentMethodCode", {}),),
    "taxAreas": (
        ("customers", "_taxAreaCode", {}),
        ("vendors", "_taxAreaCode", {}),
        ("_vatPostingSetup", "taxAreaCode", {}),
        ("_generalPostingSetup", "taxAreaCode", {}),
        ("_partyPostingGroups", "taxAreaCode", {}),
    ),
    "taxGroups": (
        ("items", "_taxGroupCode", {}),
        *((lines, "taxCode", {}) for lines in _LINES),
        ("_vatPostingSetup", "taxGroupCode", {}),
    ),
}


def draws_number(series: str) -> DraftRule:
    """A rule that draws the number of a record that has none, passing over numbers in use."""

    def draw(draft: Draft) -> None:
        if not draft.is_blank("number"):
            draft.company.check_manual(series)
        while draft.is_blank("number"):
            number = draft.company.next_number(series)
            if draft.company.first(draft.entity_set, number=number) is None:
                draft.row["number"] = number

    return draw


def needs_text(name: str) -> PropertyRule:
    """A rule that refuses a blank text."""

    def set_text(draft: Draft, value: Any) -> None:
        if not value.strip():
            raise refused(f'The blank "{name}" is not allowed.')
        draft.row[name] = value

    return set_text


def set_number(draft: Draft, value: Any) -> None:
    """The rule of a number: it can be changed, but not taken away."""
    if draft.stored and not value:
        raise refused("The number must not be blank.")
    draft.row["number"] = value


def rename(draft: Draft) -> None:
    """Carry a new number or code to the records that repeat it."""
    key = "number" if "number" in draft.row else "code"
    if draft.stored is None or not draft.has_changed(key):
        return
    repeats = repeating_properties(draft.entity_set)
    places = [(entity_set, name, {id_name: draft.row["id"]}) for entity_set, id_name, name in repeats]
    places += [
        (entity_set, name, {name: draft.stored[key], **more})
        for entity_set, name, more in _REPEATED.get(draft.entity_set, ())
    ]
    places += [(entity_set, name, {name: draft.stored[key]}) for entity_set, name in repeating_codes(draft.entity_set)]
    for entity_set, name, match in places:
        for row in draft.company.find(entity_set, **match):
            draft.company.update(entity_set, row["id"], {name: draft.row[key]}, touch=False)


def document_caption(headers: str) -> str:
    """What people call a document of a set: `salesCreditMemos` has the `Sales Credit Memo`."""
    return _CAPITALS.sub(r" \1", headers[:-1]).title()


def _keeps_open_documents(party: Party) -> DraftRule:
    """A rule that refuses to delete whom open documents name."""

    def check(draft: Draft) -> None:
        for kind in (kind for kind in KINDS if kind.party is party):
            rows = draft.company.find(kind.headers, **{party.id_name: draft.row["id"]})
            if any(not row.get("_posted") for row in rows):
                raise refused(
                    f"You cannot delete {party.caption} {draft.row['number']} because there is at least one "
                    f"outstanding {document_caption(kind.headers)} for this {party.caption.lower()}."
                )

    return check


def _keeps_entries(entries: str, party_id: str, caption: str) -> DraftRule:
    """A rule that refuses to delete whom open ledger entries name."""

    def check(draft: Draft) -> None:
        if any(row.get("open") for row in draft.company.find(entries, **{party_id: draft.row["id"]})):
            raise refused(
                f"You cannot delete {caption} {draft.row['number']} because there are one or more open ledger entries."
            )

    return check


def _local_currency(draft: Draft) -> None:
    draft.row["currencyCode"] = draft.company.local_currency


def _tax_area(draft: Draft) -> None:
    """New customers and vendors get the tax area that the demo company's templates give them."""
    area = draft.company.first("taxAreas", code="DOMESTIC") or {}
    draft.row["_taxAreaCode"] = area.get("code", "")
    if "taxAreaId" in draft.row:
        draft.row.update(taxAreaId=area.get("id", ZERO_GUID), taxAreaDisplayName=area.get("displayName", ""))


def _follow_tax_area(draft: Draft, area: Row | None) -> None:
    names = area or {"displayName": "", "code": ""}
    draft.row.update(taxAreaDisplayName=names["displayName"], _taxAreaCode=names["code"])


_TAX_AREA = Pair("taxAreaId", None, "taxAreas", "Tax Area", follow=_follow_tax_area)


def delete_default_dimensions(draft: Draft) -> None:
    """What hangs on a record goes with it."""
    for row in draft.company.find("defaultDimensions", parentId=draft.row["id"]):
        draft.company.delete("defaultDimensions", row["id"])


CUSTOMERS = Rules(
    start=in_turn(_local_currency, _tax_area),
    properties={
        "number": set_number,
        "displayName": needs_text("displayName"),
        **pair_rules(_TAX_AREA),
    },
    insert=draws_number("CUST"),
    modified=rename,
    delete=in_turn(
        _keeps_open_documents(CUSTOMER),
        _keeps_entries("_customerLedgerEntries", "customerId", "Customer"),
    ),
    deleted=delete_default_dimensions,
    missing={("displayName",): 'A "displayName" must be provided.'},
)

VENDORS = Rules(
    start=in_turn(_local_currency, _tax_area),
    properties={"number": set_number},
    insert=draws_number("VEND"),
    modified=rename,
    delete=in_turn(
        _keeps_open_documents(VENDOR),
        _keeps_entries("_vendorLedgerEntries", "vendorId", "Vendor"),
    ),
    deleted=delete_default_dimensions,
)


def _set_code(draft: Draft, value: Any) -> None:
    if not value:
        raise Refusal(400, "BadRequest_RequiredParamNotProvided", "Code must be filled in. Enter a value.")
    draft.row["code"] = value


def _tests_code(table: str) -> PropertyRule:
    """The code of tables that test it themselves."""

    def set_code(draft: Draft, value: Any) -> None:
        if not value:
            said = f"Code must have a value in {table}: Code=. It cannot be zero or empty."
            raise Refusal(400, "Application_FieldValidationException", said)
        draft.row["code"] = value

    return set_code


def _set_formula(name: str) -> PropertyRule:
    def set_text(draft: Draft, value: Any) -> None:
        if not is_formula(value):
            raise Refusal(
                400, "Application_EvaluateException", f"'{value}' of '{name}' is not a date formula, such as 14D or CM."
            )
        draft.row[name] = value.upper().replace(" ", "")

    return set_text


_LEDGERS = {"_customerLedgerEntries": "Cust. Ledger Entry", "_vendorLedgerEntries": "Vendor Ledger Entry"}


def _keeps_used_currency(draft: Draft) -> None:
    code = draft.row["code"]
    for entity_set, table in _LEDGERS.items():
        if any(row.get("open") for row in draft.company.find(entity_set, currencyCode=code)):
            raise refused(f"There is one or more opened entries in the {table} table using Currency {code}.")


def _delete_rates(draft: Draft) -> None:
    for row in draft.company.find("currencyExchangeRates", currencyCode=draft.row["code"]):
        draft.company.delete("currencyExchangeRates", row["id"])


def _keeps_used_unit(draft: Draft) -> None:
    if draft.company.first("items", baseUnitOfMeasureCode=draft.row["code"]) is not None:
        raise refused("You cannot delete the unit of measure because it is assigned to one or more records.")


def _full_name(draft: Draft) -> None:
    """What an employee is called is put together from her names."""
    draft.row["displayName"] = f"{draft.row['givenName']} {draft.row['surname']}".strip()


CURRENCIES = Rules(
    properties={"code": _tests_code("Currency")},
    modified=rename,
    delete=_keeps_used_currency,
    deleted=_delete_rates,
)
PAYMENT_TERMS = Rules(
    properties={
        "code": _set_code,
        "dueDateCalculation": _set_formula("dueDateCalculation"),
        "discountDateCalculation": _set_formula("discountDateCalculation"),
    },
    modified=rename,
)
PAYMENT_METHODS = Rules(properties={"code": _set_code}, modified=rename)
SHIPMENT_METHODS = Rules(properties={"code": _set_code}, modified=rename)
UNITS_OF_MEASURE = Rules(properties={"code": _set_code}, modified=rename, delete=_keeps_used_unit)
LOCATIONS = Rules(properties={"code": _set_code}, modified=rename)
ITEM_CATEGORIES = Rules(properties={"code": _set_code}, modified=rename)


def _tax_type(draft: Draft) -> None:
    """Tax groups and areas are of the kind that the company has: VAT posting groups, or those of sales tax."""
    known = next((area["taxType"] for area in draft.company.find("taxAreas")), "VAT")
    draft.row["taxType"] = known


TAX_TABLES = Rules(start=_tax_type, properties={"code": _set_code}, modified=rename, unique=("code",))

# Code tables that follow the catalogue alone, but for their renames.
RENAMED = Rules(modified=rename)

EMPLOYEES = Rules(
    properties={"number": set_number},
    insert=in_turn(draws_number("EMP"), _full_name),
    modify=_full_name,
    modified=rename,
    deleted=delete_default_dimensions,
)

# Sets that draw a number and have no other rule.
NUMBERED = {
    entity_set: Rules(properties={"number": set_number}, insert=draws_number(series), modified=rename)
    for entity_set, series in (
        ("bankAccounts", "BANK"),
        ("fixedAssets", "FA"),
        ("projects", "JOB"),
    )
}
