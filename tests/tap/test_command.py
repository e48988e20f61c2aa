"""How does the command begin and end?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import warm_start

from dynamics_bc_plugin.ending import Terminated, termination_raises
from tap_dynamics_bc.tap import TapDynamicsBC

COMMAND = (sys.executable, "-m", "tap_dynamics_bc.tap")
# Where no sentence may show it.
SECRET = "not-a-secret-but-nobody-may-see-it"


def tap(tmp_path, config, *arguments, state=None, catalog=None):
    """Run the command as a user does."""
    command = ["--config", write(tmp_path, "config.json", config)]
    if state is not None:
        command += ["--state", write(tmp_path, "state.json", state)]
    if catalog is not None:
        command += ["--catalog", write(tmp_path, "catalog.json", catalog)]
    return warm_start.run("tap-dynamics-bc", *command, *arguments)


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def sentence(done):
    """The one line that says what is wrong."""
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr + done.stdout
    return errors[0]


def only(catalog, *streams):
    """The catalog with these streams selected and no others."""
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


@pytest.fixture
def discovered(emulator):
    """What `--discover` writes."""
    discovering = TapDynamicsBC(config=emulator.config(), setup_mapper=False)
    try:
        return discovering.catalog_dict
    finally:
        discovering.close()


def test_a_discovered_catalog_can_be_narrowed_and_read(emulator, tmp_path):
    done = tap(tmp_path, emulator.config(), "--discover")
    assert done.returncode == 0, done.stderr
    discovered = json.loads(done.stdout)
    assert len(discovered["streams"]) >= 87
    done = tap(tmp_path, emulator.config(), catalog=only(discovered, "customers", "salesInvoiceLines"))
    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert {message["stream"] for message in messages if message["type"] == "RECORD"} == {
        "customers",
        "salesInvoiceLines",
    }
    assert messages[-1]["type"] == "STATE"
    assert '"metric":"record_count"' not in done.stderr
    assert "customers: " in done.stderr


def test_the_state_of_one_run_is_taken_by_the_next(emulator, tmp_path, discovered):
    catalog = only(discovered, "customers")
    first = tap(tmp_path, emulator.config(), catalog=catalog)
    state = json.loads(first.stdout.splitlines()[-1])["value"]
    second = tap(tmp_path, emulator.config(), catalog=catalog, state=state)
    assert second.returncode == 0, second.stderr
    assert 0 < second.stdout.count('"type":"RECORD"') < first.stdout.count('"type":"RECORD"')


def test_a_test_of_the_connection_reads_one_record_of_each_stream(emulator, tmp_path):
    done = tap(tmp_path, emulator.config(company_ids=[emulator.companies()[0]["id"]]), "--test")
    counts = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            counts[message["stream"]] = counts.get(message["stream"], 0) + 1
    assert done.returncode == 0, done.stderr
    assert counts["customers"] == counts["salesInvoiceLines"] == counts["dimensionSetLines"] == 1
    assert set(counts.values()) == {1}


def test_a_test_of_something_else_is_refused(tmp_path):
    done = tap(tmp_path, {}, "--test=customers")
    assert done.returncode == 2
    assert '"customers" is neither all nor schema.' in sentence(done)


def test_a_catalog_that_selects_nothing_is_worth_a_warning(emulator, tmp_path, discovered):
    done = tap(tmp_path, emulator.config(), catalog=only(discovered))
    assert done.returncode == 0, done.stderr
    # The SDK warns of Python 3.10 itself.
    (warning,) = [line for line in done.stderr.splitlines() if "WARNING" in line and "py.warnings" not in line]
    assert warning.endswith("The catalog selects no stream, so there is nothing to read.")


def test_settings_may_come_from_environment_variables(emulator, tmp_path, discovered):
    variables = {f"TAP_DYNAMICS_BC_{name.upper()}": str(value) for name, value in emulator.config().items()}
    variables["TAP_DYNAMICS_BC_COMPANY_IDS"] = json.dumps([emulator.companies()[1]["name"]])
    catalog = write(tmp_path, "catalog.json", only(discovered, "customers"))
    done = warm_start.run("tap-dynamics-bc", "--config", "ENV", "--catalog", catalog, env={**os.environ, **variables})
    assert done.returncode == 0, done.stderr
    records = [json.loads(line)["record"] for line in done.stdout.splitlines() if '"RECORD"' in line]
    assert {record["company_id"] for record in records} == {emulator.companies()[1]["id"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAGE_SIZE", "many"),
        ("RAW_VALUES", "yep"),
        ("STREAM_MAPS", "{"),
        ("FLATTENING_MAX_DEPTH", "deep"),
    ],
)
def test_a_variable_is_read_as_a_file_is_and_named_when_it_is_wrong(emulator, tmp_path, name, value):
    """The SDK would take a word that it does not know for false, and end with a traceback on a number that is none."""
    path = write(tmp_path, "config.json", emulator.config())
    variables = {**os.environ, f"TAP_DYNAMICS_BC_{name}": value}
    done = warm_start.run("tap-dynamics-bc", "--config", path, "--config", "ENV", env=variables)
    assert done.returncode == 2, done.stderr
    assert name in sentence(done).upper()


def test_it_says_what_it_is_without_a_config():
    done = subprocess.run(
        [*COMMAND, "--about", "--format", "json"], capture_output=True, text=True, timeout=60, check=True
    )
    about = json.loads(done.stdout)
    assert about["name"] == "tap-dynamics-bc"
    assert about["description"].startswith("Reads Microsoft Dynamics 365 Business Central")
    assert "Args:" not in about["description"]
    assert "company_ids" in about["settings"]["properties"]
    assert "state" in about["capabilities"]
    assert "activate-version" not in about["capabilities"]  # no run says which rows are to be forgotten
    assert about["settings"]["properties"]["client_secret"]["secret"] is True


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        pytest.param({"client_secret": SECRET}, 3, "secret", id="wrong secret"),
        pytest.param({"environment_name": "Sandbox-7"}, 2, "Sandbox-7", id="unknown environment"),
        pytest.param({"company_ids": ["Nobody Ltd."]}, 2, "Nobody Ltd.", id="unknown company"),
        pytest.param(
            {"client_secret": None, "refresh_token": SECRET}, 3, "refresh", id="refresh token that is not valid"
        ),
        pytest.param({"page_size": "many"}, 2, "page_size", id="malformed setting"),
        pytest.param({"tenant_id": None, "client_secret": {"x": SECRET}}, 2, "client_secret", id="malformed secret"),
        pytest.param(
            {"flattening_enabled": "a lot"},
            2,
            "Error: flattening_enabled must be true or false, not text.",
            id="malformed setting of the SDK",
        ),
        pytest.param(
            {"flattening_enabled": True},
            2,
            "flattening_enabled needs flattening_max_depth: how many levels of objects become columns.",
            id="half a setting of the SDK",
        ),
        pytest.param({"deletes": "Sweep"}, 2, "The setting deletes needs store_path", id="a choice in another case"),
    ],
)
def test_bad_settings_end_in_one_sentence_and_an_exit_code(emulator, tmp_path, change, code, says):
    config = {name: value for name, value in emulator.config(**change).items() if value is not None}
    done = tap(tmp_path, config)
    assert done.returncode == code, done.stderr
    assert says.lower() in sentence(done).lower()


@pytest.mark.parametrize("change", [{"company_ids": "Nobody Ltd."}, {"environment_name": "Sandbox-7"}])
def test_an_unknown_company_or_environment_is_said_once_and_nothing_else_is(emulator, tmp_path, change):
    done = tap(tmp_path, emulator.config(**change))
    assert sentence(done)
    assert "| ERROR" not in done.stderr
    assert '"SCHEMA"' not in done.stdout


@pytest.mark.parametrize(
    "stream_map",
    [
        {"x": "1/0"},
        {"x": "nope("},
        {"x": "displayName.nope"},
        {"x": "displayName + 1"},
        {"id": None},
    ],
)
def test_a_stream_map_that_makes_no_sense_ends_in_one_sentence(emulator, tmp_path, discovered, stream_map):
    config = emulator.config(stream_maps={"customers": stream_map})
    done = tap(tmp_path, config, catalog=only(discovered, "customers"))
    assert done.returncode == 2, done.stderr
    assert "stream_maps" in sentence(done)


def test_a_choice_may_be_spelled_in_any_case(emulator, tmp_path, discovered):
    done = tap(tmp_path, emulator.config(deletes="None"), catalog=only(discovered, "customers"))
    assert done.returncode == 0, done.stderr


def test_an_access_token_is_renewed_and_written_into_the_config_file(emulator, tmp_path):
    """With the arguments in the order in which a job gives them, and in the other one."""
    refresh_token = emulator._call("POST", "refresh_token")["refresh_token"]
    config = emulator.config(refresh_token=refresh_token, access_token="", expires_in=0)
    path = write(tmp_path, "config.json", {**config, "expires_in": None, "a_flow_of_mine": [1, 2]})
    tokens = []
    for arguments in (["--config", path, "--access-token"], ["--access-token", "--config", path]):
        done = warm_start.run("tap-dynamics-bc", *arguments)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        written = json.loads((tmp_path / "config.json").read_text())
        tokens += [written["refresh_token"], written["access_token"]]
        assert written["a_flow_of_mine"] == [1, 2]
        assert written["expires_in"] > time.time()
        assert written["access_token"] not in done.stderr
    assert len({refresh_token, *tokens}) == 5


def test_an_access_token_without_a_file_to_keep_it_in_is_not_asked_for(emulator):
    variables = {f"TAP_DYNAMICS_BC_{name.upper()}": str(value) for name, value in emulator.config().items()}
    done = warm_start.run("tap-dynamics-bc", "--config", "ENV", "--access-token", env={**os.environ, **variables})
    assert done.returncode == 2
    assert "--config" in sentence(done)
    assert not [request for request in emulator.requests() if "token" in request["path"]]


@pytest.mark.parametrize(
    ("content", "says"),
    [(f'{{"client_secret": "{SECRET}",', "not JSON"), ("[]", "JSON object")],
)
def test_a_malformed_config_file_is_named(tmp_path, content, says):
    done = tap(tmp_path, content)
    assert done.returncode == 2
    assert says in sentence(done)
    assert "config.json" in sentence(done)


def test_a_config_file_that_is_not_there_is_named(tmp_path):
    done = warm_start.run("tap-dynamics-bc", "--config", tmp_path / "nowhere.json")
    assert done.returncode == 2
    assert "nowhere.json" in sentence(done)


def test_a_state_of_another_environment_is_refused(emulator, tmp_path):
    state = {"source": {"tenant_id": emulator.tenant_id, "environment_name": "Elsewhere"}, "bookmarks": {}}
    done = tap(tmp_path, emulator.config(), state=state)
    assert done.returncode == 2
    assert "Elsewhere" in sentence(done)
    assert "without --state" in sentence(done)


def test_a_state_under_the_tenants_domain_is_of_the_same_environment_if_a_company_is(emulator, tmp_path, discovered):
    context = {"company_id": emulator.companies()[0]["id"]}
    entry = {
        "context": context,
        "replication_key": "lastModifiedDateTime",
        "replication_key_value": "2026-09-01T00:00:00Z",
    }
    source = {"tenant_id": "contoso.com", "environment_name": emulator.environment_name}
    state = {"source": source, "bookmarks": {"customers": {"partitions": [entry]}}}
    done = tap(tmp_path, emulator.config(), state=state, catalog=only(discovered, "customers"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["value"]["source"]["tenant_id"] == emulator.tenant_id
    context["company_id"] = "11111111-2222-3333-4444-555555555555"
    refused = tap(tmp_path, emulator.config(), state=state, catalog=only(discovered, "customers"))
    assert refused.returncode == 2
    assert "contoso.com" in sentence(refused)
    # No state comes back: under this environment's name it would be taken the next time.
    assert not refused.stdout


def test_a_state_that_is_not_json_is_named(emulator, tmp_path):
    done = tap(tmp_path, emulator.config(), state="{")
    assert done.returncode == 2
    assert "state.json" in sentence(done)


def test_a_named_company_that_cannot_be_read_ends_with_1_after_the_others(emulator, tmp_path, discovered):
    closed, open_ = emulator.companies()
    emulator.faults([{"method": "GET", "path": f"/companies\\({closed['id']}\\)", "times": 0, "status": 403}])
    config = emulator.config(company_ids=[closed["name"], open_["name"]])
    done = tap(tmp_path, config, catalog=only(discovered, "customers", "vendors"))
    assert done.returncode == 1
    assert closed["name"] in sentence(done)
    assert '"stream":"vendors"' in done.stdout


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_told_to_end_writes_whole_lines_and_its_state(emulator, tmp_path, discovered, signum, code):
    emulator.faults([{"method": "GET", "path": "/(salesInvoices|vendors)", "times": 0, "delay_ms": 400}])
    command = [*COMMAND, "--config", write(tmp_path, "config.json", emulator.config(page_size=5))]
    command += ["--catalog", write(tmp_path, "catalog.json", only(discovered, "customers", "salesInvoices", "vendors"))]
    errors = tmp_path / "errors.log"
    with errors.open("w") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith('{"type":"RECORD","stream":"salesInvoices"'):
                break
        process.send_signal(signum)
        began = time.monotonic()
        lines += process.stdout.readlines()
        process.wait(timeout=30)
    assert process.returncode == code, errors.read_text()
    assert time.monotonic() - began < 10
    assert "Traceback" not in errors.read_text()
    messages = [json.loads(line) for line in lines]
    assert messages[-1]["type"] == "STATE"
    bookmarks = messages[-1]["value"]["bookmarks"]
    assert len(bookmarks["customers"]["partitions"]) == 2
    assert "vendors" not in bookmarks


def test_a_terminated_run_does_not_wait_for_ever_for_a_reader_that_does_not_read(emulator, tmp_path):
    command = [*COMMAND, "--config", write(tmp_path, "config.json", emulator.config())]
    errors = tmp_path / "errors.log"
    with errors.open("w") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:
        process.stdout.readline()
        time.sleep(3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    assert process.returncode == 143, errors.read_text()
    assert "Traceback" not in errors.read_text()


def test_a_wrong_option_is_explained_by_the_command_line(tmp_path):
    done = tap(tmp_path, {}, "--nope")
    assert done.returncode == 2
    assert "--nope" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_signal_while_the_tap_is_made_ends_it_like_any_other(monkeypatch):
    """The SDK asks for signals before the tap has what it needs to hear them."""
    asked = TapDynamicsBC._setup_signal_handlers

    def at_once(made):
        asked(made)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(TapDynamicsBC, "_setup_signal_handlers", at_once)
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(Terminated), termination_raises():
            TapDynamicsBC(config={}, validate_config=False, setup_mapper=False)
    finally:
        signal.signal(signal.SIGINT, before)
