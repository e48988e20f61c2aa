"""How do files come to be on the disk?"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from file_calls import FileCalls

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from tap_dynamics_bc.files.folder import ASIDE, INDEX, FileFolder, KeptFile, NoRoom

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
KEY, PATH = "pictures/item/1", "pictures/item/1.png"


def put(folder: FileFolder, content: bytes, path: str = PATH, mark: str = "one") -> KeptFile:
    with folder.aside() as aside:
        aside.begin()
        aside.write(content)
        kept = KeptFile(path, mark, aside.bytes, aside.sha256, "image/png", AT)
        folder.keep(KEY, aside, kept)
    return kept


def test_a_file_is_there_for_the_next_run(tmp_path: Path):
    with FileFolder(tmp_path / "media") as folder:
        kept = put(folder, b"picture")
    with FileFolder(tmp_path / "media") as folder:
        assert folder.known(KEY) == kept
    assert (tmp_path / "media" / PATH).read_bytes() == b"picture"
    assert (kept.bytes, kept.sha256) == (7, hashlib.sha256(b"picture").hexdigest())


def test_a_file_is_on_the_disk_before_it_takes_its_place_and_the_folder_after(tmp_path: Path, monkeypatch):
    calls = FileCalls(monkeypatch)
    with FileFolder(tmp_path) as folder:
        put(folder, b"picture")
    file = tmp_path / PATH
    assert calls.of(file, file.parent) == [("fsync", "1.png"), ("replace", "1.png"), ("fsync", "item")]


def test_an_attempt_that_failed_leaves_nothing_in_the_next(tmp_path: Path):
    with FileFolder(tmp_path) as folder, folder.aside() as aside:
        aside.begin()
        aside.write(b"half of")
        aside.begin()
        aside.write(b"all")
        folder.keep(KEY, aside, KeptFile(PATH, "", aside.bytes, aside.sha256, "", AT))
    assert (tmp_path / PATH).read_bytes() == b"all"


def test_content_that_is_not_kept_is_gone(tmp_path: Path):
    with FileFolder(tmp_path) as folder:
        with pytest.raises(TypeError), folder.aside() as aside:
            aside.write(None)
        assert list((tmp_path / ASIDE).iterdir()) == []
        assert folder.known(KEY) is None


def test_what_a_killed_run_left_aside_is_removed(tmp_path: Path):
    (tmp_path / ASIDE).mkdir()
    (tmp_path / ASIDE / "tmp123").write_bytes(b"half")
    with FileFolder(tmp_path):
        assert list((tmp_path / ASIDE).iterdir()) == []


def test_a_link_in_place_of_what_is_aside_has_nothing_removed(tmp_path: Path):
    other = tmp_path / "of-somebody-else"
    other.mkdir()
    (other / "file").write_bytes(b"x")
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / ASIDE).symlink_to(other)
    with pytest.raises(ConfigurationError, match=r"It is a link.*media_path"), FileFolder(tmp_path / "media"):
        pass
    assert (other / "file").read_bytes() == b"x"


def test_a_link_in_place_of_a_folder_has_nothing_written_or_removed_elsewhere(tmp_path: Path):
    media, other = tmp_path / "media", tmp_path / "of-somebody-else"
    with FileFolder(media) as folder:
        put(folder, b"picture")
    shutil.copytree(media / "pictures", other)
    shutil.rmtree(media / "pictures")
    (media / "pictures").symlink_to(other)
    with FileFolder(media) as folder:
        assert folder.known(KEY) is None
        with pytest.raises(OSError, match="A link leads out of the folder"):
            put(folder, b"another")
        folder.forget(KEY)
    assert (other / "item" / "1.png").read_bytes() == b"picture"


def test_a_folder_of_files_may_be_reached_by_a_link_and_have_links_within(tmp_path: Path):
    (tmp_path / "real" / "elsewhere").mkdir(parents=True)
    (tmp_path / "media").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "pictures").symlink_to(tmp_path / "real" / "elsewhere")
    with FileFolder(tmp_path / "media") as folder:
        kept = put(folder, b"picture")
        assert folder.known(KEY) == kept


def test_the_same_content_is_not_written_again(tmp_path: Path):
    with FileFolder(tmp_path) as folder:
        put(folder, b"picture")
        before = (tmp_path / PATH).stat()
        put(folder, b"picture", mark="two")
        assert (tmp_path / PATH).stat() == before
        assert folder.known(KEY).mark == "two"


def test_a_file_that_gets_another_extension_leaves_none_behind(tmp_path: Path):
    with FileFolder(tmp_path) as folder:
        put(folder, b"picture")
        put(folder, b"picture", "pictures/item/1.jpg")
    assert [path.name for path in (tmp_path / "pictures/item").iterdir()] == ["1.jpg"]


@pytest.mark.parametrize("harm", ["removed", "cut"])
def test_a_file_that_somebody_removed_or_cut_is_not_known(tmp_path: Path, harm: str):
    with FileFolder(tmp_path) as folder:
        put(folder, b"picture")
        if harm == "removed":
            (tmp_path / PATH).unlink()
        else:
            (tmp_path / PATH).write_bytes(b"pic")
        assert folder.known(KEY) is None
        put(folder, b"picture")
    assert (tmp_path / PATH).read_bytes() == b"picture"


def test_a_file_that_the_service_has_no_more_is_removed(tmp_path: Path):
    with FileFolder(tmp_path) as folder:
        put(folder, b"picture")
        folder.forget(KEY)
        folder.forget(KEY)
        assert folder.known(KEY) is None
    assert not (tmp_path / PATH).exists()


def test_two_runs_do_not_share_a_folder(tmp_path: Path):
    another = pytest.raises(ConfigurationError, match=r"Another run is using .* give this run a media_path")
    with FileFolder(tmp_path), another, FileFolder(tmp_path):
        pass
    with FileFolder(tmp_path):
        pass


def test_a_folder_that_takes_no_files_is_named(tmp_path: Path):
    (tmp_path / ASIDE).write_text("in the way")
    with pytest.raises(ConfigurationError, match=r"cannot be written to .*; check media_path"), FileFolder(tmp_path):
        pass


def test_a_damaged_index_of_files_is_told_from_a_folder_that_takes_none(tmp_path: Path):
    (tmp_path / INDEX).write_text("hello")
    damaged = pytest.raises(ConfigurationError, match=r"media.sqlite\" is damaged .* Remove it: everything")
    with damaged, FileFolder(tmp_path):
        pass


FULL = (
    "create trigger full before insert on files when new.mark = 'full' "
    "begin select raise(fail, 'database or disk is full'); end"
)


def test_a_file_that_could_not_be_noted_on_a_full_disk_is_noted_when_there_is_room(tmp_path: Path):
    with FileFolder(tmp_path):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / INDEX)) as index:
        index.execute(FULL)
    with FileFolder(tmp_path) as folder:
        with pytest.raises(DynamicsError, match=r"The disk of media.sqlite in media_path is full, .* free some space"):
            put(folder, b"picture", mark="full")
        kept = put(folder, b"picture")
        assert folder.known(KEY) == kept


def test_an_index_of_files_that_breaks_in_a_run_is_named(tmp_path: Path):
    with FileFolder(tmp_path) as folder:
        with contextlib.closing(sqlite3.connect(tmp_path / INDEX)) as index:
            index.execute("drop table files")
        with pytest.raises(DynamicsError, match=r"media.sqlite in media_path cannot be used any more"):
            folder.forget(KEY)


def test_a_file_is_its_owners_alone(tmp_path: Path):
    with FileFolder(tmp_path) as folder:
        put(folder, b"picture")
    assert (tmp_path / PATH).stat().st_mode & 0o077 == 0


def room_of(monkeypatch, free: int) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(total=1_000_000, free=free))


def test_a_file_that_says_it_is_larger_than_the_room_there_is_is_not_begun(tmp_path: Path, monkeypatch):
    room_of(monkeypatch, 5_000)
    with FileFolder(tmp_path) as folder, folder.aside() as aside:
        with pytest.raises(NoRoom) as caught:
            aside.begin(5_001)
        assert caught.value.scope == "record"
        assert caught.value.message == (
            f'A file of 5,001 bytes is not downloaded: the disk of "{tmp_path}" has room for 5,000. Free some space, '
            "or set media_path to a folder on a larger disk."
        )
        aside.begin(5_000)


def test_files_that_come_at_once_do_not_share_the_same_room(tmp_path: Path, monkeypatch):
    room_of(monkeypatch, 5_000)
    with FileFolder(tmp_path) as folder:
        with folder.aside() as first, folder.aside() as second:
            first.begin(3_000)
            with pytest.raises(NoRoom, match="has room for 2,000"):
                second.begin(3_000)
            first.write(b"x" * 2_000)  # these are on the disk, so that they are no longer free
            second.begin(3_000)
            first.begin(1_000)  # another attempt
        with folder.aside() as third:
            third.begin(5_000)


def test_a_disk_that_does_not_tell_is_tried(tmp_path: Path, monkeypatch):
    usage = shutil.disk_usage("/")
    for told in (lambda _: usage._replace(total=0, free=0), lambda _: (tmp_path / "none").stat()):
        monkeypatch.setattr("shutil.disk_usage", told)
        with FileFolder(tmp_path) as folder, folder.aside() as aside:
            aside.begin(5_000)


@pytest.mark.parametrize("path", ["../notes.txt", "pictures/../../notes.txt", "{above}/notes.txt"])
def test_an_index_that_names_files_elsewhere_has_none_of_them_removed(tmp_path: Path, path: str):
    (tmp_path / "notes.txt").write_bytes(b"picture")
    with FileFolder(tmp_path / "media") as folder:
        put(folder, b"picture")
    with contextlib.closing(sqlite3.connect(tmp_path / "media" / INDEX, isolation_level=None)) as index:
        index.execute("update files set path = ?", (path.format(above=tmp_path),))
    with FileFolder(tmp_path / "media") as folder:
        assert folder.known(KEY) is None
        put(folder, b"another")
        folder.forget(KEY)
    assert (tmp_path / "notes.txt").read_bytes() == b"picture"


@pytest.mark.parametrize("column", ["fetched_at", "path", "mark"])
def test_an_index_with_values_that_are_none_is_damaged(tmp_path: Path, column: str):
    with FileFolder(tmp_path) as folder:
        put(folder, b"picture")
    with contextlib.closing(sqlite3.connect(tmp_path / INDEX, isolation_level=None)) as index:
        index.execute(f"update files set {column} = x'00ff'")
    with FileFolder(tmp_path) as folder, pytest.raises(DynamicsError, match=r"media.sqlite in media_path is damaged"):
        folder.known(KEY)
