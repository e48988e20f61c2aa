"""Record, replay, compare: the whole way, with an emulator in the tenant's place and marked secrets in it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner

from dynamics_bc_emulator.command import emulator
from dynamics_bc_emulator.driver import COMPANY, BusinessCentral, start_business_central
from dynamics_bc_emulator.recording.exchanges import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "dynamics_bc_emulator"]
SECRETS = {
    "displayName": "Zephyrine Quandt KG",
    "email": "zephyrine@quandt-marked.example",
    "phoneNumber": "+49 171 5550199",
    "addressLine1": "Marderweg 77",
    "website": "https://quandt-marked.example/shop",
}
IBAN = "DE02 7002 0270 0010 1086 69"
SELECTED = "$select=number,displayName&$orderby=number"


@dataclass
class Recorded:
    """A recording, and what the tenant was asked for it."""

    path: Path
    company: str
    token: str
    said: str
    answers: dict[str, Any]


def questions(company: str) -> list[str]:
    return [
        "companies", "$metadata", f"companies({company})/customers", f"companies({company})/bankAccounts",
        f"companies({company})/customers?$filter=displayName eq '{SECRETS['displayName']}'",
        f"companies({company})/items?{SELECTED}",
        f"companies({company})/salesInvoices?$top=5&$expand=salesInvoiceLines,dimensionSetLines&$count=true",
        f"companies({company})/salesInvoices?$filter=customerName eq 'A' or number eq 'B'",
        f"companies({company})/vendors(11111111-2222-4333-8444-555555555555)", f"companies({company})/nothing",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    path = tmp_path_factory.mktemp("recording") / "tenant.jsonl"
    tenant = start_business_central("--companies", "1")
    company = tenant.control.companies()[0]["id"]
    customer = tenant.control.rows(company, "customers")[0]
    tenant.control.edit(company=company, entity_set="customers", id=customer["id"], set=SECRETS)
    bank = tenant.control.rows(company, "bankAccounts")[0]
    tenant.control.edit(company=company, entity_set="bankAccounts", id=bank["id"], set={"iban": IBAN.replace(" ", "")})
    command = [*COMMAND, "record", "--from", tenant.url, "--to", str(path)]
    proxy = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert proxy.stdout
    own = json.loads(proxy.stdout.readline())["url"]
    headers = tenant.headers(Prefer="odata.maxpagesize=30")
    answers = {}
    for question in questions(company):
        url = f"{own}{tenant.api.removeprefix(tenant.url)}/{question}"
        while url:
            answer = requests.get(url, headers=headers, timeout=60)
            answers.setdefault(question, []).append(answer)
            url = answer.json().get("@odata.nextLink", "") if "json" in answer.headers["content-type"] else ""
            assert url.startswith(own) or not url
    made = {"displayName": SECRETS["displayName"], "email": SECRETS["email"]}
    root = f"{own}{tenant.api.removeprefix(tenant.url)}/companies({company})"
    answers["POST"] = [requests.post(f"{root}/customers", json=made, headers=headers, timeout=60)]
    pieces = iter((b'{"displayName": ', b'"In chunks"}'))
    in_chunks = {**headers, "Content-Type": "application/json"}
    answers["chunks"] = [requests.post(f"{root}/vendors", data=pieces, headers=in_chunks, timeout=60)]
    assert answers["chunks"][0].json()["displayName"] == "In chunks"
    proxy.send_signal(signal.SIGINT)
    _, said = proxy.communicate(timeout=60)
    assert proxy.returncode == 0
    tenant.stop()
    return Recorded(path, company, headers["Authorization"].removeprefix("Bearer "), said, answers)


def test_no_marked_secret_is_in_a_recording(recorded: Recorded) -> None:
    text = recorded.path.read_text().lower()
    secrets = [
        *SECRETS.values(),
        IBAN.replace(" ", ""),
        recorded.token,
        recorded.company,
        "quandt",
        "marderweg",
        COMPANY,
    ]
    assert [secret for secret in secrets if secret.lower() in text] == []
    # They were there to be found.
    answers = [answer for each in recorded.answers.values() for answer in each]
    assert any(SECRETS["email"] in answer.text for answer in answers)
    assert any(IBAN.replace(" ", "") in answer.text for answer in answers)
    assert recorded.said == f"{len(answers)} answers are in {recorded.path}.\n"
    assert len(read(recorded.path)) == len(answers)


@pytest.fixture(scope="module")
def replayed(recorded: Recorded) -> Iterator[BusinessCentral]:
    running = start_business_central("--recording", str(recorded.path))
    yield running
    running.stop()


def ask(running: BusinessCentral, path: str) -> requests.Response:
    return requests.get(f"{running.api}/{path}", headers=running.headers(Prefer="odata.maxpagesize=30"), timeout=60)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def test_recorded_questions_get_their_answers_and_their_next_links(
    recorded: Recorded, replayed: BusinessCentral
) -> None:
    (company,) = ask(replayed, "companies").json()["value"]
    pages, url = [], f"companies({company['id']})/items?{SELECTED}"
    while url:
        page = ask(replayed, url.removeprefix(f"{replayed.api}/")).json()
        pages.append(page)
        url = page.get("@odata.nextLink", "")
    theirs = [answer.json() for answer in recorded.answers[f"companies({recorded.company})/items?{SELECTED}"]]
    assert [shape(page) for page in pages] == [shape(page) for page in theirs]
    assert len(pages) == 3
    assert ask(replayed, f"companies({company['id']})/nothing").status_code == 404


def test_other_questions_are_answered_from_the_recorded_rows(replayed: BusinessCentral) -> None:
    (company,) = replayed.control.companies()
    root = f"companies({company['id']})"
    (first, *rest) = ask(replayed, f"{root}/customers").json()["value"]
    assert len(rest) == 4
    (found,) = ask(replayed, f"{root}/customers?$filter=number eq '{first['number']}'").json()["value"]
    # Its ledger entries are not in the recording.
    assert found == {**first, "@odata.etag": found["@odata.etag"], "balanceDue": 0}
    invoice = ask(replayed, f"{root}/salesInvoices?$top=1&$expand=salesInvoiceLines").json()["value"][0]
    assert invoice["salesInvoiceLines"]
    assert {line["documentId"] for line in invoice["salesInvoiceLines"]} == {invoice["id"]}
    assert len(ask(replayed, f"{root}/items?$top=100&$select=number").json()["value"]) == 30


def test_what_is_written_is_read_again_in_place_of_the_recording(replayed: BusinessCentral) -> None:
    (company,) = replayed.control.companies()
    path = f"companies({company['id']})/customers"
    before = len(ask(replayed, path).json()["value"])
    made = requests.post(f"{replayed.api}/{path}", json={"displayName": "New"}, headers=replayed.headers(), timeout=60)
    assert made.status_code == 201
    assert len(ask(replayed, path).json()["value"]) == before + 1
    replayed.control.reset()
    assert len(ask(replayed, path).json()["value"]) == before


def test_what_the_recorded_metadata_shows_is_served(recorded: Recorded, tmp_path: Path) -> None:
    extended = tmp_path / "extended.jsonl"
    lines = []
    for line in recorded.path.read_text().splitlines():
        exchange = json.loads(line)
        if exchange.get("path", "").endswith("$metadata"):
            found = re.search(r'<EntityType Name="customer">.*?</Key>', exchange["body"], re.DOTALL)
            assert found
            place, more = found.end(), '<Property Name="loyaltyPoints" Type="Edm.Int32" />'
            exchange["body"] = f"{exchange['body'][:place]}{more}{exchange['body'][place:]}"
        lines.append(json.dumps(exchange))
    extended.write_text("\n".join(lines))
    running = start_business_central("--recording", str(extended), "--no-recorded-answers")
    try:
        (company,) = running.control.companies()
        rows = ask(running, f"companies({company['id']})/customers").json()["value"]
        assert len(rows) == 5
        assert all(isinstance(row["loyaltyPoints"], int) for row in rows)
    finally:
        running.stop()


def compared(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "compare", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_emulator_does_not_differ_from_its_own_recording(recorded: Recorded) -> None:
    done = compared(recorded.path)
    count = len(read(recorded.path))
    assert done.stdout == f"{count} answers were compared; 0 differences were found.\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_what_differs_is_listed_with_its_questions(recorded: Recorded, tmp_path: Path) -> None:
    doctored = tmp_path / "doctored.jsonl"
    lines = recorded.path.read_text().splitlines()
    changed = []
    for line in lines[1:]:
        exchange = json.loads(line)
        if exchange["path"].endswith("/customers") and not exchange["query"] and exchange["method"] == "GET":
            for row in exchange["body"]["value"]:
                row["balanceDue"] = "12"
                row["loyaltyPoints"] = 3
                del row["city"]
            exchange["headers"]["x-new"] = "***"
        if exchange["path"].endswith("/nothing"):
            exchange["body"]["error"]["code"] = "Other_Code"
        if exchange["path"].endswith("/$metadata"):
            exchange["status"] = 304
        changed.append(json.dumps(exchange))
    doctored.write_text("\n".join([lines[0], *changed]))
    done = compared(doctored)
    assert done.returncode == 1
    at = "(GET api/v2.0/companies()/customers)"
    said = done.stdout.splitlines()
    for wanted in (
        f"property value/balanceDue: recorded text, emulator number {at}",
        f"property value/loyaltyPoints: recorded, not of the emulator {at}",
        f"property value/city: of the emulator, not recorded {at}",
        f"header x-new: recorded, not of the emulator {at}",
        "error code: recorded Other_Code, emulator BadRequest_ResourceNotFound (GET api/v2.0/companies()/nothing)",
        "status: recorded 304, emulator 200 (GET api/v2.0/$metadata)",
    ):
        assert wanted in said, done.stdout
    assert said[-1].endswith("6 differences were found.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a recording of this version"),
        (b'{"recording":"Business Central","version":99}\n', "is not a recording of this version"),
        (b'{"recording":"Business Central","version":1}\n{"method": 1}\n', "line 2 of"),
        (b'{"recording":"Business Central","version":1}\nnot json\n', "line 2 of"),
    ],
)
def test_a_damaged_recording_is_refused_with_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_bytes(content)
    for command in (["--recording", str(damaged)], ["compare", str(damaged)]):
        done = CliRunner().invoke(emulator, command)
        assert (done.exit_code, done.stdout) == (2, "")
        assert sentence in done.stderr
        assert isinstance(done.exception, SystemExit)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--from", "http://bc.example.com", "--to", "{new}"], "is not an address such as https://api.businesscentral"),
        (["--from", "https://bc.example.com/v2.0", "--to", "{new}"], "is not an address such as"),
        (["--to", "{there}"], "is there already. Choose another --to, or remove it."),
        (["--to", "{new}/deeper/file"], "Cannot record into"),
        ([], "Missing option '--to'"),
    ],
)
def test_a_recording_that_cannot_be_made_is_refused_with_a_sentence(
    tmp_path: Path, options: list[str], sentence: str
) -> None:
    there = tmp_path / "there.jsonl"
    there.write_text("mine")
    named = [option.format(new=tmp_path / "new.jsonl", there=there) for option in options]
    done = CliRunner().invoke(emulator, ["record", *named])
    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert isinstance(done.exception, SystemExit)
    assert there.read_text() == "mine"
    assert not os.path.exists(tmp_path / "new.jsonl") or "--from" in options  # noqa: PTH110 - one word
