"""Whatever comes in whatever run, tried again or not: the newest version of a record that can be written is written."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.target.at_the_desk import Target

LATER = "LATER"
MORE = {"good": {}, "waits": {"paymentMethod": LATER}, "bad": {"currency": "XXQ"}, "broken": {"email": "\ud83d"}}
RUNS = st.lists(
    st.tuples(st.lists(st.tuples(st.integers(1, 2), st.sampled_from(sorted(MORE))), max_size=3), st.booleans()),
    min_size=1,
    max_size=5,
)


def website(version):
    return f"version-{version:03d}.example.com"


@settings(max_examples=25, deadline=None)
@given(RUNS)
def test_the_newest_version_wins_and_what_can_never_be_written_is_kept(runs):
    with tempfile.TemporaryDirectory() as folder:
        target = Target(Path(folder))
        came: dict[int, list[tuple[int, str]]] = {1: [], 2: []}
        version = 0
        for records, retries in runs:
            written = []
            for number, quality in records:
                version += 1
                came[number].append((version, quality))
                record = {"externalId": f"v{number}", "vendorName": f"Vendor {number}", "website": website(version)}
                written.append({**record, **MORE[quality]})
            target.write("Vendors", *written, remember=True, retry_dead_letters=retries)
        target.desk.create("paymentMethods", {"code": LATER})
        target.write("Vendors", remember=True, retry_dead_letters=True)
        for number, versions in came.items():
            rows = [row["website"] for row in target.rows("vendors", displayName=f"Vendor {number}")]
            assert rows == expected_rows(versions), (number, versions)
        assert letters(Path(folder)) == sorted(
            website(each) for versions in came.values() for each in expected_letters(versions)
        )


def expected_rows(versions):
    """The newest version if it can be written by now; else the last one that could be when it came."""
    if versions and versions[-1][1] == "waits":
        return [website(versions[-1][0])]
    good = [version for version, quality in versions if quality == "good"]
    return [website(good[-1])] if good else []


def expected_letters(versions):
    """What nothing newer has overtaken that was written."""
    if not versions or versions[-1][1] not in {"bad", "broken"}:
        return []
    last_good = max((version for version, quality in versions if quality == "good"), default=0)
    return [version for version, _ in versions if version > last_good]


def letters(folder):
    path = folder / "store" / "dead-letter.singer"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return sorted(line["record"]["website"] for line in lines if line["type"] == "RECORD")
