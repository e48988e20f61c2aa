"""One company's records, as the tap reads them, piped into the target for another company: does all of it arrive?"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import warm_start

from dynamics_bc_client.client import Client
from dynamics_bc_client.odata.urls import company_path
from dynamics_bc_plugin.connection import read_connection

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from emulator_control import RunningEmulator

TAP, TARGET = "tap-dynamics-bc", "target-dynamics-bc"
FROM, TO = "CRONUS International Ltd.", "Contoso Services Ltd."

WRITTEN = ("paymentTerms", "customers", "vendors", "purchaseInvoices", "journalLines")
PIECES = ("purchaseInvoiceLines", "dimensionSetLines", "defaultDimensions")
REFERENCES = (
    "accounts", "countriesRegions", "currencies", "dimensionValues", "dimensions", "journals", "locations",
    "paymentMethods", "shipmentMethods", "taxAreas", "unitsOfMeasure",
)  # fmt: skip

# The tax that a vendor pays is not among them: it follows a tax area, which the API does not show of vendors.
PARTY = (
    "displayName", "addressLine1", "addressLine2", "city", "state", "postalCode", "phoneNumber", "email", "website",
    "taxLiable", "taxRegistrationNumber", "currencyCode", "blocked",
)  # fmt: skip
HEADER = (
    "postingDate", "invoiceDate", "dueDate", "vendorInvoiceNumber", "vendorNumber", "vendorName", "shipToName",
    "shipToAddressLine1", "shipToCity", "shipToPostCode", "buyFromCity", "buyFromPostCode", "currencyCode",
    "pricesIncludeTax", "discountAmount", "totalAmountExcludingTax",
)  # fmt: skip
LINE = (
    "lineType", "lineObjectNumber", "description", "description2", "quantity", "unitCost", "discountAmount", "taxCode",
    "unitOfMeasureCode", "netAmount",
)  # fmt: skip


@dataclass(frozen=True)
class Company:
    """The truth about one company, with ids replaced by what they stand for. Each set is read once; see `afresh`."""

    emulator: RunningEmulator
    id: str
    read: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def rows(self, entity_set: str) -> list[dict[str, Any]]:
        if entity_set not in self.read:
            self.read[entity_set] = self.emulator.rows(self.id, entity_set)
        return self.read[entity_set]

    def afresh(self) -> Company:
        return Company(self.emulator, self.id)

    def by_number(self, entity_set: str) -> dict[str, dict[str, Any]]:
        return {row["number"]: row for row in self.rows(entity_set)}

    def code(self, entity_set: str, id_: str) -> str:
        return next((row["code"] for row in self.rows(entity_set) if row["id"] == id_), "")

    def party(self, entity_set: str, number: str) -> dict[str, Any]:
        row = self.by_number(entity_set)[number]
        defaults = [each for each in self.rows("defaultDimensions") if each["parentId"] == row["id"]]
        return {
            **{name: row[name] for name in PARTY},
            "paymentTerms": self.code("paymentTerms", row["paymentTermsId"]),
            "paymentMethod": self.code("paymentMethods", row["paymentMethodId"]),
            "taxArea": self.code("taxAreas", row["taxAreaId"]) if "taxAreaId" in row else None,
            "dimensions": {each["dimensionCode"]: each["dimensionValueCode"] for each in defaults},
        }

    def bill(self, vendor_invoice_number: str) -> dict[str, Any]:
        (row,) = [
            row
            for row in self.rows("purchaseInvoices")
            if row["vendorInvoiceNumber"] == vendor_invoice_number and row["status"] == "Draft"
        ]
        lines = [line for line in self.rows("purchaseInvoiceLines") if line["documentId"] == row["id"]]
        return {
            **{name: row[name] for name in HEADER},
            "dimensions": self.dimensions(row["id"]),
            "lines": [
                {
                    **{name: line[name] for name in LINE},
                    "location": self.code("locations", line["locationId"]),
                    "dimensions": self.dimensions(line["id"]),
                }
                for line in sorted(lines, key=lambda each: each["sequence"])
            ],
        }

    def dimensions(self, parent_id: str) -> dict[str, str]:
        rows = [row for row in self.rows("dimensionSetLines") if row["parentId"] == parent_id]
        return {row["code"]: row["valueCode"] for row in rows}

    def entry(self, number: str) -> list[tuple[Any, ...]]:
        names = ("accountNumber", "postingDate", "amount", "description", "balancingAccountNumber")
        rows = [row for row in self.rows("journalLines") if row["documentNumber"] == number]
        return [
            (*(row[name] for name in names), tuple(sorted(self.dimensions(row["id"]).items())))
            for row in sorted(rows, key=lambda each: each["lineNumber"])
        ]


@dataclass(frozen=True)
class Copying:
    """Two companies of an emulator and a folder to work in."""

    emulator: RunningEmulator
    folder: Path
    source: Company
    copy: Company

    def read(self) -> list[dict[str, Any]]:
        """What the tap says of the source company's records that are to be copied, and of what they refer to."""
        config = self.folder / "tap.json"
        config.write_text(json.dumps(self.emulator.config(company_ids=[FROM])))
        catalog = json.loads(run(TAP, "--config", config, "--discover"))
        for stream in catalog["streams"]:
            chosen = stream["tap_stream_id"] in {*WRITTEN, *PIECES, *REFERENCES}
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = chosen
        (self.folder / "catalog.json").write_text(json.dumps(catalog))
        output = run(TAP, "--config", config, "--catalog", self.folder / "catalog.json")
        return [json.loads(line, parse_float=Decimal) for line in output.splitlines()]

    def write(self, messages: Iterable[dict[str, Any]], **config: Any) -> list[dict[str, Any]]:
        """Pipe messages into the target; gives the outcomes."""
        outcomes = self.folder / "outcomes.jsonl"
        outcomes.unlink(missing_ok=True)
        settings = {
            "company": TO,
            "outcomes_path": str(outcomes),
            "fail_on": "never",
            "reference_streams": list(REFERENCES),
            **config,
        }
        path = self.folder / "target.json"
        path.write_text(json.dumps(self.emulator.config(**settings)))
        data = self.folder / "data.singer"
        data.write_text("".join(json.dumps(message, default=float) + "\n" for message in messages))
        run(TARGET, "--config", path, "--input", data)
        return [json.loads(line) for line in outcomes.read_text().splitlines()]

    def writes(self) -> list[str]:
        """Changes that the service was asked for, in batches or by themselves."""
        asked = [
            (operation["method"], operation["path"])
            for request in self.emulator.requests()
            for operation in (request["operations"] or [request])
        ]
        return [f"{method} {path}" for method, path in asked if method != "GET" and "/companies(" in f"/{path}"]


def run(*command: Any) -> str:
    done = warm_start.run(*command)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def drafts_only(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages without posted bills, and without their lines and dimensions."""
    bills = {m["record"]["id"] for m in messages if m.get("stream") == "purchaseInvoices" and is_draft(m)}
    lines = {
        m["record"]["id"]
        for m in messages
        if m.get("stream") == "purchaseInvoiceLines" and m["type"] == "RECORD" and m["record"]["documentId"] in bills
    }
    kept = []
    for message in messages:
        record, stream = message.get("record"), message.get("stream")
        keys = {"purchaseInvoices": "id", "purchaseInvoiceLines": "documentId", "dimensionSetLines": "parentId"}
        of_bills = stream in keys and (
            stream != "dimensionSetLines" or (record or {}).get("parentType", "").startswith("Purchase Invoice")
        )
        if message["type"] != "RECORD" or not of_bills or message["record"][keys[stream]] in bills | lines:
            kept.append(message)
    return kept


def is_draft(message: dict[str, Any]) -> bool:
    return message["type"] == "RECORD" and message["record"]["status"] == "Draft"


def counted(outcomes: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter((each["stream"], each["outcome"]) for each in outcomes)


def missing_in(outcome: dict[str, Any]) -> set[str]:
    return {error["field"].rpartition(".")[2].partition("[")[0] for error in outcome["errors"]}


@pytest.fixture
def copying(emulator, tmp_path):
    ids = {each["name"]: each["id"] for each in emulator.companies()}
    return Copying(emulator, tmp_path, Company(emulator, ids[FROM]), Company(emulator, ids[TO]))


@pytest.fixture
def prepared(copying):
    """The two companies, the second one with the countries, the salesperson and the items of the first."""
    client = Client(read_connection(copying.emulator.config()))
    lines = {line["lineObjectNumber"] for line in copying.source.rows("purchaseInvoiceLines") if line["itemId"]}
    wanted = {
        "countriesRegions": [{"code": code, "displayName": code} for code in ("GB", "US", "DE")],
        "salespeoplePurchasers": [{"code": "JO", "displayName": "Jim Olive"}],
        "items": [
            {"number": row["number"], "displayName": row["displayName"], "baseUnitOfMeasureCode": "PCS"}
            for row in copying.source.rows("items")
            if row["number"] in lines
        ],
    }
    try:
        for entity_set, rows in wanted.items():
            for row in rows:
                client.create(company_path(copying.copy.id, entity_set), row)
    finally:
        client.close()
    return copying


def rename_a_department(copying: Copying) -> None:
    """Give the other company the department that bills and vendors of the first one use."""
    (row,) = [row for row in copying.copy.rows("dimensionValues") if row["code"] == "PROD"]
    copying.emulator.edit(
        company=copying.copy.id, entity_set="dimensionValues", id=row["id"], set={"code": "PURCHASING"}
    )


def within_reach(copying: Copying, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages without what the other company has no dimension for."""
    codes = {row["code"] for row in copying.copy.rows("dimensions")}
    named = {"dimensionSetLines": "code", "defaultDimensions": "dimensionCode"}
    return [
        message
        for message in messages
        if message["type"] != "RECORD"
        or message["stream"] not in named
        or message["record"][named[message["stream"]]] in codes
    ]


def test_records_that_use_what_the_other_company_lacks_are_rejected_with_all_faults_and_the_others_arrive(prepared):
    outcomes = prepared.write(drafts_only(prepared.read()))
    by_number = {(each["stream"], each["number"]): each for each in outcomes}
    assert counted(outcomes) == {
        ("customers", "rejected"): 5,
        ("vendors", "created"): 2,
        ("vendors", "rejected"): 5,
        ("purchaseInvoices", "rejected"): 3,
        ("journalLines", "unchanged"): 2,
        ("paymentTerms", "unchanged"): 11,
    }
    messages = " ".join(error["message"] for error in by_number["vendors", "10000"]["errors"])
    assert [code for code in ("BUSINESSGROUP", "AREA", "PURCHASING", "SALESCAMPAIGN") if code not in messages] == []
    assert missing_in(by_number["purchaseInvoices", "107209"]) >= {"vendorId", "dimensionSetLines"}
    copy = prepared.copy.afresh()
    assert {"82000", "83000"} <= copy.by_number("vendors").keys()
    assert copy.party("vendors", "82000") == prepared.source.party("vendors", "82000")


@pytest.mark.parametrize("store", [True, False])
def test_a_company_is_copied_and_the_second_copy_changes_nothing(prepared, store):
    rename_a_department(prepared)
    messages = within_reach(prepared, drafts_only(prepared.read()))
    options = {"store_path": str(prepared.folder / "store")} if store else {}
    first = prepared.write(messages, **options)
    rejected = {each["number"]: [error["message"] for error in each["errors"]] for each in first if each["errors"]}
    assert rejected.keys() == {"10000", "30000", "50000"}  # the customers of a group that the other company lacks
    assert all("MEDIUM" in message for (message,) in rejected.values())
    assert counted(first) == {
        ("customers", "created"): 2,
        ("customers", "rejected"): 3,
        ("vendors", "created"): 7,
        ("purchaseInvoices", "created"): 3,
        ("journalLines", "unchanged"): 2,
        ("paymentTerms", "unchanged"): 11,
    }
    copy = prepared.copy.afresh()
    codes = {row["code"] for row in copy.rows("dimensions")}
    for entity_set in ("customers", "vendors"):
        gone = rejected.keys() if entity_set == "customers" else set()
        for number in prepared.source.by_number(entity_set).keys() - gone:
            copied, original = (each.party(entity_set, number) for each in (copy, prepared.source))
            original["dimensions"] = {code: value for code, value in original["dimensions"].items() if code in codes}
            assert copied == original
    drafts = [row for row in prepared.source.rows("purchaseInvoices") if row["status"] == "Draft"]
    for number in (row["vendorInvoiceNumber"] for row in drafts):
        copied, original = (each.bill(number) for each in (copy, prepared.source))
        for part in (original, *original["lines"]):
            part["dimensions"] = {code: value for code, value in part["dimensions"].items() if code in codes}
        assert copied == original
    before = len(prepared.writes())
    again = prepared.write(messages, **options)
    kept = {each["outcome"] for each in again if each["number"] not in rejected or each["stream"] != "customers"}
    assert kept == {"existing" if store else "unchanged"}
    assert len(again) == len(first)
    assert prepared.writes()[before:] == []


def test_a_posted_bill_becomes_a_draft(prepared):
    rename_a_department(prepared)
    messages = within_reach(prepared, prepared.read())
    posted = next(
        m["record"]
        for m in messages
        if m["type"] == "RECORD" and m["stream"] == "purchaseInvoices" and m["record"]["status"] == "Paid"
    )
    lines = {
        m["record"]["id"]
        for m in messages
        if m["type"] == "RECORD"
        and m.get("stream") == "purchaseInvoiceLines"
        and m["record"]["documentId"] == posted["id"]
    }
    keys = {"purchaseInvoices": "id", "purchaseInvoiceLines": "documentId", "dimensionSetLines": "parentId"}
    chosen = [
        m
        for m in messages
        if m["type"] != "RECORD" or m["stream"] not in keys or m["record"][keys[m["stream"]]] in {posted["id"], *lines}
    ]
    outcomes = prepared.write(chosen)
    (outcome,) = [each for each in outcomes if each["stream"] == "purchaseInvoices"]
    assert outcome["outcome"] == "created", outcome
    bill = prepared.copy.afresh().bill(posted["vendorInvoiceNumber"])
    assert [line["unitCost"] for line in bill["lines"]] == [
        line["unitCost"] for line in prepared.source.rows("purchaseInvoiceLines") if line["documentId"] == posted["id"]
    ]


def test_entries_are_put_together_from_single_lines(prepared):
    for row in prepared.copy.rows("journalLines"):
        prepared.emulator.edit(
            company=prepared.copy.id, entity_set="journalLines", id=row["id"], set={"documentNumber": "OTHER"}
        )
    rename_a_department(prepared)
    messages = within_reach(prepared, prepared.read())
    lines = [m for m in messages if m["type"] == "STATE" or m["stream"] in {"journalLines", "dimensionSetLines"}]
    first = prepared.write(lines)
    assert counted(first) == {("journalLines", "created"): 2}
    copy = prepared.copy.afresh()
    codes = {row["code"] for row in copy.rows("dimensions")}
    for number in ("G00001", "G00002"):
        copied, original = (each.entry(number) for each in (copy, prepared.source))
        assert copied == [(*line[:-1], tuple(each for each in line[-1] if each[0] in codes)) for line in original]
    assert counted(prepared.write(lines)) == {("journalLines", "unchanged"): 2}
