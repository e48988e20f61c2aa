"""Files that are whole or absent, and locks that end with their holder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest
from file_calls import FileCalls

from dynamics_bc_client import store_folder
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_folder import StoreFolder, is_there, replace_file


@pytest.fixture
def folder(tmp_path):
    return StoreFolder(tmp_path / "deep" / "store", sleep=lambda _: None)


@pytest.fixture(params=["flock", "database"])
def kind_of_lock(request, monkeypatch):
    """Both ways to lock: the system's, and the one for systems without it."""
    if request.param == "database":
        monkeypatch.setattr(store_folder, "fcntl", None)
    return request.param


def test_what_was_written_is_read(folder):
    folder.write_atomically("token.json", b"{}")
    assert folder.read("token.json") == b"{}"
    assert stat.S_IMODE((folder.path / "token.json").stat().st_mode) == 0o600


def test_nothing_is_read_where_nothing_is(folder):
    assert folder.read("token.json") is None
    assert not folder.path.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
@pytest.mark.parametrize("what", ["pipe", "device", "folder"])
def test_nothing_is_read_of_what_is_no_file_and_has_no_end(folder, what):
    folder.path.mkdir(parents=True)
    path = folder.path / "token.json"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with pytest.raises(ConfigurationError, match=r'token.json" cannot be read \('):
        folder.read("token.json")


def test_a_failed_write_leaves_the_old_content_and_no_litter(folder, monkeypatch):
    folder.write_atomically("a", b"old")

    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        folder.write_atomically("a", b"new")
    assert folder.read("a") == b"old"
    assert [path.name for path in folder.path.iterdir()] == ["a"]


def test_a_file_is_on_the_disk_before_it_takes_the_place_of_the_old_one_and_the_folder_after(folder, monkeypatch):
    calls = FileCalls(monkeypatch)
    folder.write_atomically("a", b"new")
    assert calls.of(folder.path / "a", folder.path) == [("fsync", "a"), ("replace", "a"), ("fsync", "store")]


def test_the_old_content_is_there_until_the_new_one_is_whole(folder, monkeypatch):
    folder.write_atomically("a", b"old")
    met = []
    FileCalls(monkeypatch, before=lambda _: met.append(folder.read("a")))
    folder.write_atomically("a", b"new")
    assert met == [b"old", b"old", b"new"]


def test_a_replaced_file_keeps_its_mode(tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o644)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    path = tmp_path / "config.json"
    path.symlink_to(tmp_path / "real" / "config.json")
    (tmp_path / "real" / "config.json").write_bytes(b"old")
    replace_file(path, b"new")
    assert path.is_symlink()
    assert (tmp_path / "real" / "config.json").read_bytes() == b"new"


def test_a_folder_that_is_a_file_is_a_configuration_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="check store_path"):
        StoreFolder(tmp_path / "file").write_atomically("a", b"")
    with pytest.raises(ConfigurationError, match="check store_path"), StoreFolder(tmp_path / "file").lock("ledger"):
        pass


def test_a_second_run_is_told_that_the_first_is_still_there(folder, kind_of_lock):
    with folder.lock("ledger"):
        with pytest.raises(ConfigurationError, match="Another run is using "), folder.lock("ledger"):
            pass
        with folder.lock("token"):
            pass
    with folder.lock("ledger"):
        pass


def test_waiting_for_a_lock_ends(tmp_path, kind_of_lock):
    waits = []
    folder = StoreFolder(tmp_path, sleep=waits.append)
    with folder.lock("token"), pytest.raises(ConfigurationError), folder.lock("token", wait_seconds=0.5):
        pass
    assert sum(waits) == pytest.approx(0.5)


def test_a_lock_is_taken_as_soon_as_it_is_free(tmp_path, kind_of_lock):
    holder = StoreFolder(tmp_path).lock("token")
    holder.__enter__()
    waiting = StoreFolder(tmp_path, sleep=lambda _: holder.__exit__(None, None, None))
    with waiting.lock("token", wait_seconds=5):
        pass


def test_a_killed_run_leaves_no_lock_behind(folder, kind_of_lock):
    without = "store_folder.fcntl = None" if kind_of_lock == "database" else ""
    program = (
        "import os, sys; from pathlib import Path; from dynamics_bc_client import store_folder\n"
        f"{without}\n"
        "lock = store_folder.StoreFolder(Path(sys.argv[1])).lock('ledger'); lock.__enter__(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(folder.path)], check=False).returncode == 9
    with folder.lock("ledger"):
        pass


def test_where_nobody_may_look_there_may_be_something(tmp_path):
    """So that whoever opens it says why it cannot be read, and it does not count as missing."""
    assert not is_there(tmp_path / "none")
    assert not is_there(tmp_path / "none" / "none")
    (tmp_path / "file").touch()
    assert is_there(tmp_path / "file")
    assert not is_there(tmp_path / "file" / "none")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert is_there(tmp_path / "circle")
