"""What a sender calls things leads to no other place: no other file, no other row, no other company."""

from __future__ import annotations

import json

import pytest
from emulator.in_process import open_desk
from security.evil import TEXTS, Evil
from security.test_secrets_planted import settings
from tap.desk_service import HOST, LOGIN, DeskService

from target_dynamics_bc.kept.id_map import IdMap
from target_dynamics_bc.kept.outcomes import Outcome


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "..\\evil", "a/../../evil", "C:evil", "x\x00y", "..", "Bills"]
)
def test_the_file_of_an_id_map_stays_in_its_folder(tmp_path, name):
    folder = tmp_path / "deep" / "snapshots"
    ids = IdMap(folder, "flow")
    ids.add(Outcome(name, 1, "created", "vendors", external_id="1", id="2"))
    ids.save()
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {folder}
    assert IdMap(folder, "flow").remote_id(name, "1") == "2"


def test_blanks_around_the_name_of_a_stream_make_no_other_file_and_none_whose_name_is_too_long(tmp_path):
    ids = IdMap(tmp_path, "flow")
    ids.add(Outcome("vendors" + " " * 5_000, 1, "created", "vendors", external_id="1", id="2"))
    ids.add(Outcome("\nvendors\n", 2, "created", "vendors", external_id="2", id="3"))
    ids.save()
    assert [path.name for path in tmp_path.iterdir()] == ["vendors_flow.snapshot.csv"]
    assert [IdMap(tmp_path, "flow").remote_id("vendors", each) for each in "12"] == ["2", "3"]


STREAMS = (
    "vendors",
    "../vendors",
    "Bills",
    "x/../../evil",
    "",
    "\x1b[31m",
    "purchaseInvoices",
    "journalLines",
    "_x",
    "a" * 5_000,
)
FIELDS = (
    *(
        "number",
        "displayName",
        "id",
        "externalId",
        "company_id",
        "company_name",
        "subsidiaryId",
        "vendorName",
        "billNumber",
    ),
    *("lineItems", "attachments", "picture", "isDraft", "vendorNumber", "currencyCode", "dimensions", "name", "code"),
    *("_sdc_deleted_at", "customFields", "action", "issueDate", "totalAmount", "journalId", "@odata.etag", "../x"),
)
STRANGE = (
    *TEXTS,
    *(
        None,
        True,
        -1,
        9e300,
        2**80,
        [],
        {},
        [{}],
        [[None]],
        {"id": "x"},
        [{"path": "/etc/passwd"}],
        [{"path": "/dev/zero"}],
    ),
    *([{"content": "x" * 100, "name": "../../evil"}], [{"accountNumber": "8210", "unitPrice": "1e999999"}], "1e999999"),
    *(
        [{"a": {"b": [[[[{}]]]]}}],
        "5ba8a2d7-8b2b-ef11-840a-000d3abdc3c2) or (1 eq 1",
        "' or 1 eq 1 or '",
        "x'); DROP TABLE units; --",
    ),
)


def hostile_lines(seed: int) -> str:
    """A Singer file of somebody who means harm."""
    from random import Random

    chosen = Random(seed)
    lines = []
    for _ in range(12):
        stream = chosen.choice(STREAMS)
        record = {chosen.choice(FIELDS): chosen.choice(STRANGE) for _ in range(chosen.randint(1, 8))}
        schema = {"properties": {name: {} for name in record}}
        lines += [
            {
                "type": "SCHEMA",
                "stream": stream,
                "schema": schema,
                "key_properties": chosen.choice([[], ["id"], ["../x"]]),
            },
            {"type": "RECORD", "stream": stream, "record": record},
        ]
        if chosen.random() < 0.3:
            lines.append({"type": "STATE", "value": {chosen.choice(FIELDS): chosen.choice(STRANGE)}})
        if chosen.random() < 0.2:
            lines.append({"type": "ACTIVATE_VERSION", "stream": stream, "version": chosen.choice(STRANGE)})
    return "".join(json.dumps(each) + "\n" for each in lines)


class Asked(Evil):
    """The desk as it is; notes which hosts are asked."""

    def _spoiled(self, body):
        return body

    def _headers(self, response):
        return dict(response.headers)

    def _status(self, response):
        return response.status


def carry_out(seed, run, write_config, tmp_path):
    inside = tmp_path / "inside"
    (inside / "files").mkdir(parents=True)
    config = write_config(
        settings(
            inside,
            company="CRONUS International Ltd.",
            attachments_path=str(inside / "files"),
            snapshot_dir=str(inside / "snapshots"),
            fail_on="never",
            max_requests_per_window=1_000_000_000,
            **({"route_by_company": True} if seed % 2 else {}),
        )
    )
    service = Asked(seed, metadata=False, service=DeskService(open_desk()))
    ended = run(service, "target-dynamics-bc", "--config", config, sent=hostile_lines(seed))
    assert service.hosts <= {HOST, LOGIN}
    assert not ended.trace, ended.trace
    assert ended.code in {0, 1, 2}, ended.err[-2_000:]
    assert {path.name for path in tmp_path.iterdir()} == {"inside", "config.json"}
    assert {path.name for path in inside.iterdir()} <= {"files", "snapshots", "store"}
    assert not {each for each in ended.err if not each.isprintable()} - set("\n\t")


@pytest.mark.parametrize("seed", range(4))
def test_no_record_leads_elsewhere(seed, run, write_config, tmp_path, monkeypatch):
    monkeypatch.setenv("FLOW", "flow")
    carry_out(seed, run, write_config, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 150))
def test_no_record_leads_elsewhere_however_strange_it_is(seed, run, write_config, tmp_path, monkeypatch):
    monkeypatch.setenv("FLOW", "flow")
    carry_out(seed, run, write_config, tmp_path)
