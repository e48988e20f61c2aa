"""What a run puts on a disk is for its owner alone: another user of the machine reads no books and no tokens."""

from __future__ import annotations

import json
import os
import stat

import pytest
from emulator.in_process import open_desk
from security.test_secrets_planted import settings, vendors
from tap.desk_service import DeskService

from dynamics_bc_client.store_folder import StoreFolder, for_owner, make_folder


class Service:
    """The desk, with the methods of a transport of the network."""

    def __init__(self):
        self._desk = DeskService(open_desk())

    def __call__(self, request):
        return self._desk(request)

    def close(self):
        pass


@pytest.fixture
def nothing_masked():
    """A machine on which nobody has restricted what new files are."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder):
    return [
        f"{stat.S_IMODE(path.stat().st_mode):o} {path.relative_to(folder)}"
        for path in folder.rglob("*")
        if path.name != "config.json" and path.stat().st_mode & 0o077
    ]


def catalog_of(streams, run, config):
    """A catalog file in which some streams are selected."""
    catalog = config.with_suffix(".json.catalog")
    discovered = json.loads(run(Service(), "tap-dynamics-bc", "--discover", "--config", config).out)
    wanted = [each for each in discovered["streams"] if each["tap_stream_id"] in streams]
    for each in wanted:
        each["metadata"][-1]["metadata"] |= {"selected": True}
        for one in each["metadata"]:
            if not one["breadcrumb"]:
                one["metadata"]["selected"] = True
    with open(catalog, "w", opener=for_owner) as file:
        json.dump({"streams": wanted}, file)
    return catalog


def test_the_tap_leaves_nothing_that_others_can_read(run, write_config, tmp_path, nothing_masked):
    config = write_config(
        settings(
            tmp_path,
            deletes="sweep",
            download_media=["pictures"],
            media_path=str(tmp_path / "media"),
            company_ids="CRONUS International Ltd.",
        )
    )
    catalog = catalog_of({"pictures", "items", "currencies"}, run, config)
    ended = run(Service(), "tap-dynamics-bc", "--config", config, "--catalog", catalog)
    assert ended.code == 0, ended.err
    made = {path.name for path in tmp_path.rglob("*")}
    assert {"store", "keys.sqlite", "token.json", "certificate.json", "media", "media.sqlite"} <= made
    assert open_to_others(tmp_path) == []


@pytest.mark.parametrize("format_", ["jsonl", "parquet"])
def test_files_of_batches_are_for_the_owner_alone(run, write_config, tmp_path, nothing_masked, format_):
    if format_ == "parquet":
        pytest.importorskip("pyarrow")
    batches = tmp_path / "batches" / "of" / "today"
    encoding = {"format": format_, "compression": "gzip"}
    storage = {"root": batches.as_uri(), "prefix": ""}
    config = write_config(
        settings(
            tmp_path,
            company_ids="CRONUS International Ltd.",
            batch_config={"encoding": encoding, "storage": storage},
        )
    )
    catalog = catalog_of({"items", "currencies"}, run, config)
    ended = run(Service(), "tap-dynamics-bc", "--config", config, "--catalog", catalog)
    assert ended.code == 0, ended.err
    assert any(batches.iterdir())
    assert open_to_others(tmp_path) == []
    assert os.umask(0) == 0  # what others make in this process is as it was


@pytest.mark.fault("P16")
def test_the_target_leaves_nothing_that_others_can_read(run, write_config, tmp_path, nothing_masked):
    apart = tmp_path / "apart"
    config = write_config(
        settings(
            tmp_path, outcomes_path=str(apart / "o" / "outcomes.jsonl"), dead_letter_path=str(apart / "d" / "dead")
        )
    )
    ended = run(Service(), "target-dynamics-bc", "--config", config, sent=vendors("Anna", "x" * 300))
    made = {path.name for path in tmp_path.rglob("*")}
    assert {"store", "ledger.sqlite", "token.json", "outcomes.jsonl", "dead"} <= made, (made, ended.err)
    assert open_to_others(tmp_path) == []


def test_what_somebody_opened_to_others_stays_open(run, write_config, tmp_path):
    (tmp_path / "shared").mkdir(mode=0o755)
    (tmp_path / "shared" / "outcomes.jsonl").touch(mode=0o644)
    config = write_config(settings(tmp_path, outcomes_path=str(tmp_path / "shared" / "outcomes.jsonl")))
    run(Service(), "target-dynamics-bc", "--config", config, sent=vendors("Anna"))
    assert stat.S_IMODE((tmp_path / "shared" / "outcomes.jsonl").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


def test_a_folder_is_made_for_its_owner_alone(tmp_path, nothing_masked):
    make_folder(tmp_path / "a" / "b" / "c")
    StoreFolder(tmp_path / "b").check()
    with StoreFolder(tmp_path / "c").lock():
        pass
    StoreFolder(tmp_path / "d").write_atomically("x", b"")
    assert open_to_others(tmp_path) == []
