"""`doctor`: every fault is found at its own link of the chain, with who puts it right."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_cli.doctor.findings import Case
from dynamics_bc_cli.doctor.folder_checks import folders
from dynamics_bc_client.retry import Patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator_control import RunningEmulator


Command = "Callable[..., Ended]"
IMPATIENCE = Patience(first_wait_seconds=0.01, long_seconds=0.05, brief_seconds=0.05)
CHAIN = ["settings", "sign-in", "environment", "entry in the environment", "companies", "metadata"]


@pytest.fixture
def first(emulator: RunningEmulator) -> str:
    """The name of the first company, the one with the dimension CLASS."""
    return str(emulator.companies()[0]["name"])


def only_fault(findings: list[dict[str, Any]]) -> dict[str, Any]:
    """The one fault; everything before it is not one, everything after it was not checked."""
    (place,) = [index for index, finding in enumerate(findings) if finding["status"] == "fault"]
    assert {finding["status"] for finding in findings[:place]} <= {"ok", "note"}
    assert {finding["status"] for finding in findings[place + 1 :]} <= {"not checked"}
    return findings[place]


def test_a_config_that_works_is_ok_all_the_way(command: Command, config: Path) -> None:
    examined = command("doctor", "--config", config)
    assert examined.code == 0
    assert [finding["check"] for finding in examined.json][:6] == CHAIN
    assert {finding["status"] for finding in examined.json} <= {"ok", "note"}
    assert {"check", "status", "found", "who", "remedy", "exit_code"} == examined.json[0].keys()


def test_one_row_of_every_selected_stream_is_read(command: Command, config: Path, emulator: RunningEmulator) -> None:
    selected = [row["stream"] for row in command("streams", "--config", config).json if row["selected"]]
    began = len(emulator.requests())
    examined = command("doctor", "--config", config).json
    told = next(finding["found"] for finding in examined if finding["check"] == "streams")
    assert told.startswith(f"{len(selected) - 1} selected streams")
    pages = [call for call in emulator.requests()[began:] if "maxpagesize=1" in json.dumps(call["headers"])]
    assert len(pages) >= len(selected) - 1


def test_one_row_of_every_stream_of_a_hotglue_job_is_read_with_what_it_holds(
    command: Command, emulator: RunningEmulator, write_config: Callable[[dict[str, Any]], Path]
) -> None:
    config = write_config(emulator.config(stream_naming="hotglue"))
    streams = [row["stream"] for row in command("streams", "--config", config).json]
    chosen = [{"breadcrumb": [], "metadata": {"selected": True}}]
    catalog = config.with_name("catalog.json")
    catalog.write_text(
        json.dumps({"streams": [{"tap_stream_id": name, "schema": {}, "metadata": chosen} for name in streams]})
    )
    began = len(emulator.requests())
    told = next(
        finding
        for finding in command("doctor", "--config", config, "--catalog", catalog).json
        if finding["check"] == "streams"
    )
    assert told["found"].startswith(f"{len(streams)} selected streams")
    expanded = {call["path"].rpartition("/")[2]: json.dumps(call["query"]) for call in emulator.requests()[began:]}
    assert "salesInvoiceLines" in expanded["salesInvoices"]
    assert "dimensionSetLines" in expanded["generalLedgerEntries"]


def test_the_report_for_people_has_a_line_for_each_check(command: Command, config: Path) -> None:
    examined = command("doctor", "--config", config, "--table")
    assert next(line.split()[1] for line in examined.out.splitlines() if line[:1] == "✓") == "settings"


FAULTS: dict[str, tuple[dict[str, Any], str, int, str]] = {
    "wrong secret": ({"client_secret": "wrong"}, "sign-in", 3, "client_secret"),
    "unknown tenant": ({"tenant_id": "11111111-1111-1111-1111-111111111111"}, "sign-in", 3, "tenant_id"),
    "unreadable number": ({"timeout_seconds": "soon"}, "settings", 2, "settings"),
    "unreadable setting of the tap": ({"page_size": 0}, "settings", 2, "settings"),
    "unreadable setting of the target": ({"posting": "maybe"}, "settings", 2, "settings"),
    "unknown environment": ({"environment_name": "Nowhere"}, "environment", 2, "environment_name"),
    "unknown company": ({"company_ids": ["Nobody Inc."]}, "companies", 2, "company_ids"),
    "unknown target company": ({"company": "Nobody Inc."}, "target company", 2, "company"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_setting_is_found_at_its_link(
    name: str, command: Command, emulator: RunningEmulator, write_config: Callable[..., Path]
) -> None:
    wrong, link, code, remedy = FAULTS[name]
    examined = command("doctor", "--config", write_config(emulator.config(**wrong)))
    fault = only_fault(examined.json)
    assert fault["check"] == link
    assert fault["found"]
    assert fault["who"]
    assert remedy in fault["remedy"]
    assert examined.code == fault["exit_code"] == code


def test_a_name_that_nobody_reads_is_noted_with_the_one_that_may_be_meant(
    command: Command, emulator: RunningEmulator, write_config: Callable[..., Path]
) -> None:
    settings = emulator.config(compani_ids=["Nobody Inc."], export_company_id=None, stream_maps={})
    told = [each for each in command("doctor", "--config", write_config(settings)).json if each["check"] == "settings"]
    assert [each["status"] for each in told] == ["ok", "note"]
    assert told[1]["found"] == "nothing reads compani_ids (did you mean company_ids?)"


def test_no_secret_is_told(command: Command, emulator: RunningEmulator, write_config: Callable[..., Path]) -> None:
    examined = command("doctor", "--config", write_config(emulator.config(client_secret="wrong-but-secret")))
    assert "wrong-but-secret" not in examined.out + examined.err


def test_an_app_without_an_entry_is_sent_to_the_administrator(
    command: Command, config: Path, emulator: RunningEmulator
) -> None:
    body = {
        "error": {
            "code": "Authentication_InvalidCredentials",
            "message": "The server has rejected the client credentials.",
        }
    }
    emulator.faults([{"path": r"/api/v2\.0/companies", "times": 99, "status": 401, "body": body}])
    examined = command("doctor", "--config", config)
    fault = only_fault(examined.json)
    assert fault["check"] == "entry in the environment"
    assert fault["who"] == "an administrator of Business Central"
    assert "Microsoft Entra Applications" in fault["remedy"]
    assert emulator.client_id in fault["remedy"]
    assert examined.code == 3


def test_streams_that_cannot_be_read_are_all_named(command: Command, config: Path, emulator: RunningEmulator) -> None:
    body = {"error": {"code": "Authorization_RequestDenied", "message": "No permission."}}
    emulator.faults([{"path": r"/(vendors|employees)$", "times": 99, "status": 403, "body": body}])
    examined = command("doctor", "--config", config)
    fault = only_fault(examined.json)
    assert fault["check"] == "streams"
    assert "vendors" in fault["found"]
    assert "employees" in fault["found"]
    assert "customers" not in fault["found"]
    assert examined.code == 1


def test_one_cause_is_told_once_however_many_streams_it_keeps_from_being_read(
    command: Command, config: Path, emulator: RunningEmulator
) -> None:
    body = {"error": {"code": "Authorization_RequestDenied", "message": "No permission for this."}}
    emulator.faults([{"path": r"/companies\([^)]*\)/\w+$", "times": 0, "status": 403, "body": body}])
    fault = only_fault(command("doctor", "--config", config).json)
    assert fault["found"].count("No permission for this.") == 1
    assert " more (403 Authorization_RequestDenied" in fault["found"]
    assert "permission set" in fault["remedy"]


ENTRA = {
    53003: ("an administrator of Microsoft Entra", "conditional-access policy"),
    500011: ("an administrator of Microsoft Entra", "Dynamics 365 Business Central"),
    7000222: ("whoever keeps the config file", "make a new secret"),
    90002: ("whoever keeps the config file", "tenant_id"),
    7000112: ("an administrator of Microsoft Entra", "enable it"),
}


@pytest.mark.parametrize("number", ENTRA)
def test_a_refused_sign_in_is_put_right_by_what_entra_says(
    command: Command, config: Path, emulator: RunningEmulator, number: int
) -> None:
    body = {
        "error": "invalid_client",
        "error_description": f"AADSTS{number}: no.",
        "error_codes": [number],
        "correlation_id": "c-1",
    }
    emulator.faults([{"method": "POST", "path": "/oauth2/v2.0/token", "times": 0, "status": 400, "body": body}])
    examined = command("doctor", "--config", config)
    fault = only_fault(examined.json)
    who, remedy = ENTRA[number]
    assert (fault["check"], fault["who"]) == ("sign-in", who)
    assert remedy in fault["remedy"]
    assert f"AADSTS{number}" in fault["found"]
    assert "correlation id c-1" in fault["found"]
    assert examined.code == 3


@pytest.mark.parametrize(("setting", "link"), [("auth_url", "sign-in"), ("api_url", "environment")])
def test_no_network_is_no_matter_of_the_app_registration(  # noqa: PLR0917 - pytest passes them by name
    command: Command,
    emulator: RunningEmulator,
    write_config: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    link: str,
) -> None:
    monkeypatch.setattr("dynamics_bc_cli.connection.PATIENCE", IMPATIENCE)
    examined = command("doctor", "--config", write_config(emulator.config(**{setting: "http://127.0.0.1:9"})))
    fault = only_fault(examined.json)
    assert (fault["check"], fault["who"]) == (link, "whoever runs this machine")
    assert fault["remedy"] == "Check the network, the proxy and the address."
    assert examined.code == 1


def test_a_target_without_a_company_among_two_must_choose(
    command: Command, emulator: RunningEmulator, write_config: Callable[..., Path]
) -> None:
    examined = command("doctor", "--config", write_config(emulator.config(posting="never")))
    fault = only_fault(examined.json)
    assert fault["check"] == "target company"
    for company in emulator.companies():
        assert company["name"] in fault["found"]


def test_a_dimension_of_the_mapping_that_the_company_lacks_is_a_fault(
    command: Command, emulator: RunningEmulator, write_config: Callable[..., Path], first: str
) -> None:
    mapped = {"company": first, "dimension_mappings": {"class": "CLASS", "cost_centre": "NOT THERE"}}
    examined = command("doctor", "--config", write_config(emulator.config(**mapped)))
    fault = only_fault(examined.json)
    assert fault["check"] == "dimension mapping"
    assert "cost_centre -> NOT THERE" in fault["found"]
    assert "class -> CLASS" not in fault["found"]


def test_the_built_in_mapping_is_only_worth_a_note(
    command: Command, emulator: RunningEmulator, write_config: Callable[..., Path]
) -> None:
    second = emulator.companies()[1]["name"]
    examined = command("doctor", "--config", write_config(emulator.config(company=second)))
    (told,) = [finding for finding in examined.json if finding["check"] == "dimension mapping"]
    assert told["status"] == "note"
    assert "CLASS" in told["found"]
    assert examined.code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize(("setting", "check"), [("store_path", "settings"), ("snapshot_dir", "folders")])
def test_a_folder_that_cannot_be_written_to_is_a_fault(  # noqa: PLR0917 - pytest passes them by name
    command: Command,
    emulator: RunningEmulator,
    write_config: Callable[..., Path],
    tmp_path: Path,
    setting: str,
    check: str,
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    settings = emulator.config(company="CRONUS International Ltd.", **{setting: str(locked / "store")})
    fault = only_fault(command("doctor", "--config", write_config(settings)).json)
    assert fault["check"] == check
    assert setting in fault["found"]


def test_a_folder_below_a_file_is_a_fault(
    command: Command, emulator: RunningEmulator, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    settings = emulator.config(
        outcomes_path=str(tmp_path / "file" / "outcomes.jsonl"), company="CRONUS International Ltd."
    )
    examined = command("doctor", "--config", write_config(settings))
    fault = only_fault(examined.json)
    assert fault["check"] == "folders"
    assert "outcomes_path" in fault["remedy"]


def test_the_folder_of_files_is_among_those_that_are_tried(
    command: Command, emulator: RunningEmulator, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    config = write_config(emulator.config(download_media=["pictures"], media_path=str(tmp_path / "files")))
    for status, said in [("note", "does not exist yet; the first run makes it"), ("ok", "can be written to")]:
        checks = command("doctor", "--config", config, "--for", "tap").json
        (found,) = [each for each in checks if each["check"] == "folders"]
        assert (found["status"], found["found"]) == (status, f"media_path: {tmp_path / 'files'} {said}")
        (tmp_path / "files").mkdir(exist_ok=True)


@pytest.mark.parametrize(
    ("more", "plugin", "status", "said"),
    [
        ({}, "tap", "ok", "needs none"),
        ({"refresh_token": "not-a-real-token"}, "tap", "note", "so a replaced refresh token is not kept"),
        ({}, "target", "note", "so the memory by which a killed run goes on is not kept"),
    ],
)
def test_what_is_not_kept_without_a_store_is_said_where_there_is_any(
    more: dict[str, str], plugin: str, status: str, said: str
) -> None:
    (finding,) = folders(Case(dict(more), Path("config.json"), (plugin,)))
    assert (finding.check, finding.status) == ("folders", status)
    assert said in finding.found


def test_a_selected_stream_that_is_not_there_is_a_fault_with_the_name_that_may_be_meant(
    command: Command, config: Path
) -> None:
    catalog = config.with_name("catalog.json")
    catalog.write_text(json.dumps({"streams": [{"tap_stream_id": "custmers", "selected": True}]}))
    examined = command("doctor", "--config", config, "--catalog", catalog)
    assert examined.code == 1
    fault = only_fault(examined.json)
    assert fault["check"] == "streams"
    assert fault["found"] == (
        "The catalog selects custmers (the metadata of the service does not have it; did you mean customers?)."
    )
    assert fault["who"] == "whoever keeps the config file"


def test_a_catalog_that_selects_nothing_is_a_note(command: Command, config: Path) -> None:
    catalog = config.with_name("catalog.json")
    catalog.write_text('{"streams": []}')
    examined = command("doctor", "--config", config, "--catalog", catalog)
    assert examined.code == 0
    assert ("note", "no stream is selected, so a run reads nothing") in [
        (finding["status"], finding["found"]) for finding in examined.json
    ]
