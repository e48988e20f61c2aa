"""`dynamics-bc state`: what a state says, and what is left of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_cli.states import checked, entries, without
from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from emulator_control import RunningEmulator

ONE, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
FILE = Path("state.json")
STAMP = "2026-01-28T10:00:00.000Z"
Command = "Callable[..., Any]"


def partition(company: str, parent_set: str = "", **more: Any) -> dict[str, Any]:
    context = {"company_id": company, **({"parent_set": parent_set} if parent_set else {})}
    key = "parent_modified_at" if parent_set else "lastModifiedDateTime"
    return {"context": context, "replication_key": key, "replication_key_value": STAMP, **more}


STATE = {
    "source": {"environment_name": "Production"},
    "bookmarks": {
        "customers": {"partitions": [partition(ONE, page_rows=500), partition(OTHER)]},
        "dimensionSetLines": {"partitions": [partition(ONE, "salesInvoices"), partition(ONE, "salesOrders")]},
        "vendors": {"partitions": [partition(ONE)]},
    },
}


def streams_of(state: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.stream, each.company_id) for each in entries(state)]


def test_a_state_is_one_row_for_each_bookmark_with_what_is_remembered():
    first, second, third, *_ = entries(checked(STATE, FILE))
    assert (first.stream, first.company_id, first.bookmark) == ("customers", ONE, STAMP)
    assert (first.remembered, second.remembered) == ({"page_rows": 500}, {})
    assert (third.stream, third.parent_set, third.replication_key) == (
        "dimensionSetLines",
        "salesInvoices",
        "parent_modified_at",
    )


def test_a_stream_is_taken_out_in_all_companies_and_the_rest_stays():
    left, gone = without(STATE, ["CUSTOMERS"], [])
    assert [each.stream for each in gone] == ["customers", "customers"]
    assert left == {**STATE, "bookmarks": {k: v for k, v in STATE["bookmarks"].items() if k != "customers"}}


def test_a_company_is_taken_out_of_all_streams():
    left, _ = without(STATE, [], [OTHER.upper()])
    assert streams_of(left) == [each for each in streams_of(STATE) if each[1] == ONE]


def test_streams_and_companies_narrow_each_other_and_names_may_have_stars():
    left, gone = without(STATE, ["*o*"], [OTHER])
    assert [(each.stream, each.company_id) for each in gone] == [("customers", OTHER)]
    assert len(streams_of(left)) == len(streams_of(STATE)) - 1


def test_everything_is_taken_out_and_the_environment_stays():
    left, gone = without(STATE, [], [])
    assert left == {"source": STATE["source"], "bookmarks": {}}
    assert len(gone) == 5


@pytest.mark.parametrize(
    ("streams", "companies", "said"),
    [
        (["items"], [], 'no stream "items"; it has customers, dimensionSetLines, vendors'),
        ([], ["nobody"], 'no bookmark of the company "nobody"'),
    ],
)
def test_a_name_that_fits_nothing_is_refused(streams: list[str], companies: list[str], said: str):
    with pytest.raises(ConfigurationError, match=said):
        without(STATE, streams, companies)


@pytest.mark.parametrize("state", [None, {"bookmarks": []}, {"bookmarks": {"a": {"partitions": [{"x": 1}]}}}])
def test_what_the_tap_would_not_take_is_no_state(state: Any):
    with pytest.raises(ConfigurationError):
        checked(state, FILE)


def test_a_file_without_a_state_is_named(command: Command, tmp_path: Path):  # type: ignore[valid-type]
    ended = command("state", "show", tmp_path / "none.json")  # type: ignore[operator]
    assert ended.code == 2
    assert f'There is no state in "{tmp_path / "none.json"}"' in ended.err


def test_the_command_shows_a_state_with_the_names_of_companies(
    command: Command, config: Path, emulator: RunningEmulator, tmp_path: Path
):
    company = emulator.companies()[0]
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"bookmarks": {"customers": {"partitions": [partition(company["id"])]}}}))
    (row,) = command("state", "show", path, "--config", config).json
    assert (row["stream"], row["company"], row["bookmark"]) == ("customers", company["name"], STAMP)
    assert company["id"] in command("state", "show", path, "--table").out


def test_the_command_takes_bookmarks_out_of_the_last_state_of_a_file(command: Command, tmp_path: Path):
    path = tmp_path / "states.jsonl"
    path.write_text('{"bookmarks": {}}\n' + json.dumps(STATE) + "\n")
    ended = command("state", "reset", path, "--stream", "vendors", "--stream", "dimension*")
    assert (ended.code, [row["stream"] for row in ended.json]) == (
        0,
        ["dimensionSetLines", "dimensionSetLines", "vendors"],
    )
    (line,) = path.read_text().splitlines()
    assert streams_of(json.loads(line)) == [("customers", ONE), ("customers", OTHER)]


def test_a_company_goes_by_its_name_where_the_environment_can_be_asked(
    command: Command, config: Path, emulator: RunningEmulator, tmp_path: Path
):
    one, other = emulator.companies()[:2]
    path = tmp_path / "state.json"
    parts = [partition(one["id"]), partition(other["id"])]
    path.write_text(json.dumps({"bookmarks": {"customers": {"partitions": parts}}}))
    refused = command("state", "reset", path, "--company", one["name"])
    assert (refused.code, "is not an ID; give --config to name companies." in refused.err) == (2, True)
    assert command("state", "reset", path, "--company", one["name"], "--config", config).code == 0
    assert streams_of(json.loads(path.read_text())) == [("customers", other["id"])]


@pytest.mark.parametrize("arguments", [[], ["--all", "--stream", "customers"]])
def test_what_to_reset_is_named(command: Command, tmp_path: Path, arguments: list[str]):
    path = tmp_path / "state.json"
    path.write_text(json.dumps(STATE))
    refused = command("state", "reset", path, *arguments)
    assert (refused.code, "Name what to reset" in refused.err) == (2, True)
    assert json.loads(path.read_text()) == STATE


def test_the_output_of_a_run_is_not_replaced_by_its_state(command: Command, tmp_path: Path):
    path = tmp_path / "out.singer"
    output = (
        '{"type":"RECORD","stream":"customers","record":{}}\n' + json.dumps({"type": "STATE", "value": STATE}) + "\n"
    )
    path.write_text(output)
    assert command("state", "show", path).code == 0
    refused = command("state", "reset", path, "--all")
    assert (refused.code, "its records would be lost: put its last line into a file" in refused.err) == (2, True)
    assert path.read_text() == output
