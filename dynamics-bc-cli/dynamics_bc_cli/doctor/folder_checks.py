"""Can a run keep what it has to keep? The folders that the config names."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dynamics_bc_cli.doctor.findings import Case, Check, FaultError, Finding
from dynamics_bc_client.errors import MACHINE_KEEPER
from dynamics_bc_client.store_folder import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

STORES = ("store_path", "snapshot_dir")
FOLDERS = (*STORES, "media_path")
FILES = ("outcomes_path", "dead_letter_path")


def folders(case: Case) -> Iterator[Finding]:
    """Every folder that the config names can be written to."""
    named = {name: Path(str(case.config[name])).expanduser() for name in (*FOLDERS, *FILES) if case.config.get(name)}
    for name, path in named.items():
        folder = path if name in FOLDERS else path.parent
        _must_be_writable(name, folder)
        if is_there(folder):
            yield Finding("folders", "ok", f"{name}: {path} can be written to")
        else:
            yield Finding("folders", "note", f"{name}: {folder} does not exist yet; the first run makes it")
    if named.keys() & set(STORES):
        return
    if "target" in case.plugins:
        yield _not_kept("the memory by which a killed run goes on")
    elif case.config.get("refresh_token"):
        yield _not_kept("a replaced refresh token")
    elif not named:
        yield Finding("folders", "ok", "none is named, and this sign-in needs none")


def _not_kept(lost: str) -> Finding:
    return Finding("folders", "note", f"no store_path is set, so {lost} is not kept")


def _must_be_writable(name: str, folder: Path) -> None:
    """Try it: permissions alone do not tell, on network drives and read-only mounts.

    Raises:
        FaultError: A file cannot be made there.
    """
    try:
        nearest = next(each for each in (folder, *folder.parents) if each.exists())
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise FaultError(
            f"{name}: {folder} cannot be written to: {os.strerror(error.errno or 0)}.",
            who=MACHINE_KEEPER,
            remedy=f"Let the user of the job write to {folder}, or name another folder in {name}.",
        ) from error


FOLDER_CHECKS = (Check("folders", folders, MACHINE_KEEPER, "Name folders that the job may write to."),)
