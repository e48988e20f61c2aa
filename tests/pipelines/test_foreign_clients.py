"""OData clients that others wrote read, create, change, delete, batch and post, as they would in a tenant."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.plain_api import token as access_token

if TYPE_CHECKING:
    from dynamics_bc_emulator.driver import BusinessCentral

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).parent / "foreign_clients"
COMPANY = "CRONUS International Ltd."


@dataclass(frozen=True)
class Client:
    """A client of the index.

    Attributes:
        packages: What is installed, each with its version.
        batches: The forms of a batch that it knows.
    """

    script: str
    packages: tuple[str, ...]
    batches: frozenset[str]

    @property
    def is_of_node(self) -> bool:
        return self.script.endswith(".mjs")


CLIENTS = (
    Client("with_python_odata.py", ("python-odata==0.8.1",), frozenset()),
    Client("with_odatapy.py", ("odatapy==5.3.0", "httpx==0.28.1"), frozenset({"json", "multipart"})),
    Client("with_o_js.mjs", ("odata@2.0.1",), frozenset({"multipart"})),
    Client("with_odata_client.mjs", ("@odata/client@2.21.10",), frozenset({"json", "multipart"})),
)


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)


def environment_of(client: Client) -> Path:
    """The folder where a client is installed, kept for the next run."""
    name = "-".join(("client", *client.packages)).replace("==", "-").replace("@", "-").replace("/", "-")
    folder = ROOT / ".cache" / name
    if (folder / "made").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    installed = install_for_node(client, folder) if client.is_of_node else install_for_python(client, folder)
    if installed.returncode:
        pytest.skip(f"{', '.join(client.packages)} cannot be installed here: {installed.stderr.strip()[-300:]}")
    (folder / "made").touch()
    return folder


def install_for_python(client: Client, folder: Path) -> subprocess.CompletedProcess[str]:
    run(sys.executable, "-m", "venv", folder)
    quiet = ("--quiet", "--disable-pip-version-check")
    return run(folder / "bin" / "python", "-m", "pip", "install", *quiet, *client.packages)


def install_for_node(client: Client, folder: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node and npm are not on this machine.")
    (folder / "package.json").write_text('{"private": true}')
    return run("npm", "install", "--silent", "--no-package-lock", *client.packages, cwd=folder)


def report_of(client: Client, *arguments: str) -> dict[str, Any]:
    """Run a client's script; what it printed."""
    folder = environment_of(client)
    interpreter = Path("node") if client.is_of_node else folder / "bin" / "python"
    done = run(interpreter, SCRIPTS / client.script, *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.packages[0])
def test_a_client_reads_creates_changes_deletes_batches_and_posts(
    business_central: BusinessCentral, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "NO_PROXY", "127.0.0.1")
    token = access_token(business_central).json()["access_token"]
    root = f"{business_central.url}/v2.0/{business_central.environment_name}/api/v2.0"
    control = business_central.control
    company = next(each["id"] for each in control.companies() if each["name"] == COMPANY)
    report = report_of(client, root, company, token)

    numbers = sorted(row["number"] for row in control.rows(company, "customers"))
    assert report["customers"] == numbers
    assert report["second"] == numbers[1:2]

    vendors = {row["id"]: row for row in control.rows(company, "vendors")}
    assert vendors[report["vendor"]]["displayName"].endswith(", renamed")
    assert vendors[report["vendor"]]["city"] == "Bristol"
    assert report["deleted"] not in vendors

    assert report["batches"] == {form: [200, 201] for form in client.batches}
    terms = {row["displayName"] for row in control.rows(company, "paymentTerms")}
    assert client.batches <= terms

    (invoice,) = [row for row in control.rows(company, "purchaseInvoices") if row["id"] == report["invoice"]]
    assert (invoice["status"], invoice["totalAmountExcludingTax"]) == ("Open", 99)
    entries = [
        row for row in control.rows(company, "generalLedgerEntries") if row["documentNumber"] == invoice["number"]
    ]
    assert max(entry["debitAmount"] for entry in entries) == 99
    assert sum(entry["debitAmount"] - entry["creditAmount"] for entry in entries) == 0
