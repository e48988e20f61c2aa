"""Nothing that the service sends makes us call another host, write elsewhere, or end with what nobody understands."""

from __future__ import annotations

import json
import time

import pytest
from security.evil import ELSEWHERE, Evil
from security.test_secrets_planted import settings, vendors
from tap.desk_service import HOST, LOGIN

SECONDS = 60
RUNS = {
    "tap": ("tap-dynamics-bc",),
    "discovery": ("tap-dynamics-bc", "--discover"),
    "target": ("target-dynamics-bc",),
    "doctor": ("dynamics-bc", "doctor", "--for", "both"),
    "request": ("dynamics-bc", "request", "GET", "customers"),
    "streams": ("dynamics-bc", "streams"),
    "companies": ("dynamics-bc", "companies"),
}
SENT = vendors("Anna", "Berta") + "".join(
    json.dumps(each) + "\n"
    for each in (
        {"type": "SCHEMA", "stream": "Bills", "schema": {"properties": {}}, "key_properties": []},
        {
            "type": "RECORD",
            "stream": "Bills",
            "record": {
                "billNumber": "B-1",
                "vendorName": "Fabrikam, Inc.",
                "issueDate": "2026-01-05",
                "lineItems": [{"accountNumber": "8210", "quantity": 1, "unitPrice": 5}],
            },
        },
    )
)


def carried_out(name, seed, run, write_config, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    config = write_config(
        settings(
            inside,
            apis="all",
            web_services="*",
            deletes="sweep",
            download_media=["pictures", "attachments"],
            company="CRONUS International Ltd.",
            filters={"customers": "blocked eq ' '"},
            max_requests_per_window=1_000_000_000,
        )
    )
    service = Evil(seed, often=2 + seed % 5, metadata=seed % 2 == 0)
    began = time.process_time()
    ended = run(service, *RUNS[name], "--config", config, sent=SENT)
    assert time.process_time() - began < SECONDS
    assert service.hosts <= {HOST, LOGIN}
    assert not ended.trace, ended.trace
    assert ended.code in {0, 1, 2, 3}, ended.err
    assert {path.name for path in tmp_path.iterdir()} == {"inside", "config.json"}
    assert {path.name for path in inside.iterdir()} <= {"store"}
    assert not list(tmp_path.rglob("*evil*"))
    assert not {each for each in ended.err if not each.isprintable()} - set("\n\t")


@pytest.mark.parametrize("name", RUNS)
def test_no_answer_leads_elsewhere(name, run, write_config, tmp_path):
    carried_out(name, len(name), run, write_config, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("name", RUNS)
def test_no_answer_leads_elsewhere_however_it_is_spoiled(name, seed, run, write_config, tmp_path):
    carried_out(name, seed, run, write_config, tmp_path)


def test_the_evil_service_says_evil_things():
    """So that the others mean something."""
    service = Evil(1, often=1)
    spoiled = [
        service._spoiled(json.dumps({"value": [{"id": "x", "name": "y"}]}).encode()).decode(errors="replace")
        for _ in range(200)
    ]
    assert sum(ELSEWHERE in each for each in spoiled) > 10
