"""What can be written is the table that is handed in: the engine knows no kind by its name, nor by its family."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import target_dynamics_bc
from target_dynamics_bc.kinds.kind import EXTERNAL_ID, ID, Child, Kind, LineType, MatchKey, Noun, Removal
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.kinds.table import Kinds
from target_dynamics_bc.writing import documents, masters

FACTS = standard_kinds().facts
UNITS = Kind(
    "measures",
    FACTS["unitsOfMeasure"],
    Noun("measure", "measures"),
    masters,
    keys=(ID, MatchKey("number"), EXTERNAL_ID),
    number_property="code",
    sharing=100,
)
QUOTES = Kind(
    "offers",
    FACTS["salesQuotes"],
    Noun("offer", "offers"),
    documents,
    keys=(ID, MatchKey("number"), MatchKey("externalDocumentNumber", within="customerId")),
    children=(
        Child(
            "salesQuoteLines",
            FACTS["salesQuoteLines"],
            "lines",
            types=(LineType("Item", "itemId", "lineObjectNumber", needs="quantity"),),
            recalculating=frozenset({"quantity"}),
            recalculated=("unitPrice", "discountAmount"),
        ),
    ),
    removal=Removal(only_while={"status": "Draft"}),
)
MADE_UP = Kinds((UNITS, QUOTES), FACTS)
LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "unitPrice": 100}


def test_a_made_up_master_is_created_found_changed_and_removed(pipe, company):
    def outcome(**record):
        return pipe({"measures": [{"code": "FURLONG", **record}]}, kinds=MADE_UP, on_delete="delete").outcomes[0]

    assert outcome(displayName="Furlong")["outcome"] == "created"
    assert outcome(displayName="A furlong")["outcome"] == "updated"
    assert company.row("unitsOfMeasure", code="FURLONG")["displayName"] == "A furlong"
    assert outcome(_sdc_deleted_at="2026-01-29T00:00:00Z")["outcome"] == "deleted"
    assert not company.rows("unitsOfMeasure", code="FURLONG")


def test_a_made_up_document_is_created_and_changed(pipe, company):
    def outcome(quantity):
        record = {
            "customerNumber": "20000",
            "externalDocumentNumber": "Q-1",
            "salesQuoteLines": [{**LINE, "quantity": quantity}],
        }
        return pipe({"offers": [record]}, kinds=MADE_UP).outcomes[0]

    assert [outcome(2)["outcome"], outcome(3)["outcome"], outcome(3)["outcome"]] == ["created", "updated", "existing"]
    quote = company.row("salesQuotes", externalDocumentNumber="Q-1")
    (line,) = company.rows("salesQuoteLines", documentId=quote["id"])
    assert (line["quantity"], line["unitPrice"]) == (3, 100)


def test_what_the_table_does_not_have_is_no_stream_of_the_target(pipe):
    (outcome,) = pipe({"vendors": [{"number": "K-1", "displayName": "First"}]}, kinds=MADE_UP).outcomes[:1] or [None]
    assert outcome is None


def test_match_keys_are_those_of_the_table(pipe):
    measures = {"measures": [{"code": "ELL", "displayName": "Ell"}]}
    assert pipe(measures, kinds=MADE_UP, match_keys={"measures": ["name"]}).kinds == ["created"]


@pytest.mark.parametrize("name", [kind.name for kind in standard_kinds()])
def test_no_room_but_that_of_the_table_names_a_kind(name):
    """The names of entity sets that unified records refer to stand in their mappings, which the table binds.

    Some are also words of other things: the currency of an amount, the journals that post, the items of an array.
    """
    folder = Path(target_dynamics_bc.__file__).parent
    naming = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if re.search(rf'"{name}"', path.read_text(encoding="utf-8")) and path.parent.name != "unified"
    ]
    of_table = {f"kinds/{name}.py" for name in ("documents", "journals", "master_data")}
    allowed = {"currencies": {"kinds/facts.py"}, "journals": {"writing/journals/posting.py"}}
    allowed["paymentTerms"] = {"kinds/facts.py"}
    allowed["countriesRegions"] = {"kinds/facts.py"}
    allowed["items"] = {"describing/schema.py"}
    # It is also what a party's dimensions are below it, in the service's words.
    allowed["defaultDimensions"] = {
        "describing/dimension_rules.py",
        "finding/references.py",
        "wanted/outlines.py",
        "wanted/own.py",
        "writing/dimension_writes.py",
    }
    assert set(naming) - {*of_table, "describing/travelling.py"} <= allowed.get(name, set())


def test_nothing_asks_for_the_standard_table_but_who_begins_a_run():
    folder = Path(target_dynamics_bc.__file__).parent
    asking = [path.name for path in folder.rglob("*.py") if "standard_kinds" in path.read_text(encoding="utf-8")]
    assert sorted(asking) == ["standard.py", "target.py"]
