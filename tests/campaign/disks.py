"""How does a disk fill without anybody's own being filled?

Where it may, a process mounts a disk of a few kilobytes in memory that nobody else sees. Elsewhere (a container without
that right) files are limited in their size instead.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.befallen import note

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
LARGE = "64m"


@cache
def may_mount() -> bool:
    """Whether this process may mount disks of its own; from then on it has mounts that nobody else sees."""
    libc, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    try:
        if libc.unshare(_NEW_MOUNTS):
            if libc.unshare(_NEW_USER | _NEW_MOUNTS):
                return False
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
        _mount("--make-rprivate", "/")
    except (AttributeError, OSError, subprocess.CalledProcessError):
        return False
    return True


@contextlib.contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[bool]:
    """A folder is on a disk with so many kilobytes left while the block runs; whether that can be had."""
    if not may_mount():
        yield False
        return
    note(f"disk: {kilobytes} kB left")
    folder.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory() as aside:
        _copied(folder, Path(aside))
        used = sum(-(-path.stat().st_size // 4096) * 4 for path in folder.rglob("*") if path.is_file())
        _mount("-t", "tmpfs", "-o", f"size={LARGE},mode=700", "tmpfs", str(folder))
        try:
            _copied(Path(aside), folder)
            _mount("-o", f"remount,size={max(4, used + kilobytes)}k", str(folder))
            yield True
        finally:
            # What is left is kept, and there is room again.
            shutil.rmtree(aside)
            _copied(folder, Path(aside))
            subprocess.run(["umount", str(folder)], check=True, capture_output=True)
            _copied(Path(aside), folder)


def _copied(from_: Path, to: Path) -> None:
    for each in to.iterdir() if to.exists() else ():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    shutil.copytree(from_, to, dirs_exist_ok=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
