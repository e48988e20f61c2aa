"""Do tap, target and command understand one config in one way?"""

from __future__ import annotations

import json
import os

import pytest
import warm_start

SHELLS = {
    "tap": ["tap-dynamics-bc"],
    "target": ["target-dynamics-bc"],
    "doctor": ["dynamics-bc", "doctor"],
}
MARK = b"\xef\xbb\xbf"
COMPANY = "CRONUS International Ltd."
BILL = (
    '{"type": "SCHEMA", "stream": "Vendors", "schema": {"properties": {}}, "key_properties": []}\n'
    '{"type": "RECORD", "stream": "Vendors", "record": {"externalId": "v-1", "vendorName": "Vendor"}}\n'
)


def run(shell, config, *arguments, **variables):
    """A shell with a config file; the tap reads one stream, the target writes one vendor."""
    environment = {**os.environ, **variables}
    return warm_start.run(*SHELLS[shell], "--config", config, *arguments, input=BILL, env=environment)


@pytest.fixture
def config(tmp_path):
    def write(settings, *, mark=b""):
        path = tmp_path / "config.json"
        path.write_bytes(mark + (settings if isinstance(settings, bytes) else json.dumps(settings).encode()))
        return path

    return write


@pytest.fixture
def catalog(tmp_path):
    """Selects no stream: the tap signs in, looks at the companies and ends."""
    path = tmp_path / "catalog.json"
    path.write_text('{"streams": []}')
    return path


@pytest.mark.parametrize("shell", SHELLS)
def test_a_config_with_a_byte_order_mark_is_taken_by_all(emulator, config, catalog, shell):
    path = config(emulator.config(company=COMPANY), mark=MARK)
    done = run(shell, path, *(("--catalog", str(catalog)) if shell == "tap" else ()))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [b"", b"\xff\xfe{\x00", b'{"client_secret": "hidden" "x": 1}', None])
def test_a_config_that_cannot_be_read_is_refused_by_all_in_the_same_words(config, tmp_path, content):
    path = tmp_path / "none.json" if content is None else config(content)
    told = set()
    for shell in SHELLS:
        done = run(shell, path)
        assert done.returncode == 2
        assert "hidden" not in done.stderr
        told.add(done.stderr.splitlines()[-1])
    assert len(told) == 1


FAULTS = {"timeout_seconds": "soon", "api_url": "http://bc.example", "dryrun": True}


@pytest.mark.parametrize(
    ("shell", "own", "named"),
    [
        ("tap", {"page_size": 0, "start_date": "x"}, ("page_size", "start_date")),
        ("target", {"posting": "sometimes", "total_tolerance": -1}, ("posting", "total_tolerance", "dryrun")),
        ("doctor", {"posting": "sometimes", "total_tolerance": -1}, ("posting", "total_tolerance", "dryrun")),
    ],
)
def test_all_faults_of_a_config_are_named_at_once(emulator, config, shell, own, named):
    done = run(shell, config(emulator.config(**FAULTS, **own)))
    assert done.returncode == 2
    for name in ("timeout_seconds", "api_url", *named):
        assert name in done.stderr + done.stdout, name


@pytest.mark.parametrize("shell", SHELLS)
def test_a_token_is_used_while_it_is_valid_by_a_duration_that_is_text(emulator, config, catalog, shell):
    """Nobody asks for another one. A job runner writes the setting so, a token endpoint too."""
    settings = emulator.config(company=COMPANY)
    token = emulator.session.post(
        f"{emulator.url}/{emulator.tenant_id}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": emulator.client_id,
            "client_secret": emulator.client_secret,
            "scope": "https://api.businesscentral.dynamics.com/.default",
        },
        timeout=60,
    ).json()["access_token"]
    began = len(emulator.requests())
    path = config(settings | {"access_token": token, "expires_in": "3000"})
    done = run(shell, path, *(("--catalog", str(catalog)) if shell == "tap" else ()))
    assert done.returncode == 0, done.stderr
    assert not [call for call in emulator.requests()[began:] if "token" in call["path"]]


def test_a_misspelt_setting_that_guards_the_books_writes_nothing(emulator, config):
    done = run("target", config(emulator.config(company=COMPANY, dryrun=True)))
    assert done.returncode == 2
    assert "did you mean dry_run?" in done.stderr
    assert not emulator.requests()


def test_a_misspelt_variable_that_guards_the_books_writes_nothing(emulator, config):
    done = run("target", config(emulator.config(company=COMPANY)), "--config", "ENV", TARGET_DYNAMICS_BC_DRYRUN="true")
    assert done.returncode == 2
    assert "did you mean dry_run?" in done.stderr
    assert not emulator.requests()


@pytest.mark.parametrize("shell", ["tap", "target"])
def test_another_misspelt_setting_is_named_once_in_one_line(emulator, config, catalog, shell):
    settings = emulator.config(company=COMPANY, compani_ids=["x"], user_agnet="me", flow_of_mine=[1])
    done = run(shell, config(settings), *(("--catalog", str(catalog)) if shell == "tap" else ()))
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "compani_ids" in line]
    assert "compani_ids (did you mean company_ids?), user_agnet (did you mean user_agent?), flow_of_mine." in line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"dynamics_bc": {"dimension_mappings": {}}}, '"dynamics_bc"'),
        ({"Dynamics-BC": {"dimension_mappings": {}}}, '"Dynamics-BC"'),
        ({"dynamics-bc": {"dimension_mapping": {"class": "CLASS"}}}, '"dimension_mapping"'),
    ],
)
def test_a_misspelt_name_in_the_tenant_config_ends_the_target(emulator, config, tmp_path, content, said):
    (tmp_path / "tenant-config.json").write_text(json.dumps(content))
    done = run("target", config(emulator.config(company=COMPANY, snapshot_dir=str(tmp_path))))
    assert done.returncode == 2
    assert f"Nothing reads {said} in the tenant config file" in done.stderr
    assert not emulator.requests()


def test_a_tenant_config_holds_parts_of_other_connectors_and_may_have_a_byte_order_mark(emulator, config, tmp_path):
    content = {"dynamics-fo": {"x": 1}, "netsuite": {}, "dynamics-bc": {"dimension_mappings": {}, "notes": 1}}
    (tmp_path / "tenant-config.json").write_bytes(MARK + json.dumps(content).encode())
    done = run("target", config(emulator.config(company=COMPANY, snapshot_dir=str(tmp_path))))
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "Nothing reads" in line]
    assert "Nothing reads notes in" in line


@pytest.mark.parametrize("shell", ["tap", "target"])
def test_a_state_that_is_not_there_yet_begins_a_first_run(emulator, config, catalog, shell):
    path = config(emulator.config(company=COMPANY))
    state = str(path.with_name("state.json"))
    done = run(shell, path, "--state", state, *(("--catalog", str(catalog)) if shell == "tap" else ()))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("this is a first run") == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_shows_its_help(shell):
    done = warm_start.run(*SHELLS[shell], "-h")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage:")
