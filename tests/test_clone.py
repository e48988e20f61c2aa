"""What does a fresh clone hold, and what does git keep out of it?"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with this project's rules of what git ignores."""
    for name in (".gitignore", "output/.gitignore"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def ignored(clone: Path, path: str) -> bool:
    return not subprocess.run(["git", "-C", str(clone), "check-ignore", "--quiet", path], check=False).returncode


def test_the_folders_that_meltano_writes_to_come_with_a_clone() -> None:
    text = (ROOT / "meltano.yml").read_text()
    folders = set(re.findall(r"\$MELTANO_PROJECT_ROOT/(\w+)/", text)) | set(
        re.findall(r"destination_path: (\S+)", text)
    )
    assert folders
    for folder in folders:
        assert (ROOT / folder / ".gitignore").is_file(), folder


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "output/business-central.duckdb",
        "output/customers.jsonl",
        "output/target-store/ledger.sqlite",
        "demo-output/tap.json",
        ".meltano/meltano.db",
    ],
)
def test_secrets_and_output_are_ignored_by_git(clone: Path, path: str) -> None:
    assert ignored(clone, path)


@pytest.mark.parametrize("path", ["output/.gitignore", "meltano.yml", "docs/environments.md"])
def test_what_belongs_to_the_project_is_not_ignored(clone: Path, path: str) -> None:
    assert not ignored(clone, path)


def test_the_catalog_is_discovered_at_every_run_under_meltano() -> None:
    (tap,) = [each for each in plugins("extractors") if each["name"] == "tap-dynamics-bc"]
    assert tap["use_cached_catalog"] is False


def plugins(kind: str) -> list[dict[str, Any]]:
    """The plugins of one kind in meltano.yml."""
    read: list[dict[str, Any]] = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"][kind]
    return read
