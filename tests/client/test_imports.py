"""Which way imports run."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import dynamics_bc_client

PACKAGE = Path(dynamics_bc_client.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path):
    """Every module that a file names in an import, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def name(path):
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_client_imports_neither_its_users_nor_the_emulator(path):
    others = {"tap_dynamics_bc", "target_dynamics_bc", "dynamics_bc_cli", "dynamics_bc_emulator", "singer_sdk"}
    assert not {module.partition(".")[0] for module in imported(path)} & others


@pytest.mark.parametrize("path", sorted((PACKAGE / "odata").glob("*.py")), ids=name)
def test_the_pure_half_knows_nothing_of_the_other_but_errors_limits_and_what_hides_secrets(path):
    allowed = tuple(f"dynamics_bc_client.{part}" for part in ("odata", "errors", "limits", "redaction"))
    foreign = [module for module in imported(path) if module.startswith("dynamics_bc_client")]
    assert all(module.startswith(allowed) for module in foreign)
    assert not {"time", "random", "socket", "requests", "os", "threading"} & set(imported(path))


def test_one_file_alone_reaches_the_network():
    networked = {"requests", "urllib3", "socket", "http", "httpx"}
    found = [name(path) for path in MODULES if {module.partition(".")[0] for module in imported(path)} & networked]
    assert found == ["transport.py"]


def test_every_module_can_be_the_first_to_be_imported():
    for path in MODULES:
        dotted = ".".join(("dynamics_bc_client", *path.relative_to(PACKAGE).with_suffix("").parts))
        before = {module for module in sys.modules if module.startswith("dynamics_bc_client")}
        kept = {module: sys.modules.pop(module) for module in before}
        try:
            __import__(dotted.removesuffix(".__init__"))
        finally:
            for module in [module for module in sys.modules if module.startswith("dynamics_bc_client")]:
                del sys.modules[module]
            sys.modules.update(kept)
