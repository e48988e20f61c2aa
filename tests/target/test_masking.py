"""A secret that somebody has put into the id or number of a record is in nothing that a run leaves for others."""

from __future__ import annotations

import json

import pytest

from dynamics_bc_client.redaction import OUTGOING
from target_dynamics_bc.kept.id_map import IdMap
from target_dynamics_bc.kept.masking import masked
from target_dynamics_bc.kept.outcomes import Became, Outcome
from tests.target.at_the_desk import Target

SECRET = "Qz7~vK.2mX_wT-9hLpR4sYbN8cJdFgA1eU3iO5"
VENDORS = [{"externalId": f"{SECRET}/{number}", "vendorName": f"Vendor {number}"} for number in (1, 2)]


@pytest.fixture
def known():
    OUTGOING.add(SECRET)


def test_what_holds_no_secret_stays_as_it_is(known):
    for text in (None, "", "v-1", "*** not for sale", "half \ud83d", "a\x1b[31mb"):
        assert masked(text) == text


def test_what_holds_one_is_masked_and_told_apart_from_others(known):
    first, second = (masked(f"{SECRET}/{number}") for number in (1, 2))
    assert first.startswith("***/1 ")
    assert second.startswith("***/2 ")
    assert masked(SECRET[:20]) != masked(SECRET[:21])
    assert first == masked(f"{SECRET}/1")


@pytest.mark.parametrize("state_format", ["singer", "hotglue"])
def test_no_file_and_no_output_of_a_run_has_it_and_its_records_are_found_again(tmp_path, state_format):
    target, results = Target(tmp_path), tmp_path / "results.singer"
    config = {"client_secret": SECRET, "state_format": state_format, "results_stream": str(results)}
    for kinds in (["created", "created"], ["existing", "existing"]):
        outcomes = target.write("Vendors", *VENDORS, remember=True, **config)
        assert [each["outcome"] for each in outcomes] == kinds
        assert len({each["external_id"] for each in outcomes}) == 2
        told = json.dumps([outcomes, target.states]) + results.read_text()
        assert SECRET not in told
        assert SECRET[:10] not in told
    rows = [json.loads(line)["record"] for line in results.read_text().splitlines() if '"RECORD"' in line]
    assert [row["record_key"] for row in rows[:2]] == [row["record_key"] for row in rows[2:]]
    assert [each["outcome"] for each in target.write("Vendors", *VENDORS, **config)] == ["unchanged", "unchanged"]


def test_numbers_of_what_is_written_are_masked_too(known):
    became = Became("purchaseInvoices", "2", f"I {SECRET}")
    outcome = Outcome("Bills", 1, "created", "purchaseInvoices", id="1", number=SECRET, became=became)
    assert SECRET not in json.dumps(outcome.to_json())


def test_an_id_map_has_it_masked_and_finds_it_all_the_same(known, tmp_path):
    ids = IdMap(tmp_path, "flow")
    ids.add(Outcome("Vendors", 1, "created", "vendors", external_id=SECRET, id="remote-1"))
    ids.save()
    (path,) = tmp_path.iterdir()
    assert SECRET not in path.read_text()
    assert IdMap(tmp_path, "flow").remote_id("Vendors", SECRET) == "remote-1"
    path.write_text(f"InputId,RemoteId\n{SECRET},remote-2\n")
    assert IdMap(tmp_path, "flow").remote_id("Vendors", SECRET) == "remote-2"
