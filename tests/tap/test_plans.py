"""What is asked of the service so that one source feeds all streams that hang on it?"""

from __future__ import annotations

import pytest
from tap.sample_metadata import METADATA

from dynamics_bc_client.errors import UnexpectedAnswer
from tap_dynamics_bc.bookmarks import Start
from tap_dynamics_bc.discovery import describe_streams
from tap_dynamics_bc.hotglue import describe_hotglue_streams
from tap_dynamics_bc.plans import Selection, Trees, plan_reads, request_trees, source_tree, to_query
from tap_dynamics_bc.tap import TapDynamicsBC

STREAMS = describe_streams(METADATA)
COMPANY = "11111111-2222-3333-4444-555555555555"
LOW, HIGH = Start("2026-01-01T00:00:00.000Z"), Start("2026-01-20T00:00:00.000Z")


def tree(source: str, *selected: str, properties: tuple[str, ...] | None = None):
    def selection_of(name: str) -> Selection | None:
        if name not in selected:
            return None
        described = STREAMS[name]
        return Selection(described.added, properties or tuple(described.properties), described.replication_key)

    return source_tree(STREAMS[source], STREAMS, selection_of)


def urls(source: str, *selected: str, starts: dict[str, Start] | None = None, **options) -> list[str]:
    def start_of(partition):
        return (starts or {}).get(partition.parent_set or partition.stream, Start())

    reads = plan_reads(Trees.of(tree(source, *selected, **options)), COMPANY, start_of, page_size=None)
    return [read.query.url for read in reads]


def url(source: str, *selected: str, **options) -> str:
    (only,) = urls(source, *selected, **options)
    return only


def test_a_set_that_is_wanted_whole_is_asked_for_without_select():
    assert url("salesInvoices", "salesInvoices") == f"companies({COMPANY})/salesInvoices"


def test_files_are_never_asked_for():
    assert url("customers", "customers") == (
        f"companies({COMPANY})/customers?$select=id,number,blocked,currencyId,balanceDue,lastPaymentDate,lastModifiedDateTime"
    )


def test_what_is_not_selected_is_not_asked_for():
    asked = url("customers", "customers", properties=("id", "number", "lastModifiedDateTime"))
    assert asked.endswith("/customers?$select=id,number,lastModifiedDateTime")


def requests(source: str, *selected: str) -> list[str]:
    return [to_query(each, COMPANY, "").query_string for each in request_trees(tree(source, *selected))]


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
        to_query(tree("salesInvoices", "salesInvoiceLines", "dimensionSetLines"), COMPANY, "")


@pytest.mark.parametrize("describe", [describe_streams, describe_hotglue_streams])
def test_no_request_for_any_stream_of_the_service_holds_a_set_twice(emulator_process, describe):
    tap = TapDynamicsBC(config=emulator_process.config(), setup_mapper=False)
    streams = describe(tap.client.metadata())
    tap.close()

    def everything(name: str) -> Selection:
        each = streams[name]
        nested = tuple(held.navigation for held in each.nested)
        return Selection(each.added, tuple(each.properties), each.replication_key, nested)

    asked = 0
    for source in [each for each in streams.values() if not each.feeds]:
        whole = source_tree(source, streams, everything)
        parts = request_trees(whole)
        assert sorted(child.path for part in parts for child in part.children) == sorted(
            child.path for child in whole.children
        )
        asked += len([to_query(part, COMPANY, "") for part in parts])
    assert asked > len([each for each in streams.values() if not each.feeds])


def test_a_shared_query_starts_at_the_lowest_bookmark_of_the_streams_it_feeds():
    asked = url(
        "salesInvoices", "salesInvoices", "salesInvoiceLines", starts={"salesInvoices": HIGH, "salesInvoiceLines": LOW}
    )
    assert asked.endswith("$filter=lastModifiedDateTime%20ge%202026-01-01T00:00:00.000Z")
    assert url("salesInvoices", "salesInvoices", "salesInvoiceLines", starts={"salesInvoices": HIGH}).endswith(
        "=salesInvoiceLines"
    )


def test_rows_with_stamps_of_their_own_are_looked_for_below_all_parents():
    below_all = f"companies({COMPANY})/journals?$select=id,lastModifiedDateTime&$expand=journalLines"
    assert urls("journals", "journals", "journalLines", starts={"journals": HIGH, "journalLines": HIGH}) == [
        f"companies({COMPANY})/journals?$filter=lastModifiedDateTime%20ge%202026-01-20T00:00:00.000Z",
        below_all,
    ]
    assert urls("journals", "journalLines", starts={"journalLines": HIGH}) == [below_all]


def test_a_first_read_of_them_is_one_query():
    assert urls("journals", "journals", "journalLines") == [f"companies({COMPANY})/journals?$expand=journalLines"]


def test_a_page_with_expansions_is_asked_for_smaller_and_a_configured_size_wins():
    def page_size(configured, *selected):
        trees = Trees.of(tree("salesInvoices", *selected))
        return plan_reads(trees, COMPANY, lambda _: Start(), page_size=configured)[0].page_size

    assert page_size(None, "salesInvoices") == 2_000
    assert page_size(None, "salesInvoices", "salesInvoiceLines") == 500
    assert page_size(7, "salesInvoices", "salesInvoiceLines") == 7


def test_only_streams_with_parents_of_several_kinds_have_a_parent_set_in_their_bookmark():
    contexts = {
        (node.stream.name, *node.path): node.partition("c").context
        for node in tree("salesInvoices", "salesInvoices", "salesInvoiceLines", "dimensionSetLines").walk()
    }
    assert contexts == {
        ("salesInvoices",): {"company_id": "c"},
        ("salesInvoiceLines", "salesInvoiceLines"): {"company_id": "c"},
        ("dimensionSetLines", "salesInvoiceLines", "dimensionSetLines"): {
            "company_id": "c",
            "parent_set": "salesInvoices/salesInvoiceLines",
        },
        ("dimensionSetLines", "dimensionSetLines"): {"company_id": "c", "parent_set": "salesInvoices"},
    }
