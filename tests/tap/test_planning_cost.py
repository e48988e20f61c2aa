"""Does planning take steps in proportion to what is planned?"""

from __future__ import annotations

import sys

from tap.sample_metadata import METADATA, metadata

from dynamics_bc_client.companies import Company
from dynamics_bc_client.odata.metadata import EntitySet, EntityType, Navigation
from tap_dynamics_bc.reads.places import Selection, source_places
from tap_dynamics_bc.reads.plan import plan_reads
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.replication import Start

CUSTOMERS, LINES = (METADATA.entity_sets[name] for name in ("customers", "dimensionSetLines"))


def sets(count: int) -> list[EntitySet]:
    """Sets that all lead to the same lines, as documents lead to their dimensions."""
    lines = {"dimensionSetLines": Navigation("dimensionSetLines", LINES.type.name, many=True, target_set=LINES.name)}
    kind = CUSTOMERS.type
    return [
        EntitySet(f"set{number}", EntityType(f"type{number}", kind.key, kind.properties, lines))
        for number in range(count)
    ]


def calls(streams: int, companies: int) -> int:
    """How many functions of ours are called from metadata to the last read."""
    published = metadata(*sets(streams), LINES)
    named = [Company(str(number), f"Company {number}", "") for number in range(companies)]
    counted = 0

    def note(frame, event, _):
        nonlocal counted
        counted += event == "call" and "tap_dynamics_bc" in frame.f_code.co_filename

    sys.setprofile(note)
    try:
        described = describe_streams(published)
        selections = {
            name: Selection(each.columns, tuple(each.properties), each.replication) for name, each in described.items()
        }
        sources = source_places(described, selections)
        reads = list(plan_reads(sources.values(), named, lambda _: Start()))
    finally:
        sys.setprofile(None)
    assert len(reads) == streams * companies + len(["companies", "environments"])
    return counted


def test_twice_as_many_streams_take_twice_as_many_steps():
    assert calls(200, 2) < 2.2 * calls(100, 2)


def test_twice_as_many_companies_take_at_most_twice_as_many_steps():
    assert calls(50, 40) < 2.2 * calls(50, 20)


def test_650_streams_take_few_steps_each():
    assert calls(650, 5) < 650 * 5 * 40
