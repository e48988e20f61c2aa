"""What a HotGlue job prints is linear in its records, however many STATE messages stand between them; what it reads."""

from __future__ import annotations

import io
import itertools
import json

import pytest
from emulator.in_process import open_desk

from dynamics_bc_client.errors import ConfigurationError
from target_dynamics_bc.kept.job_state import read_done
from target_dynamics_bc.target import TargetDynamicsBC
from tests.target.at_the_desk import CONFIG, DeskTransport


@pytest.fixture(scope="module")
def transport():
    return DeskTransport(open_desk())


def lines(count):
    """Records that are rejected before anything is asked, each with a STATE behind it."""
    yield json.dumps({"type": "SCHEMA", "stream": "Vendors", "schema": {"properties": {}}, "key_properties": []}) + "\n"
    for n in range(count):
        yield json.dumps({"type": "RECORD", "stream": "Vendors", "record": {"vendorName": f"Vendor {n:06d}"}}) + "\n"
        yield json.dumps({"type": "STATE", "value": {"n": n}}) + "\n"


def printed(transport, count):
    """What a job of so many records prints, line by line."""
    output = io.StringIO()
    target = TargetDynamicsBC(config={**CONFIG, "state_format": "hotglue"}, transport=transport, output=output)
    target.listen(io.StringIO("".join(lines(count))))
    target.close()
    return output.getvalue().splitlines()


def test_ten_times_as_many_records_print_about_ten_times_as_many_bytes(transport, monkeypatch):
    monkeypatch.setattr("target_dynamics_bc.order.CHUNK", 1)  # so that every STATE could be written
    few, many = (printed(transport, count) for count in (200, 2000))
    for count, said in ((200, few), (2000, many)):
        assert len(json.loads(said[-1])["bookmarks"]["Vendors"]) == count
        assert sum(map(len, said)) <= 3 * len(said[-1])
    assert sum(map(len, many)) <= 15 * sum(map(len, few))


def test_a_job_that_is_killed_has_printed_half_of_its_outcomes_at_least(transport, monkeypatch):
    monkeypatch.setattr("target_dynamics_bc.order.CHUNK", 1)
    counts = [len(json.loads(line)["bookmarks"]["Vendors"]) for line in printed(transport, 500)]
    assert all(later <= 2 * earlier for earlier, later in itertools.pairwise(counts))


@pytest.mark.parametrize("bookmarks", ['"x"', "1", "[1]", "true"])
def test_a_state_of_a_job_whose_bookmarks_are_none_is_refused_in_a_sentence(tmp_path, bookmarks):
    (tmp_path / "state.json").write_text(f'{{"bookmarks": {bookmarks}}}')
    with pytest.raises(ConfigurationError, match='is not the state of a job: its "bookmarks" must be a JSON object'):
        read_done(tmp_path / "state.json")
