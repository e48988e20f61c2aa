"""How do the rows of a page become records?"""

from __future__ import annotations

import contextlib
import io
import json
from datetime import datetime, timezone
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.singerlib import StateMessage
from tap.sample_metadata import METADATA, metadata

from dynamics_bc_client.companies import Company
from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.metadata import EntitySet, EntityType, Property
from tap_dynamics_bc.reads.bookmarks import Partition
from tap_dynamics_bc.reads.places import Selection, source_places
from tap_dynamics_bc.reads.plan import Advance
from tap_dynamics_bc.records.emitting import Emitter
from tap_dynamics_bc.records.encoding import compiled
from tap_dynamics_bc.records.output import MessageWriter
from tap_dynamics_bc.records.writers import LineWriter, to_record
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.replication import WHOLE, Start

STREAMS = describe_streams(METADATA)
WOMBATS = EntitySet("wombats", EntityType("wombat", (), {"name": Property("name", "Edm.String")}, {}))
SERVED_AT = datetime(2026, 1, 28, 10, tzinfo=timezone.utc)
ZERO = "00000000-0000-0000-0000-000000000000"
PARENT = {"parentType": "_x0020_", "parentId": "l"}
CUSTOMER = {
    "@odata.etag": 'W/"JzE5OzEyMzQ1OzAwOyc="',
    "id": "1",
    "number": "10000",
    "blocked": "_x0020_",
    "currencyId": ZERO,
    "balanceDue": 0,
    "lastPaymentDate": "0001-01-01",
    "logo@odata.mediaReadLink": "https://example.invalid/logo",
    "lastModifiedDateTime": "2026-01-20T08:00:00.5Z",
}


def emit(
    source: str,
    body: bytes | str,
    *selected: str,
    raw_values: bool = False,
    starts=None,
    properties=None,
    added=None,
    company=("c", "CRONUS"),
    streams=STREAMS,
):
    """The records of one page by stream, as text lines, and the emitters."""

    selections = {
        name: Selection(
            tuple(each for each in streams[name].columns if added is None or each.name in added),
            properties or tuple(streams[name].properties),
            streams[name].replication,
        )
        for name in selected or (source,)
    }
    output = MessageWriter()
    advances = {path: Advance(Partition("", WHOLE), start) for path, start in (starts or {}).items()}
    emitter = Emitter(
        compiled(source_places(streams, selections)[source], raw_values=raw_values),
        company=None if company is None else Company(*company, display_name=""),
        advances=advances,
        writer_of=lambda name: LineWriter(output, name),
    )
    emitter.take(body.encode() if isinstance(body, str) else body, SERVED_AT)
    return output.buffer.decode().split("\n")[:-1], emitter


def records(lines: list[str]) -> list[tuple[str, dict]]:
    messages = [json.loads(line, parse_float=Decimal) for line in lines]
    return [(message["stream"], message["record"]) for message in messages]


def page(*rows: dict) -> bytes:
    return msgspec.json.encode({"@odata.context": "$metadata#companies(c)/customers", "value": rows})


def test_a_record_line_is_what_singer_wants():
    lines, _ = emit("customers", page(CUSTOMER))
    assert [json.loads(line) for line in lines] == [
        {
            "type": "RECORD",
            "stream": "customers",
            "record": {
                "company_id": "c",
                "company_name": "CRONUS",
                "id": "1",
                "number": "10000",
                "blocked": None,
                "currencyId": None,
                "balanceDue": 0,
                "lastPaymentDate": None,
                "lastModifiedDateTime": "2026-01-20T08:00:00.5Z",
            },
            "time_extracted": "2026-01-28T10:00:00+00:00",
        }
    ]


def test_raw_values_stay_as_the_service_spells_them():
    ((_, record),) = records(emit("customers", page(CUSTOMER), raw_values=True)[0])
    assert (record["blocked"], record["currencyId"], record["lastPaymentDate"]) == ("_x0020_", ZERO, "0001-01-01")


@pytest.mark.parametrize(
    "digits", ["97163.24", "3036.60", "0.1", "12345678901234567890.123456789012345678", "0", "-7.00", "1E-7"]
)
@pytest.mark.parametrize("raw_values", [True, False])
def test_decimals_keep_the_digits_of_the_service(digits, raw_values):
    ((line,), _) = emit("customers", f'{{"value":[{{"id":"1","balanceDue":{digits}}}]}}', raw_values=raw_values)
    assert f'"balanceDue":{digits}' in line


def test_members_of_enums_become_text_also_those_nobody_has_heard_of():
    lines, _ = emit(
        "customers", page(*({**CUSTOMER, "blocked": name} for name in ("Ship", "In_x0020_Review_x002E_", None)))
    )
    assert [record["blocked"] for _, record in records(lines)] == ["Ship", "In Review.", None]


def test_keys_and_stamps_are_never_made_null():
    line = {"id": ZERO, "parentId": ZERO, "parentType": "_x0020_", "code": "CLASS"}
    invoice = {"id": ZERO, "lastModifiedDateTime": "0001-01-01T00:00:00Z", "dimensionSetLines": [line]}
    lines, _ = emit("salesInvoices", page(invoice), "salesInvoices", "dimensionSetLines")
    (_, header), (_, dimension) = records(lines)
    assert header["id"] == ZERO
    assert header["lastModifiedDateTime"] == "0001-01-01T00:00:00Z"
    assert (dimension["id"], dimension["parentId"], dimension["parentType"]) == (ZERO, ZERO, " ")


def test_blank_text_stays_blank_and_text_that_looks_encoded_stays_as_it_is():
    lines, _ = emit("customers", page({**CUSTOMER, "number": ""}, {**CUSTOMER, "number": "_x0020_"}))
    assert [record["number"] for _, record in records(lines)] == ["", "_x0020_"]


def test_rows_of_expansions_go_behind_their_parents_with_the_parents_stamp():
    invoice = {
        "id": "i",
        "lastModifiedDateTime": "2026-01-20T08:00:00Z",
        "salesInvoiceLines": [
            {"id": "l", "quantity": 1.50, "dimensionSetLines": [{**PARENT, "id": "d", "code": "CLASS"}]},
            {"id": "m", "dimensionSetLines": []},
        ],
        "dimensionSetLines": None,
    }
    lines, _ = emit("salesInvoices", page(invoice), "salesInvoices", "salesInvoiceLines", "dimensionSetLines")
    assert [(name, record["id"], record.get("parent_modified_at")) for name, record in records(lines)] == [
        ("salesInvoices", "i", None),
        ("salesInvoiceLines", "l", "2026-01-20T08:00:00Z"),
        ("dimensionSetLines", "d", "2026-01-20T08:00:00Z"),
        ("salesInvoiceLines", "m", "2026-01-20T08:00:00Z"),
    ]
    assert all("salesInvoiceLines" not in record for _, record in records(lines))


def test_one_row_for_each_parent_comes_as_an_object():
    lines, _ = emit(
        "customers",
        page({**CUSTOMER, "picture": {**PARENT, "id": "1", "width": 20}}, {**CUSTOMER, "picture": None}),
        "pictures",
    )
    assert [(name, record["width"]) for name, record in records(lines)] == [("pictures", 20)]


def test_a_parent_that_is_not_selected_is_only_passed_through():
    invoice = {"id": "i", "lastModifiedDateTime": "2026-01-20T08:00:00Z", "salesInvoiceLines": [{"id": "l"}]}
    lines, _ = emit("salesInvoices", page(invoice), "salesInvoiceLines")
    assert [name for name, _ in records(lines)] == ["salesInvoiceLines"]


def test_rows_below_a_streams_own_start_are_not_written_for_it():
    invoices = [
        {"id": str(day), "lastModifiedDateTime": f"2026-01-{day}T08:00:00Z", "salesInvoiceLines": [{"id": f"l{day}"}]}
        for day in (10, 20)
    ]
    starts = {(): Start("2026-01-01T00:00:00.000Z"), ("salesInvoiceLines",): Start("2026-01-20T08:00:00.000Z")}
    lines, _ = emit("salesInvoices", page(*invoices), "salesInvoices", "salesInvoiceLines", starts=starts)
    assert [record["id"] for _, record in records(lines)] == ["10", "20", "l20"]


def test_the_highest_stamp_of_a_fed_stream_is_its_parents_also_of_parents_without_rows():
    invoices = [
        {"id": "1", "lastModifiedDateTime": "2026-01-20T08:00:00Z", "salesInvoiceLines": [{"id": "l"}]},
        {"id": "2", "lastModifiedDateTime": "2026-01-20T08:00:00.25Z", "salesInvoiceLines": []},
    ]
    _, emitter = emit("salesInvoices", page(*invoices), "salesInvoices", "salesInvoiceLines")
    assert emitter.highest(()) == emitter.highest(("salesInvoiceLines",)) == "2026-01-20T08:00:00.25Z"


def test_what_is_not_selected_is_left_out_also_when_the_service_sends_it():
    lines, _ = emit("customers", page(CUSTOMER), properties=("id", "lastModifiedDateTime"), added=("company_id",))
    assert [list(record) for _, record in records(lines)] == [["company_id", "id", "lastModifiedDateTime"]]


def test_records_of_the_environment_have_no_company():
    lines, _ = emit(
        "companies", page({"id": "c", "name": "CRONUS", "systemModifiedAt": "0001-01-01T00:00:00Z"}), company=None
    )
    assert records(lines) == [("companies", {"id": "c", "name": "CRONUS", "systemModifiedAt": None})]


def test_a_page_printed_over_several_lines_still_gives_one_line_for_each_record():
    body = json.dumps({"value": [{"id": "1", "balanceDue": 1.5}]}, indent=2)
    lines, _ = emit("customers", body)
    assert len(lines) == 1


def test_a_stamp_with_an_offset_is_written_and_remembered_in_utc():
    lines, emitter = emit(
        "customers", page({**CUSTOMER, "lastModifiedDateTime": "2026-01-20T09:30:00.5+01:00"}, {**CUSTOMER, "id": "2"})
    )
    stamps = [record["lastModifiedDateTime"] for _, record in records(lines)]
    assert stamps == ["2026-01-20T08:30:00.500Z", "2026-01-20T08:00:00.5Z"]
    assert emitter.highest(()) == "2026-01-20T08:30:00.500Z"


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"lastModifiedDateTime": "2026-01-01T00:00:00+0100"},
        {"lastModifiedDateTime": "2026-02-30T00:00:00+01:00"},
        {"lastModifiedDateTime": "nonsense"},
        {"lastModifiedDateTime": "2026-01-01"},
    ],
)
def test_a_row_that_cannot_be_taken_whole_is_refused(change):
    body = page(CUSTOMER, {**CUSTOMER, "id": "2", **change})
    with pytest.raises(UnexpectedAnswer, match=next(reversed(change))):
        emit("customers", body)


@pytest.mark.parametrize(
    ("rows", "source", "selected"),
    [
        ([{"number": "2"}], "customers", "customers"),
        ([{"id": "i", "salesInvoiceLines": [{"quantity": 1}]}], "salesInvoices", "salesInvoiceLines"),
        ([{"id": "i", "dimensionSetLines": [{"id": "d", "parentId": "i"}]}], "salesInvoices", "dimensionSetLines"),
    ],
)
@pytest.mark.parametrize("raw_values", [True, False])
def test_a_row_without_a_part_of_its_key_is_refused(rows, source, selected, raw_values):
    with pytest.raises(UnexpectedAnswer, match="missing required field"):
        emit(source, page(*rows), selected, raw_values=raw_values)


def test_records_without_the_company_begin_with_what_their_parent_tells_or_with_the_row_itself():
    lines, _ = emit("companies", page({"id": "1"}), properties=("id",), added=(), company=None)
    assert [record for _, record in records(lines)] == [{"id": "1"}]
    lines, _ = emit("customers", page({"id": "1"}), properties=("id",), added=())
    assert [record for _, record in records(lines)] == [{"id": "1"}]
    invoice = {"id": "i", "lastModifiedDateTime": "2026-01-20T08:00:00Z", "salesInvoiceLines": [{"id": "l"}]}
    lines, _ = emit("salesInvoices", page(invoice), "salesInvoiceLines", added=("parent_modified_at",))
    assert [record for _, record in records(lines)] == [{"parent_modified_at": "2026-01-20T08:00:00Z", "id": "l"}]


def test_a_row_that_holds_nothing_is_a_record_of_what_the_tap_adds():
    lines, _ = emit("wombats", page({}, {"name": None}), streams=describe_streams(metadata(WOMBATS)))
    assert [record for _, record in records(lines)] == [
        {"company_id": "c", "company_name": "CRONUS"},
        {"company_id": "c", "company_name": "CRONUS", "name": None},
    ]


values = st.fixed_dictionaries(
    {"id": st.uuids().map(str)},
    optional={
        "number": st.text(max_size=20),
        "balanceDue": st.decimals(allow_nan=False, allow_infinity=False) | st.integers(),
        "lastModifiedDateTime": st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "Z"),
        "unheardOf": st.text() | st.lists(st.integers(), max_size=2),
    },
)


@given(st.lists(values, max_size=5), st.booleans(), st.text(min_size=1, max_size=10))
def test_what_comes_in_goes_out(rows, raw_values, company_name):
    body = msgspec.json.Encoder(decimal_format="number").encode({"value": rows})
    lines, _ = emit("customers", body, raw_values=raw_values, company=("c", company_name))
    expected = [
        {
            "company_id": "c",
            "company_name": company_name,
            **{name: value for name, value in row.items() if name != "unheardOf"},
        }
        for row in rows
    ]
    assert [record for _, record in records(lines)] == expected


def test_a_record_for_a_stream_map_keeps_the_digits_of_the_service():
    row = msgspec.defstruct("Row", [("amount", msgspec.Raw)])(msgspec.Raw(b"1234567890123456.70"))
    assert to_record(b"", row) == {"amount": Decimal("1234567890123456.70")}


class _Pipe(io.RawIOBase):
    """Keeps what is written, call by call."""

    def __init__(self):
        self.chunks = []

    def writable(self):
        return True

    def write(self, chunk):
        self.chunks.append(bytes(chunk))
        return len(chunk)


def test_records_go_out_in_few_writes_and_before_any_other_message():
    pipe = _Pipe()
    output = MessageWriter()
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BufferedWriter(pipe))):
        output.buffer += b"record\n" * 10
        assert pipe.chunks == []
        output.write_message(StateMessage({"bookmarks": {}}))
        # Now, not when Python thinks fit.
        assert len(pipe.chunks) == 1
    assert pipe.chunks[0] == b"record\n" * 10 + b'{"type":"STATE","value":{"bookmarks":{}}}\n'


def test_the_end_of_the_process_waits_until_no_line_would_be_cut():
    class Ended(BaseException):
        pass

    def end():
        raise Ended

    output = MessageWriter()
    with pytest.raises(Ended), output.undivided():  # noqa: PT012 - the block is what is tested
        output.buffer += b"half a "
        output.end_when_possible(end)
        output.buffer += b"line\n"
    assert output.buffer == b"half a line\n"
