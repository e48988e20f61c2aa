"""What the checks of `make security` find, and what they let pass."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(autouse=True)
def _tools(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    for name in ("audit", "check_licences", "check_secrets"):
        sys.modules.pop(name, None)


LETTERS = "aB3_" * 20
SECRETS = {
    "a private key": f"-----BEGIN RSA PRIVATE KEY-----\n{'QUJD' * 10}",
    "a token": f"eyJ{LETTERS[:20]}.eyJ{LETTERS[:20]}.{LETTERS[:20]}",
    "a client secret of Entra": f"abc8Q~{LETTERS[:34]}",
    "a refresh token of Entra": f"0.A{LETTERS[:44]}.Ag{LETTERS[:40]}",
    "a key of AWS": "AKIA" + "ABCD1234" * 2,
    "a token of GitHub": "ghp_" + "aB3x" * 9,
    "a password in a URL": "postgresql://anna:" + "hunter2hunter2@db.example.com/books",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_what_looks_secret_is_found_and_not_shown(kind):
    from check_secrets import findings

    (said,) = findings("a.py", f"x = 1\ny = '{SECRETS[kind]}'\n")
    assert said.startswith(f"a.py:2: looks like {kind};")
    assert SECRETS[kind] not in said
    assert list(findings("a.py", f"y = '{SECRETS[kind]}'  # not a secret")) == [] or kind == "a private key"


def test_what_is_none_passes():
    from check_secrets import findings

    text = "client_secret: not-a-real-secret\nhttps://bc.example/x?token=1\npostgresql://host/name\n"
    assert list(findings("a.md", text)) == []


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({"License-Expression": "MIT"}, True),
        ({"License-Expression": "Apache-2.0 OR GPL-3.0-only"}, True),
        ({"License-Expression": "(MIT OR GPL-3.0-only) AND GPL-2.0-only"}, False),
        ({"License-Expression": "GPL-3.0-or-later"}, False),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, True),
        ({"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}, False),
        ({"License": "MIT OR AFL-2.1"}, True),
        ({}, False),
    ],
)
def test_a_licence_is_allowed_or_not(fields, allowed):
    from email.message import Message

    from check_licences import is_allowed, licences

    told = Message()
    for name, value in fields.items():
        told[name] = value
    assert all(map(is_allowed, licences(told))) == allowed


def test_known_weaknesses_are_faults_and_missing_data_is_none():
    from audit import told

    def report(*packages):
        return json.dumps({"dependencies": packages})

    sound = {"name": "a", "version": "1", "vulns": []}
    unknown = {"name": "b", "skip_reason": "not found"}
    weak = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    assert told(report(sound, unknown)) == ("1 of 2 packages were looked up; none has a known weakness.", 0)
    assert told(report(unknown)) == ("Known weaknesses were not looked up: the index does not tell them.", 0)
    assert told(report(sound, weak)) == ("c 2: CVE-1, mended in 3.", 1)


AUDITED = {"dependencies": [{"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}]}


@pytest.mark.parametrize(
    ("lines", "ended"),
    [
        ([f"print({json.dumps(AUDITED)!r})", "sys.exit(1)"], (1, "c 2: CVE-1, mended in 3.")),
        (
            ["print('no route to the data', file=sys.stderr)", "sys.exit(1)"],
            (0, "Known weaknesses were not looked up: no route to the data"),
        ),
        (
            ["time.sleep(9)"],
            (0, "Known weaknesses were not looked up: the data did not come within 0.5 seconds."),
        ),
    ],
    ids=["a weakness", "no data", "no answer"],
)
def test_an_audit_fails_by_a_weakness_alone_and_says_why_it_passes(lines, ended, tmp_path, monkeypatch, capsys):
    import audit

    asked = tmp_path / "python"
    asked.write_text("\n".join([f"#!{sys.executable}", "import sys, time", *lines]))
    asked.chmod(0o700)
    monkeypatch.setattr(audit, "SECONDS", 0.5 if "sleep" in lines[0] else 60)
    monkeypatch.setattr("sys.argv", ["audit.py", "--python", str(asked)])
    code = audit.main()
    assert (code, "".join(capsys.readouterr()).strip()) == ended
