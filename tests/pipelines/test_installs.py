"""The ways people install this: pip by path and from git, pipx, uv tool, on every supported Python of this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pipelines.installing import ROOT, run

pytestmark = pytest.mark.slow

INSTALLERS = ("uv==0.13.8", "pipx==1.18.4")
PACKAGES = {
    *("tap_dynamics_bc", "target_dynamics_bc", "dynamics_bc_client", "dynamics_bc_plugin", "dynamics_bc_cli"),
    "dynamics_bc_emulator",
}
DISTRIBUTION = "dynamics-bc-singer"


def interpreter(version: str) -> str | None:
    """A Python of that version: on the path, or under pyenv."""
    candidates = [
        shutil.which(f"python{version}"),
        *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
    ]
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in filter(None, candidates):
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version:
            return candidate
    return None


INTERPRETERS = {version: found for version in ("3.10", "3.11", "3.12", "3.13") if (found := interpreter(version))}


@pytest.fixture(scope="session")
def installers() -> Path:
    """The folder with `uv` and `pipx`, in an environment that is kept for the next run."""
    folder = ROOT / ".cache" / "-".join(["installers", *INSTALLERS]).replace("==", "-")
    if not (folder / "made").exists():
        run(sys.executable, "-m", "venv", "--clear", folder)
        run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", *INSTALLERS)
        (folder / "made").touch()
    return folder / "bin"


def assert_commands_run(folder: Path) -> None:
    """All three commands of an installation say what they are."""
    for plugin in ("tap-dynamics-bc", "target-dynamics-bc"):
        about = json.loads(run(folder / plugin, "--about", "--format=json").stdout)
        assert about["name"] == plugin
        assert about["version"] == run(folder / "dynamics-bc", "--version").stdout.split()[-1]
    assert "doctor" in run(folder / "dynamics-bc", "--help").stdout


def test_the_wheel_adds_six_top_level_names_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == PACKAGES


def test_the_wheel_carries_types_and_licences_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert {"LICENSE", "NOTICE"} <= {Path(name).name for name in names if "/licenses/" in name}
    # The emulator brings a plugin of pytest; tests themselves stay out.
    assert not [name for name in names if "test" in name.lower() and not name.endswith("/pytest_plugin.py")]


@pytest.mark.parametrize("version", INTERPRETERS)
def test_plain_pip_installs_the_wheel_and_the_emulator_is_an_extra(version: str, wheel: Path, tmp_path: Path) -> None:
    run(INTERPRETERS[version], "-m", "venv", tmp_path)
    bin_folder = tmp_path / "bin"
    run(bin_folder / "python", "-m", "pip", "install", "--quiet", wheel)
    assert_commands_run(bin_folder)

    refused = run(bin_folder / "dynamics-bc", "emulator", "--port", "0", code=2)
    (sentence,) = refused.stderr.splitlines()
    assert f"{DISTRIBUTION}[emulator]" in sentence
    assert not refused.stdout

    run(bin_folder / "python", "-m", "pip", "install", "--quiet", f"{wheel}[emulator]")
    emulator = subprocess.Popen(
        [str(bin_folder / "dynamics-bc"), "emulator", "--port", "0", "--config-out", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert emulator.stdout
    try:
        assert json.loads(emulator.stdout.readline())["url"].startswith("http://127.0.0.1:")
        listed = json.loads(run(bin_folder / "dynamics-bc", "companies", "--config", tmp_path / "tap.json").stdout)
        assert len(listed) == 2
    finally:
        emulator.terminate()
        emulator.wait(timeout=20)
        emulator.stdout.close()


def test_plain_pip_installs_from_git(repository: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path)
    run(tmp_path / "bin" / "python", "-m", "pip", "install", "--quiet", f"git+{repository.as_uri()}")
    assert_commands_run(tmp_path / "bin")


def test_uv_tool_installs_from_git(repository: Path, installers: Path, tmp_path: Path) -> None:
    run(
        installers / "uv", "tool", "install", "--quiet", "--python", sys.executable, f"git+{repository.as_uri()}",
        UV_TOOL_DIR=tmp_path / "tools", UV_TOOL_BIN_DIR=tmp_path / "bin",
    )  # fmt: skip
    assert_commands_run(tmp_path / "bin")


def test_pipx_installs_from_git(repository: Path, installers: Path, tmp_path: Path) -> None:
    run(
        installers / "pipx", "install", "--quiet", "--python", sys.executable, f"git+{repository.as_uri()}",
        PIPX_HOME=tmp_path / "pipx", PIPX_BIN_DIR=tmp_path / "bin", PIPX_MAN_DIR=tmp_path / "man",
    )  # fmt: skip
    assert_commands_run(tmp_path / "bin")
