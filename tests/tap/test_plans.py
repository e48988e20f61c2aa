"""What is asked of the service so that one source feeds all streams that hang on it?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tap.sample_metadata import METADATA

from dynamics_bc_client.companies import Company
from dynamics_bc_client.errors import UnexpectedAnswer
from tap_dynamics_bc.reads.conditions import All, Ids
from tap_dynamics_bc.reads.cuttable import cuttable
from tap_dynamics_bc.reads.places import Place, Selection, source_places
from tap_dynamics_bc.reads.plan import Read, partition_of, plan_reads
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.hotglue import describe_hotglue_streams
from tap_dynamics_bc.streams.replication import Start
from tap_dynamics_bc.tap import TapDynamicsBC

STREAMS = describe_streams(METADATA)
ID = "11111111-2222-3333-4444-555555555555"
COMPANY = Company(ID, "CRONUS", "")
LOW, HIGH = Start("2026-01-01T00:00:00.000Z"), Start("2026-01-20T00:00:00.000Z")


def place(source: str, *selected: str, properties: tuple[str, ...] | None = None) -> Place:
    selections = {
        name: Selection(STREAMS[name].columns, properties or tuple(STREAMS[name].properties), STREAMS[name].replication)
        for name in selected
    }
    return source_places(STREAMS, selections)[source]


def reads(source: str, *selected: str, starts: dict[str, Start] | None = None, page_rows=None, **options) -> list[Read]:
    def start_of(partition):
        return (starts or {}).get(partition.parent_set or partition.stream, Start())

    return list(plan_reads([place(source, *selected, **options)], [COMPANY], start_of, page_rows=page_rows))


def urls(source: str, *selected: str, **options) -> list[str]:
    return [read.query(read.place.requests[0]).url for read in reads(source, *selected, **options)]


def url(source: str, *selected: str, **options) -> str:
    (only,) = urls(source, *selected, **options)
    return only


def test_a_set_that_is_wanted_whole_is_asked_for_without_select():
    assert url("salesInvoices", "salesInvoices") == f"companies({ID})/salesInvoices"


def test_files_are_never_asked_for():
    assert url("customers", "customers") == (
        f"companies({ID})/customers?$select=id,number,blocked,currencyId,balanceDue,lastPaymentDate,lastModifiedDateTime"
    )


def test_what_is_not_selected_is_not_asked_for():
    asked = url("customers", "customers", properties=("id", "number", "lastModifiedDateTime"))
    assert asked.endswith("/customers?$select=id,number,lastModifiedDateTime")


def requests(source: str, *selected: str) -> list[str]:
    (read,) = reads(source, *selected)
    return [read.query(each).query_string for each in read.place.requests]


def test_one_request_feeds_the_header_and_its_lines():
    assert requests("salesInvoices", "salesInvoices", "salesInvoiceLines") == ["$expand=salesInvoiceLines"]


def test_the_dimensions_of_a_header_and_of_its_lines_are_asked_for_apart():
    assert requests("salesInvoices", "salesInvoices", "salesInvoiceLines", "dimensionSetLines") == [
        "$expand=salesInvoiceLines($expand=dimensionSetLines)",
        "$select=id,lastModifiedDateTime&$expand=dimensionSetLines",
    ]


def test_parents_that_are_only_passed_through_are_asked_for_key_and_stamp_alone():
    assert requests("salesInvoices", "dimensionSetLines") == [
        "$select=id,lastModifiedDateTime&$expand=salesInvoiceLines($select=id;$expand=dimensionSetLines)",
        "$select=id,lastModifiedDateTime&$expand=dimensionSetLines",
    ]


def test_a_request_that_would_hold_a_set_twice_is_refused():
    with pytest.raises(UnexpectedAnswer, match="dimensionSetLines twice"):
        _ = place("salesInvoices", "salesInvoiceLines", "dimensionSetLines").expansions


@pytest.mark.fault("R4")
@pytest.mark.parametrize("describe", [describe_streams, describe_hotglue_streams])
def test_no_request_for_any_stream_of_the_service_holds_a_set_twice(emulator_process, describe):
    tap = TapDynamicsBC(config=emulator_process.config(), setup_mapper=False)
    streams = describe(tap.client.metadata())
    tap.close()

    selections = {
        name: Selection(
            each.columns, tuple(each.properties), each.replication, tuple(held.navigation for held in each.nested)
        )
        for name, each in streams.items()
    }
    sources = source_places(streams, selections)
    asked = 0
    for whole in sources.values():
        found = [child.path for each in whole.requests for child in each.below]
        assert sorted(found) == sorted(child.path for child in whole.below)
        asked += len([each.expansions for each in whole.requests])
    assert asked > len(sources)


def test_a_shared_query_starts_at_the_lowest_bookmark_of_the_streams_it_feeds():
    asked = url(
        "salesInvoices", "salesInvoices", "salesInvoiceLines", starts={"salesInvoices": HIGH, "salesInvoiceLines": LOW}
    )
    assert asked.endswith("$filter=lastModifiedDateTime%20ge%202026-01-01T00:00:00.000Z")
    assert url("salesInvoices", "salesInvoices", "salesInvoiceLines", starts={"salesInvoices": HIGH}).endswith(
        "=salesInvoiceLines"
    )


def test_rows_with_stamps_of_their_own_are_looked_for_below_all_parents():
    below_all = f"companies({ID})/journals?$select=id,lastModifiedDateTime&$expand=journalLines"
    assert urls("journals", "journals", "journalLines", starts={"journals": HIGH, "journalLines": HIGH}) == [
        f"companies({ID})/journals?$filter=lastModifiedDateTime%20ge%202026-01-20T00:00:00.000Z",
        below_all,
    ]
    assert urls("journals", "journalLines", starts={"journalLines": HIGH}) == [below_all]


def test_a_first_read_of_them_is_one_query():
    assert urls("journals", "journals", "journalLines") == [f"companies({ID})/journals?$expand=journalLines"]


def test_a_page_with_expansions_is_asked_for_smaller_and_a_configured_size_wins():
    def page_size(configured, *selected):
        return reads("salesInvoices", *selected, page_rows=configured)[0].page_rows

    assert page_size(None, "salesInvoices") == 2_000
    assert page_size(None, "salesInvoices", "salesInvoiceLines") == 500
    assert page_size(7, "salesInvoices", "salesInvoiceLines") == 7


def test_only_streams_with_parents_of_several_kinds_have_a_parent_set_in_their_bookmark():
    source = place("salesInvoices", "salesInvoices", "salesInvoiceLines", "dimensionSetLines")
    contexts = {(each.stream.name, *each.path): partition_of(each, COMPANY).context for each in source.walk()}
    assert contexts == {
        ("salesInvoices",): {"company_id": ID},
        ("salesInvoiceLines", "salesInvoiceLines"): {"company_id": ID},
        ("dimensionSetLines", "salesInvoiceLines", "dimensionSetLines"): {
            "company_id": ID,
            "parent_set": "salesInvoices/salesInvoiceLines",
        },
        ("dimensionSetLines", "dimensionSetLines"): {"company_id": ID, "parent_set": "salesInvoices"},
    }


def test_only_what_follows_the_stamp_of_its_source_is_cut_into_windows():
    (whole,) = reads("salesInvoices", "salesInvoices", "salesInvoiceLines")
    (behind,) = reads("salesInvoices", "salesInvoices", starts={"salesInvoices": LOW})
    assert None not in {cuttable(whole), cuttable(behind)}
    (stamped,) = reads("journals", "journals", "journalLines")
    others = (
        stamped,
        replace(whole, use="count"),
        replace(whole, condition=Ids("id", (ID,))),
        replace(whole, condition=All("number eq '1'")),
    )
    assert [cuttable(each) for each in others] == [None] * 4
