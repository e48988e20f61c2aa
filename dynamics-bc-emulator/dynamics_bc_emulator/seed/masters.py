"""Master data and set-up: facts with codes become rows with ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.seed.books import Books
    from dynamics_bc_emulator.seed.facts import Fact, Facts

# Per set: which id property points to which set, by which key of the fact. Sets are in the order in which they refer to
# each other.
_REFERENCES: dict[str, dict[str, tuple[str, str]]] = {
    "companyInformation": {},
    "generalLedgerSetup": {},
    "accountingPeriods": {},
    "countriesRegions": {},
    "currencies": {},
    "currencyExchangeRates": {},
    "paymentTerms": {},
    "paymentMethods": {},
    "shipmentMethods": {},
    "unitsOfMeasure": {},
    "taxAreas": {},
    "taxGroups": {},
    "generalProductPostingGroups": {},
    "inventoryPostingGroups": {},
    "itemCategories": {},
    "locations": {},
    "salespeoplePurchasers": {},
    "accounts": {},
    "bankAccounts": {"currencyId": ("currencies", "currencyCode")},
    "dimensions": {},
    "dimensionValues": {"dimensionId": ("dimensions", "dimensionCode")},
    "items": {
        "itemCategoryId": ("itemCategories", "itemCategoryCode"),
        "taxGroupId": ("taxGroups", "taxGroupRefCode"),
        "baseUnitOfMeasureId": ("unitsOfMeasure", "baseUnitOfMeasureCode"),
        "generalProductPostingGroupId": ("generalProductPostingGroups", "generalProductPostingGroupCode"),
        "inventoryPostingGroupId": ("inventoryPostingGroups", "inventoryPostingGroupCode"),
    },
    "itemVariants": {"itemId": ("items", "itemNumber")},
    "customers": {
        "taxAreaId": ("taxAreas", "taxAreaCode"),
        "currencyId": ("currencies", "currencyCode"),
        "paymentTermsId": ("paymentTerms", "paymentTermsCode"),
        "shipmentMethodId": ("shipmentMethods", "shipmentMethodCode"),
        "paymentMethodId": ("paymentMethods", "paymentMethodCode"),
    },
    "vendors": {
        "currencyId": ("currencies", "currencyCode"),
        "paymentTermsId": ("paymentTerms", "paymentTermsCode"),
        "paymentMethodId": ("paymentMethods", "paymentMethodCode"),
    },
    "employees": {},
    "fixedAssetLocations": {},
    "fixedAssets": {
        "fixedAssetLocationId": ("fixedAssetLocations", "fixedAssetLocationCode"),
        "employeeId": ("employees", "employeeNumber"),
    },
    "contacts": {},
    "opportunities": {},
    "projects": {},
}
# Keys of facts that the rules for writing look at under an internal name.
_INTERNAL = {"taxAreaCode": "_taxAreaCode", "taxGroupRefCode": "_taxGroupCode"}
# The number series of the demo company's batches, by their template.
_JOURNAL_SERIES = {"GENERAL": "GJNL-GEN", "PAYMENT": "GJNL-PMT", "CASHRCPT": "GJNL-RCPT"}
_KEYS = {"dimensionValues": ("dimensionCode", "code"), "itemVariants": ("itemNumber", "code")}
_PARENTS = {"Customer": "customers", "Vendor": "vendors", "Item": "items", "Employee": "employees"}


def put(books: Books, facts: Facts) -> None:
    """Add a company's master data and set-up."""
    for entity_set, references in _REFERENCES.items():
        for fact in facts.sets.get(entity_set, []):
            _put_fact(books, entity_set, fact, references)
    for number, fact in enumerate(facts.sets.get("defaultDimensions", [])):
        _put_default_dimension(books, fact, number)
    for number, fact in enumerate(facts.sets.get("vatPostingSetup", [])):
        blank = {
            "taxAreaCode": "",
            "taxGroupCode": "",
            "vatPercent": 0,
            "calculationType": "",
            "salesVatAccount": "",
            "purchaseVatAccount": "",
            "reverseChargeVatAccount": "",
        }
        books.add("_vatPostingSetup", {**blank, **fact}, number)
    for fact in facts.sets.get("journals", []):
        _put_journal(books, fact)


def _put_fact(books: Books, entity_set: str, fact: Fact, references: dict[str, tuple[str, str]]) -> None:
    row = books.narrowed(entity_set, dict(fact))
    row.update({_INTERNAL[name]: value for name, value in fact.items() if name in _INTERNAL})
    for name, (target, key) in references.items():
        row[name] = books.id_of(target, fact.get(key, ""))
    if entity_set == "contacts" and fact["type"] == "Company" and "businessRelationNumber" in fact:
        row.update({"_relatedType": fact["contactBusinessRelation"], "_relatedNumber": fact["businessRelationNumber"]})
    names = _KEYS.get(entity_set)
    books.add(entity_set, row, "/".join(str(fact[name]) for name in names) if names else None)


def _put_default_dimension(books: Books, fact: Fact, number: int) -> None:
    code, value = fact["dimensionCode"], fact.get("dimensionValueCode", "")
    row = {
        **books.narrowed("defaultDimensions", dict(fact)),
        "parentId": books.id_of(_PARENTS[fact["parentType"]], fact["parentNumber"]),
        "dimensionId": books.id_of("dimensions", code),
        "dimensionValueId": books.id_of("dimensionValues", f"{code}/{value}"),
    }
    books.add("defaultDimensions", row, number)


def _put_journal(books: Books, fact: Fact) -> None:
    """Batches of the payment and cash receipt templates are served twice under one id."""
    template, number = fact["templateDisplayName"], fact.get("balancingAccountNumber", "")
    account = books.id_of("accounts", number)
    row = {
        "_numberSeries": _JOURNAL_SERIES.get(template, ""),
        **fact,
        "balancingAccountId": account if account != ZERO_GUID else books.id_of("bankAccounts", number),
    }
    journal = books.add("journals", row, f"{template}/{fact['code']}")
    twin = {"PAYMENT": "vendorPaymentJournals", "CASHRCPT": "customerPaymentJournals"}.get(template)
    if twin:
        books.add(twin, {**books.narrowed(twin, row), "id": journal["id"]}, fact["code"])


def default_dimensions(books: Books, parent_id: str) -> dict[str, str]:
    """What a document of a customer, vendor, item or employee inherits: value codes by dimension codes."""
    rows = [row for row in books.all("defaultDimensions") if row["parentId"] == parent_id]
    return {row["dimensionCode"]: row["dimensionValueCode"] for row in rows if row.get("dimensionValueCode")}
