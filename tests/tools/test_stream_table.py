"""Does the table of streams leave any entity set without a way to it, or without a reason?"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from plugin_facts import NEWEST, PUBLISHED, streams  # noqa: E402
from tables import stream_table, way_of  # noqa: E402

from dynamics_bc_client.odata.metadata import parse_metadata  # noqa: E402
from dynamics_bc_emulator.routes import standard_route  # noqa: E402


@pytest.mark.parametrize("release", [PUBLISHED, NEWEST])
def test_no_set_of_a_release_is_without_a_way_or_without_a_reason(release: str) -> None:
    published = set(parse_metadata(standard_route(int(release)).metadata).entity_sets)
    found = {each.name: each for each in streams(release)}
    assert published == found.keys() - {"environments"}
    for name, stream in found.items():
        assert way_of(stream), name
        assert stream.selected or stream.reason, name
        assert stream.keys, name
        assert all(leg.entity_set in published for way in stream.ways for leg in way.legs), name


def test_the_table_has_one_line_for_every_set_of_both_releases() -> None:
    lines = stream_table().splitlines()[2:]
    names = [re.match(r"\| `(\w+)`", line)[1] for line in lines]  # type: ignore[index]
    assert len(names) == len(set(names))
    assert set(names) == {each.name for release in (PUBLISHED, NEWEST) for each in streams(release)}
    assert all("company" in line or "environment" in line for line in lines)


def test_the_published_document_is_this_table() -> None:
    assert stream_table().strip() in (ROOT / "docs" / "reference" / "streams.md").read_text(encoding="utf-8")
