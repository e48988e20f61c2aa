"""Imports run one way: OData part, client, shells, plugins, command; the emulator stands alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "dynamics_bc_client": ROOT / "dynamics-bc-client",
    "dynamics_bc_plugin": ROOT / "dynamics-bc-plugin",
    "tap_dynamics_bc": ROOT / "tap-dynamics-bc",
    "target_dynamics_bc": ROOT / "target-dynamics-bc",
    "dynamics_bc_emulator": ROOT / "dynamics-bc-emulator",
    "dynamics_bc_cli": ROOT / "dynamics-bc-cli",
}
MAY_IMPORT = {
    "dynamics_bc_client": set(),
    "dynamics_bc_plugin": {"dynamics_bc_client"},
    "tap_dynamics_bc": {"dynamics_bc_client", "dynamics_bc_plugin"},
    "target_dynamics_bc": {"dynamics_bc_client", "dynamics_bc_plugin"},
    "dynamics_bc_emulator": set(),
    "dynamics_bc_cli": {"dynamics_bc_client", "dynamics_bc_plugin", "tap_dynamics_bc", "target_dynamics_bc"},
}


def imported_modules(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def source_files(package: str, folder: str = "") -> list[Path]:
    files = sorted((PACKAGES[package] / package / folder).rglob("*.py"))
    assert files
    return files


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_the_packages_below_it(package: str) -> None:
    forbidden = set(PACKAGES) - MAY_IMPORT[package] - {package}
    for path in source_files(package):
        roots = {name.split(".")[0] for name in imported_modules(path)}
        assert not roots & forbidden, path


def test_the_odata_part_of_the_client_knows_no_network_and_no_clock() -> None:
    for path in source_files("dynamics_bc_client", "odata"):
        for name in imported_modules(path):
            assert name.split(".")[0] not in {"requests", "socket", "time", "threading", "urllib3"}, path
            allowed = name.startswith(
                tuple(f"dynamics_bc_client.{part}" for part in ("odata", "errors", "limits", "redaction"))
            )
            assert allowed or not name.startswith("dynamics_bc_client"), path


def test_only_the_transport_imports_requests() -> None:
    for package in set(PACKAGES) - {"dynamics_bc_emulator"}:
        for path in source_files(package):
            if path.name != "transport.py":
                assert "requests" not in {name.split(".")[0] for name in imported_modules(path)}, path


def module_name(package: str, path: Path) -> str:
    parts = path.relative_to(PACKAGES[package]).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows_of(package: str) -> dict[str, set[str]]:
    """Which modules a module imports, for type checkers and inside functions included."""
    paths = {module_name(package, path): path for path in source_files(package)}
    arrows: dict[str, set[str]] = {}
    for name, path in paths.items():
        named = {
            candidate
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module
            for candidate in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        }
        # The face of a package only hands names on.
        arrows[name] = set() if path.name == "__init__.py" else (named | imported_modules(path)) & set(paths) - {name}
    return arrows


def circles(arrows: dict[str, set[str]]) -> set[frozenset[str]]:
    """The groups of modules that reach each other."""
    reached: dict[str, set[str]] = {}
    for name, nearest in arrows.items():
        seen, left = set(), list(nearest)
        while left:
            other = left.pop()
            if other not in seen:
                seen.add(other)
                left += arrows[other]
        reached[name] = seen
    return {
        frozenset({name, *(other for other in reached[name] if name in reached[other])})
        for name in arrows
        if name in reached[name]
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    assert circles(arrows_of(package)) == set()


def test_a_circle_is_seen() -> None:
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}}
    assert circles(arrows) == {frozenset("abc")}


def test_the_odata_part_of_the_emulator_knows_no_rows_and_no_store() -> None:
    upstairs = tuple(f"dynamics_bc_emulator.{room}" for room in ("rows", "serving", "writes", "rules", "seed", "http"))
    for path in source_files("dynamics_bc_emulator", "odata"):
        for name in imported_modules(path):
            assert not name.startswith((*upstairs, "sqlite3", "starlette", "uvicorn")), path


def test_the_rows_of_the_emulator_know_nobody_who_serves_or_writes_them() -> None:
    upstairs = tuple(f"dynamics_bc_emulator.{room}" for room in ("serving", "writes", "rules", "seed", "http"))
    for path in source_files("dynamics_bc_emulator", "rows"):
        for name in imported_modules(path):
            assert not name.startswith((*upstairs, "starlette", "uvicorn")), path
