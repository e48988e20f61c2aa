"""Which ids do the jobs of one flow hand on to each other?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import ConfigurationError
from target_dynamics_bc.kept.id_map import IdMap
from target_dynamics_bc.kept.outcomes import Outcome
from tests.target.at_the_desk import Target

FILE = "Vendors_flow.snapshot.csv"


def outcome(external_id="v-1", id_="remote-1", kind="created"):
    return Outcome("Vendors", 1, kind, "vendors", external_id=external_id, id=id_)


def test_what_one_job_has_written_the_next_one_knows(tmp_path):
    first = IdMap(tmp_path, "flow")
    first.add(outcome())
    first.add(outcome("v-2", "remote-2", "updated"))
    first.save()
    assert (tmp_path / FILE).read_text() == "InputId,RemoteId\nv-1,remote-1\nv-2,remote-2\n"
    second = IdMap(tmp_path, "flow")
    assert [second.remote_id("Vendors", each) for each in ("v-1", "v-2", "v-3", None)] == [
        "remote-1",
        "remote-2",
        None,
        None,
    ]
    assert IdMap(tmp_path, "another").remote_id("Vendors", "v-1") is None


def test_what_was_not_written_is_not_in_it_and_what_it_knows_stays(tmp_path):
    (tmp_path / FILE).write_text("InputId,RemoteId\nold,remote-0\n,nobody\nempty,\n")
    ids = IdMap(tmp_path, "flow")
    for kind in ("rejected", "uncertain", "deleted"):
        ids.add(outcome(kind, kind=kind))
    ids.add(outcome(id_=None))
    ids.add(outcome(external_id=None))
    ids.save()
    assert (tmp_path / FILE).read_text() == "InputId,RemoteId\nold,remote-0\n,nobody\nempty,\n", "nothing is new"
    ids.add(outcome("old", "remote-9"))
    ids.save()
    assert (tmp_path / FILE).read_text() == "InputId,RemoteId\nold,remote-9\n"


@pytest.mark.parametrize("content", [b"Input,Remote\n", b"\xff\xfe\x00"])
def test_a_file_that_is_none_is_named_and_not_written_over(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ConfigurationError, match=FILE):
        IdMap(tmp_path, "flow").add(outcome())
    assert (tmp_path / FILE).read_bytes() == content


def test_a_record_that_an_earlier_job_has_written_is_changed_and_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOW", "flow")
    target = Target(tmp_path)
    vendors, vendor = target.rows("vendors"), target.row("vendors", number="10000")
    (tmp_path / FILE).write_text(f"InputId,RemoteId\nv-1,{vendor['id']}\n")
    record = {"externalId": "v-1", "vendorName": "Renamed"}
    (outcome,) = target.write("Vendors", record, snapshot_dir=str(tmp_path))
    assert (outcome["outcome"], outcome["id"]) == ("updated", vendor["id"])
    assert len(target.rows("vendors")) == len(vendors)
