"""`dynamics-bc verify` and a real PostgreSQL: are tables read whole, and as they stood?"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_cli.verify.databases import open_postgresql
from dynamics_bc_cli.verify.sides import DESTINATION, Part, Sides
from dynamics_bc_cli.verify.streams import compared
from dynamics_bc_cli.verify.warehouse import Tables
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.odata.metadata import EntitySet, EntityType, Property
from tap_dynamics_bc.streams.description import described
from tap_dynamics_bc.streams.entities import Oddities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_control import RunningEmulator

ROWS = 45_000
CUSTOMERS = described(
    EntitySet("customers", EntityType("customer", ("id",), {"id": Property("id", "Edm.Guid")}, {})), Oddities()
)
COMPANY = "11111111-1111-1111-1111-111111111111"


def program(name: str) -> str | None:
    """A program of PostgreSQL's, which not every system has in its path."""
    found = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)]
    return shutil.which(name) or (found[0] if found else None)


def server_user() -> str | None:
    """Who may run a server: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else None


pytestmark = [
    pytest.mark.skipif(program("initdb") is None, reason="PostgreSQL is not installed on this machine"),
    pytest.mark.skipif(find_spec("psycopg") is None, reason="psycopg is not installed; `make setup` installs it"),
    pytest.mark.skipif(server_user() is None, reason="PostgreSQL does not run as root, and there is no user postgres"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of its own, at a socket that nobody else knows, with two tables as a loader makes them."""
    user = server_user()
    # Not in the folder of the tests: a path to a socket may be no longer than 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    shutil.chown(folder, user)
    as_user: dict[str, Any] = {"user": user, "cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}}
    data = folder / "data"
    initdb = [program("initdb"), "-D", data, "-U", "loader", "-A", "trust", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, **as_user)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    start = [program("pg_ctl"), "-D", data, "-o", options, "-l", folder / "log", "-w", "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user)
    try:
        yield filled(f"postgresql://loader@/postgres?host={folder}")
    finally:
        stop = [program("pg_ctl"), "-D", data, "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True, **as_user)
        shutil.rmtree(folder, ignore_errors=True)


def filled(url: str) -> str:
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute('create schema "Business Central"')
        connection.execute(
            'create table "Business Central".customers (company_id uuid, id uuid, "_sdc_deleted_at" timestamp)'
        )
        connection.execute(
            'insert into "Business Central".customers '
            "select %s::uuid, lpad(to_hex(n), 32, '0')::uuid, case when n %% 3 = 0 then now() end "
            "from generate_series(1, %s) n",
            (COMPANY, ROWS),
        )
        connection.execute('create table "Business Central".currencies (company_id text, id text)')
    return url


def test_tables_are_read_to_the_end_without_what_is_marked_as_deleted(url: str) -> None:
    with open_postgresql(url) as warehouse, Sides() as sides:
        assert Tables(warehouse, "business central").read(sides, compared(CUSTOMERS))
        tally = sides.tally(DESTINATION, Part("customers", COMPANY))
    assert (tally.rows, tally.doubled) == (ROWS - ROWS // 3, 0)


def test_what_is_loaded_meanwhile_is_not_seen(url: str) -> None:
    import psycopg

    with open_postgresql(url) as warehouse, Sides() as sides:
        tables = Tables(warehouse, "Business Central")
        with psycopg.connect(url) as other:
            other.execute("insert into \"Business Central\".currencies values ('c', 'd')")
        tables.read(sides, compared(described_as("currencies")))
        assert sides.parts(DESTINATION) == set()


def described_as(name: str) -> Any:
    return described(EntitySet(name, CUSTOMERS.entity_set.type), Oddities())


def test_nothing_can_be_written_by_a_comparison(url: str) -> None:
    import psycopg

    with open_postgresql(url) as warehouse, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        warehouse._connection.execute("create table x (y int)")


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ConfigurationError, match=r"^PostgreSQL cannot be reached: [^\n]+$"):
        open_postgresql("postgresql://nobody@127.0.0.1:1/x?connect_timeout=2").__enter__()


def test_the_command_finds_what_differs(url: str, emulator: RunningEmulator, tmp_path: Path) -> None:
    config = tmp_path / "tap.json"
    config.write_text(json.dumps(emulator.config()))
    command = [Path(sys.executable).with_name("dynamics-bc"), "verify", "--config", config, "--stream", "customers"]
    ended = subprocess.run(
        [*command, "--postgres", url, "--schema", "business central"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stderr
    (strange,) = [row for row in json.loads(ended.stdout) if row["company_id"] == COMPANY]
    assert strange["rows_in_destination"] == ROWS - ROWS // 3
    assert "do not agree" in ended.stderr
