"""A company is read by the tap and written by the target into an empty one: does all arrive that can travel?"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, run_at

from dynamics_bc_emulator.values import decode, encode
from target_dynamics_bc.describing.travelling import STAYS
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.shapes import shape_of
from target_dynamics_bc.writing import masters
from tests.target.at_the_desk import Target

if TYPE_CHECKING:
    from emulator.in_process import Desk

EMPTY = "Empty Ltd."
GUID = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# What nobody can write by the API, so that the other company has it of its own.
SET_UP = (
    "accounts", "dimensions", "dimensionValues", "generalLedgerSetup", "accountingPeriods", "companyInformation",
    "generalProductPostingGroups", "inventoryPostingGroups",
)  # fmt: skip
REFERRED_TO = ("accounts", "dimensions", "dimensionValues", "generalProductPostingGroups", "inventoryPostingGroups")
KINDS = list(standard_kinds())
PIECES = {kind.name for kind in KINDS if kind.is_piece}
DOCUMENTS = {kind.name: kind.lines_name for kind in KINDS if kind.lines is not None and kind.journal is None}
EACH = 4
"""Documents of a kind that are copied: enough to see whether they arrive."""
NO_MEMORY = ("no_key", "no_store")
"""Faults of documents that nothing but a memory finds again."""
JOURNALS = {"journal": "DEFAULT", "payment_journal": "GENERAL", "fail_on": "never", "company": EMPTY}


def empty_company(desk: Desk) -> str:
    """A new company with the set-up that the API cannot bring, under ids of its own."""
    store, source = desk.service.store, desk.company.id
    desk.api = "api/microsoft/automation/v2.0"
    assert desk.ask("POST", "automationCompanies", {"name": EMPTY, "displayName": EMPTY}).status == 201
    desk.api = "api/v2.0"
    company = next(row["id"] for row in store.companies() if row["name"] == EMPTY)
    buckets = store.connection.execute("SELECT entity_set FROM buckets WHERE company = ?", (source,)).fetchall()
    internal = [name for (name,) in buckets if name.startswith("_") and not name.endswith("Entries")]
    rows = {name: store.find(source, name) for name in (*SET_UP, *internal)}
    own = {row["id"]: str(uuid.uuid4()) for name in SET_UP for row in rows[name]}
    for name, found in rows.items():
        text = encode([{key: value for key, value in row.items() if key != "_etag"} for row in found]).decode()
        store.insert_many(company, name, decode(GUID.sub(lambda id_: own.get(id_[0], id_[0]), text).encode()))
    for series in store.connection.execute("SELECT series, prefix, width FROM series WHERE company = ?", (source,)):
        store.set_series(company, *series, 0)
    return str(company)


def read(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """What the tap reads of the first company, with a few documents of each kind and all that belongs to them."""
    names = {name for kind in KINDS for name in (kind.facts.name, kind.batches) if name} | set(REFERRED_TO)
    names |= {name for kind in KINDS for child in kind.children for name in (child.navigation, child.facts.name)}
    run = run_at(DeskTransport(desk), {"company_ids": [desk.company.id]}, select=names)
    assert run.error is None
    messages = [json.loads(line) for line in run.output.decode().splitlines()]
    records = [(each["stream"], each["record"]) for each in messages if each["type"] == "RECORD"]
    taken = {id_ for name in DOCUMENTS for id_ in [r["id"] for s, r in records if s == name][:EACH]}
    lines = set(DOCUMENTS.values())
    taken |= {r["id"] for s, r in records if s in lines and r["documentId"] in taken}
    of_documents = {*DOCUMENTS, *lines}
    return [
        (stream, record)
        for stream, record in records
        if (record["id"] in taken if stream in of_documents else True)
        and (stream != "dimensionSetLines" or not _is_of_ledger(record, taken))
    ]


def _is_of_ledger(line: dict[str, Any], taken: set[str]) -> bool:
    return line["parentId"] not in taken and not line["parentType"].startswith(("Journal", "Time"))


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """The desk with both companies, the records, and the outcomes of the first and the second copy."""
    desk = open_desk()
    company, records = empty_company(desk), read(desk)
    target = Target(tmp_path_factory.mktemp("copy"), desk)
    first = target.pipe(records, remember=True, **JOURNALS)
    writes = [request for request in target.requests if b'"POST"' in (request.body or b"")]
    return desk, company, records, first, (target.pipe(records, remember=True, **JOURNALS), target.requests, writes)


def test_all_arrives_but_what_is_known_to_stay(copied):
    _, _, _, outcomes, _ = copied
    known = {(stay.stream, stay.code) for stay in STAYS}
    rejected = {(each["stream"], error["code"]) for each in outcomes for error in each["errors"]}
    assert rejected <= known, [each for each in outcomes if each["errors"]][:3]
    assert {each["outcome"] for each in outcomes} <= {"created", "unchanged", "rejected"}
    arrived = {each["stream"] for each in outcomes if each["outcome"] in {"created", "unchanged"}}
    never = {kind.name for kind in KINDS} - arrived
    assert never <= {*PIECES, "generalJournalLines", "customerPayments", "vendorPayments", "salesCreditMemos"}


def test_the_second_copy_changes_nothing(copied):
    _, _, _, first, (second, requests, _) = copied
    assert {each["outcome"] for each in second} <= {"existing", "rejected"}
    assert len(second) == len(first)
    assert not [request for request in requests if b'"PATCH"' in (request.body or b"")]


def test_without_a_memory_what_has_a_number_is_found_and_unchanged(copied, tmp_path):
    desk, _, records, _, _ = copied
    of_masters = {kind.facts.name for kind in KINDS if kind.work is masters}
    pieces = {"defaultDimensions", *REFERRED_TO}
    chosen = [(stream, record) for stream, record in records if stream in of_masters | pieces]
    outcomes = Target(tmp_path, desk).pipe(chosen, **JOURNALS)
    unlike = [each for each in outcomes if each["outcome"] not in {"unchanged", "rejected"}]
    assert unlike == []


def test_without_a_memory_documents_and_entries_with_a_number_are_found_and_unchanged(copied, tmp_path):
    desk, _, records, first, _ = copied
    outcomes = Target(tmp_path, desk).pipe(records, **JOURNALS)
    known = {(stay.stream, stay.code) for stay in STAYS} | {(name, code) for name in DOCUMENTS for code in NO_MEMORY}
    rejected = {(each["stream"], error["code"]) for each in outcomes for error in each["errors"]}
    assert rejected <= known
    assert {each["outcome"] for each in outcomes} == {"unchanged", "rejected"}
    found = {each["stream"] for each in outcomes if each["outcome"] == "unchanged"}
    assert {"purchaseInvoices", "purchaseCreditMemos", "journalLines"} <= found
    assert len(outcomes) == len(first)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.work is masters], ids=lambda kind: kind.name)
def test_what_arrived_has_the_values_that_it_had(kind, copied):
    desk, company, _, outcomes, _ = copied
    store, key = desk.service.store, kind.number_property
    ids = {each["id"] for each in outcomes if each["stream"] == kind.name and each["outcome"] == "created"}
    names = [each.name for each in shape_of(kind).plain if each.name != "parentId"]
    here = {row[key]: row for row in store.find(desk.company.id, kind.facts.name)} if key else {}
    there = [row for row in store.find(company, kind.facts.name) if row["id"] in ids]
    differing = {
        (row[key], name): (here[row[key]][name], row[name])
        for row in there
        for name in names
        if key and name in row and here[row[key]].get(name) != row[name]
    }
    assert differing == {}
