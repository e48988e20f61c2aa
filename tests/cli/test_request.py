"""`request`: any call, paged when it reads, asked about when it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator_control import RunningEmulator


Command = "Callable[..., Ended]"


@pytest.fixture
def company(emulator: RunningEmulator) -> str:
    """The name of the first company."""
    return str(emulator.companies()[0]["name"])


@pytest.fixture
def company_id(emulator: RunningEmulator) -> str:
    """The id of that company."""
    return str(emulator.companies()[0]["id"])


def data_calls(emulator: RunningEmulator, method: str) -> list[dict[str, object]]:
    return [call for call in emulator.requests() if call["method"] == method and "/companies" in str(call["path"])]


def test_all_pages_come_as_one_array(
    command: Command, config: Path, emulator: RunningEmulator, company: str, company_id: str
) -> None:
    asked = ("request", "GET", "customers?$select=id,number", "--company", company, "--config", config)
    answered = command(*asked, "--header", "Prefer: odata.maxpagesize=2")
    there = {row["number"] for row in emulator.rows(company_id, "customers")}
    assert len(there) > 2
    assert {row["number"] for row in answered.json} == there
    assert len(data_calls(emulator, "GET")) > len(there) // 2


def test_the_first_page_alone_on_demand(command: Command, config: Path, company: str) -> None:
    answered = command(
        "request", "GET", "customers", "--company", company, "--config", config,
        "--header", "Prefer:odata.maxpagesize=2", "--first-page",
    )  # fmt: skip
    assert len(answered.json) == 2


def test_one_record_comes_as_an_object_and_its_status_on_standard_error(
    command: Command, config: Path, emulator: RunningEmulator, company_id: str
) -> None:
    customer = emulator.rows(company_id, "customers")[0]
    answered = command("request", "get", f"companies({company_id})/customers({customer['id']})", "--config", config)
    assert answered.json["number"] == customer["number"]
    assert answered.err.startswith("200 in ")


def test_what_is_not_json_comes_byte_for_byte(command: Command, config: Path) -> None:
    answered = command("request", "GET", "$metadata", "--config", config, "--header", "Accept:application/xml")
    assert answered.out.lstrip("\ufeff").startswith("<")
    assert 'EntitySet Name="customers"' in answered.out


def test_a_write_without_a_terminal_needs_yes_and_sends_nothing_before(
    command: Command, config: Path, emulator: RunningEmulator, company: str
) -> None:
    body = json.dumps({"displayName": "Written by request"})
    refused = command("request", "POST", "customers", "--company", company, "--config", config, "--data", body)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert not data_calls(emulator, "POST")


def test_a_write_with_yes_is_sent(
    command: Command, config: Path, emulator: RunningEmulator, company: str, company_id: str
) -> None:
    body = json.dumps({"displayName": "Written by request"})
    asked = ("request", "POST", "customers", "--company", company, "--config", config, "--data", body, "--yes")
    created = command(*asked)
    assert created.code == 0
    assert created.err.startswith("201 in ")
    assert created.json["id"] in {row["id"] for row in emulator.rows(company_id, "customers")}


def test_a_change_carries_an_etag(
    command: Command, config: Path, emulator: RunningEmulator, company: str, company_id: str
) -> None:
    customer = emulator.rows(company_id, "customers")[0]
    path = f"customers({customer['id']})"
    asked = ("request", "PATCH", path, "--company", company, "--config", config, "--yes")
    assert command(*asked, "--data", '{"email": "new@example.com"}').json["email"] == "new@example.com"
    stale = command(*asked, "--data", '{"email": "other@example.com"}', "--etag", 'W/"c3RhbGU="')
    assert stale.code == 1
    assert len(stale.err.splitlines()) == 1


@pytest.mark.parametrize(("answer", "sent"), [("n\n", False), ("y\n", True)])
def test_on_a_terminal_a_write_asks_first(
    config: Path, emulator: RunningEmulator, company: str, answer: str, sent: bool
) -> None:
    keyboard, terminal = os.openpty()
    program = [sys.executable, "-c", "from dynamics_bc_cli.main import main; main()"]
    arguments = [
        "request",
        "POST",
        "customers",
        "--company",
        company,
        "--config",
        str(config),
        "--data",
        '{"displayName": "Asked"}',
    ]
    process = subprocess.Popen(
        [*program, *arguments], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    os.close(terminal)
    os.write(keyboard, answer.encode())
    _, told = process.communicate(timeout=60)
    os.close(keyboard)
    assert emulator.environment_name in told
    assert "Send it?" in told
    assert bool(data_calls(emulator, "POST")) is sent
    assert process.returncode == (0 if sent else 1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--data", "{not json"), "is not JSON"),
        (("--data", "@missing.json"), "cannot be read"),
        (("--data", "[1]"), "not a list"),
        (("--header", "no colon"), "NAME:VALUE"),
        (("--header", "Größe: 1"), "The header Größe has a name that cannot be sent"),
        (("--header", "Two words: 1"), "The header Two words has a name that cannot be sent"),
    ],
)
def test_bad_options_are_told_before_anything_is_asked(
    command: Command, config: Path, emulator: RunningEmulator, options: tuple[str, ...], sentence: str
) -> None:
    refused = command("request", "POST", "companies", "--config", config, "--yes", *options)
    assert refused.code == 2
    assert sentence in refused.err
    assert not data_calls(emulator, "POST")


@pytest.mark.parametrize(("encoding", "code"), [("utf-8-sig", 0), ("utf-16", 2)])
def test_a_body_is_read_from_a_file_as_editors_save_it(
    command: Command, config: Path, company: str, encoding: str, code: int
) -> None:
    body = config.parent / "body.json"
    body.write_text('{"displayName": "From a file"}', encoding=encoding)
    sent = command(
        "request", "POST", "customers", "--company", company, "--config", config, "--yes", "--data", f"@{body}"
    )
    assert sent.code == code, sent.err
    assert ("it is not UTF-8" in sent.err) is bool(code)


def test_another_host_is_refused(command: Command, config: Path) -> None:
    refused = command("request", "GET", "https://example.com/api", "--config", config)
    assert refused.code == 2
    assert len(refused.err.splitlines()) == 1


def test_what_the_service_refuses_is_one_sentence_and_exit_code_1(command: Command, config: Path, company: str) -> None:
    refused = command("request", "GET", "nothingOfThatName", "--company", company, "--config", config)
    assert refused.code == 1
    assert "nothingOfThatName" in refused.err
    assert "Traceback" not in refused.err


@pytest.fixture
def write(emulator: RunningEmulator, write_config: Callable[[dict[str, Any]], Path]) -> Callable[..., Path]:
    """Writes a config for the emulator with further settings."""
    return lambda **settings: write_config(emulator.config(**settings))


def numbers(emulator: RunningEmulator, company: int) -> set[str]:
    return {row["number"] for row in emulator.rows(emulator.companies()[company]["id"], "customers")}


@pytest.mark.parametrize("setting", ["company", "export_company_id", "company_ids"])
def test_a_set_of_a_company_is_that_of_the_company_in_the_config(
    command: Command, write: Callable[..., Path], emulator: RunningEmulator, setting: str
) -> None:
    name = emulator.companies()[1]["name"]
    answered = command("request", "GET", "customers", "--config", write(**{setting: name}))
    assert answered.code == 0, answered.err
    assert {row["number"] for row in answered.json} == numbers(emulator, 1)
    assert name in answered.err


def test_the_option_wins_over_the_config(
    command: Command, write: Callable[..., Path], emulator: RunningEmulator
) -> None:
    first, second = (each["name"] for each in emulator.companies())
    answered = command("request", "GET", "customers", "--company", first, "--config", write(company=second))
    assert {row["number"] for row in answered.json} == numbers(emulator, 0)


@pytest.mark.parametrize(("path", "rows"), [("companies", 2), ("/companies?$select=id", 2), ("subscriptions", 0)])
def test_what_belongs_to_no_company_is_asked_for_at_the_root(
    command: Command, write: Callable[..., Path], emulator: RunningEmulator, path: str, rows: int
) -> None:
    config = write(company=emulator.companies()[0]["name"])
    assert len(command("request", "GET", path, "--config", config).json) == rows


@pytest.mark.parametrize("company_ids", [None, "all of them"])
def test_a_set_of_a_company_without_one_is_refused_with_those_there_are(
    command: Command, write: Callable[..., Path], emulator: RunningEmulator, company_ids: str | None
) -> None:
    names = [each["name"] for each in emulator.companies()]
    refused = command("request", "GET", "customers", "--config", write(company_ids=company_ids and names))
    assert refused.code == 2
    assert "--company" in refused.err
    assert all(name in refused.err for name in names)
    assert len(refused.err.splitlines()) == 1


def test_a_write_says_which_company_it_changes(
    command: Command, write: Callable[..., Path], emulator: RunningEmulator
) -> None:
    name = emulator.companies()[1]["name"]
    asked = ("request", "POST", "customers", "--data", "{}", "--config", write(company=name))
    assert f'"{name}"' in command(*asked).err
    assert not data_calls(emulator, "POST")
