"""Two properties that name one record keep step, whatever set they are in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.rules.document_kinds import KINDS
from dynamics_bc_emulator.rules.draft import Draft
from dynamics_bc_emulator.rules.registry import rules_of
from dynamics_bc_emulator.rules.relations import relation_rules
from dynamics_bc_emulator.seed.planting import Plan, plant
from dynamics_bc_emulator.stamps import ZERO_GUID

CATALOGUE = load_catalogue()
INVOICE = ("appliesToInvoiceId", "appliesToInvoiceNumber")
POSTABLE = {"accountType": "Posting", "directPosting": True, "blocked": False}
PARTIES = {"vendor": "vendors", "customer": "customers"}
DOCUMENTS = {kind.headers for kind in KINDS}


@dataclass(frozen=True)
class Case:
    """A pair: where it is, what it names, and how it answers a blank and a number that disagrees."""

    entity_set: str
    id_name: str
    code_name: str
    target: str
    code: str = "code"
    required: bool = False
    id_wins: bool = False
    keeps_unknown: bool = False

    def __str__(self) -> str:
        return f"{self.entity_set}-{self.code_name}"


def parties(entity_set: str, name: str, *, id_wins: bool = False) -> list[Case]:
    payer = {"vendor": "payToVendor", "customer": "billToCustomer"}[name]
    return [
        Case(entity_set, f"{stem}Id", f"{stem}Number", PARTIES[name], "number", required=True, id_wins=id_wins)
        for stem in (name, payer)
    ]


CASES = [
    *parties("purchaseInvoices", "vendor", id_wins=True),
    *parties("purchaseOrders", "vendor"),
    *parties("purchaseCreditMemos", "vendor"),
    *parties("salesInvoices", "customer"),
    *parties("salesOrders", "customer"),
    *parties("salesQuotes", "customer"),
    *parties("salesCreditMemos", "customer"),
    Case("vendorPayments", "vendorId", "vendorNumber", "vendors", "number"),
    Case("customerPayments", "customerId", "customerNumber", "customers", "number"),
    Case("vendorPayments", *INVOICE, "purchaseInvoices", "number", keeps_unknown=True),
    Case("customerPayments", *INVOICE, "salesInvoices", "number", keeps_unknown=True),
    Case("journalLines", "accountId", "accountNumber", "accounts", "number"),
    Case("customers", "currencyId", "currencyCode", "currencies"),
    Case("vendors", "currencyId", "currencyCode", "currencies"),
    Case("purchaseInvoices", "currencyId", "currencyCode", "currencies"),
    Case("salesOrders", "currencyId", "currencyCode", "currencies"),
    Case("items", "itemCategoryId", "itemCategoryCode", "itemCategories"),
    Case("items", "taxGroupId", "taxGroupCode", "taxGroups"),
    Case("items", "baseUnitOfMeasureId", "baseUnitOfMeasureCode", "unitsOfMeasure"),
    Case("items", "generalProductPostingGroupId", "generalProductPostingGroupCode", "generalProductPostingGroups"),
    Case("items", "inventoryPostingGroupId", "inventoryPostingGroupCode", "inventoryPostingGroups"),
    Case("defaultDimensions", "dimensionId", "dimensionCode", "dimensions", required=True),
    Case("dimensionSetLines", "id", "code", "dimensions", required=True),
    Case("fixedAssets", "employeeId", "employeeNumber", "employees", "number"),
]


@pytest.fixture(scope="module")
def seeded() -> Company:
    clock = Clock(datetime(2026, 3, 1, tzinfo=timezone.utc))
    store = Store(CATALOGUE.sets, clock)
    plant(store, Plan(1, 1, 1, clock()))
    yield Company(store.companies()[0]["id"], store, clock)
    store.close()


def rule(case: Case, name: str) -> Any:
    return rules_of(case.entity_set).properties.get(name) or relation_rules(case.entity_set)[name]


def drafted(case: Case, company: Company, *given: str) -> Draft:
    entity_set = CATALOGUE.sets[case.entity_set]
    row = {**entity_set.initial, **({"id": ZERO_GUID} if case.id_name == "id" else {})}
    return Draft(company, case.entity_set, row, given=list(given))


def two_records(case: Case, company: Company) -> tuple[dict[str, Any], dict[str, Any]]:
    def may_be_named(row: dict[str, Any]) -> bool:
        wanted = POSTABLE if case.target == "accounts" else {}
        posted = case.target not in {"purchaseInvoices", "salesInvoices"} or row.get("_posted")
        return bool(posted) and row[case.code] != "" and all(row[name] == value for name, value in wanted.items())

    first, second, *_ = (row for row in company.find(case.target) if may_be_named(row))
    return first, second


def pair_of(case: Case, draft: Draft) -> tuple[str, str]:
    return draft.row[case.id_name], draft.row[case.code_name]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_id_brings_its_number_and_a_number_its_id(case, seeded):
    record, _ = two_records(case, seeded)
    for name, value in ((case.id_name, record["id"]), (case.code_name, record[case.code])):
        draft = drafted(case, seeded)
        rule(case, name)(draft, value)
        assert pair_of(case, draft) == (record["id"], record[case.code])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_number_that_names_another_record_than_the_id_before_it_is_refused(case, seeded):
    record, other = two_records(case, seeded)
    draft = drafted(case, seeded, case.id_name)
    rule(case, case.id_name)(draft, record["id"])
    if case.id_wins:
        rule(case, case.code_name)(draft, other[case.code])
    else:
        with pytest.raises(Refusal):
            rule(case, case.code_name)(draft, other[case.code])
    assert pair_of(case, draft) == (record["id"], record[case.code])
    rule(case, case.code_name)(draft, record[case.code])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_blank_clears_both_unless_the_record_must_be_named(case, seeded):
    record, _ = two_records(case, seeded)
    for name, blank in ((case.id_name, ZERO_GUID), (case.code_name, "")):
        draft = drafted(case, seeded)
        rule(case, case.id_name)(draft, record["id"])
        if case.required:
            with pytest.raises(Refusal):
                rule(case, name)(draft, blank)
            continue
        rule(case, name)(draft, blank)
        cleared = seeded.local_currency if case.target == "currencies" else ""
        assert pair_of(case, draft) == (ZERO_GUID, cleared)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_names_no_record_is_refused_with_the_property_that_named_it(case, seeded):
    nobody = "ffffffff-ffff-4fff-8fff-ffffffffffff"
    of_a_document = case.entity_set in DOCUMENTS and case.target in PARTIES.values()
    said = f'The "{case.id_name}" (does not match to|should be the ID of) '
    with pytest.raises(Refusal, match="cannot be found" if of_a_document else said):
        rule(case, case.id_name)(drafted(case, seeded), nobody)
    draft = drafted(case, seeded)
    if case.code_name == "baseUnitOfMeasureCode":
        # The one that is created with its item.
        return
    if case.keeps_unknown:
        rule(case, case.code_name)(draft, "NOBODY")
        assert pair_of(case, draft) == (ZERO_GUID, "NOBODY")
        return
    with pytest.raises(Refusal, match="cannot be found" if of_a_document else f'"{case.code_name}" does not match to '):
        rule(case, case.code_name)(draft, "NOBODY")


def test_only_a_posted_invoice_can_be_settled(seeded):
    case = next(case for case in CASES if case.target == "purchaseInvoices")
    draft_invoice = next(row for row in seeded.find("purchaseInvoices") if not row.get("_posted"))
    with pytest.raises(Refusal, match="should be the ID of an Open, Paid, Corrective, or Canceled Invoice"):
        rule(case, case.id_name)(drafted(case, seeded), draft_invoice["id"])
