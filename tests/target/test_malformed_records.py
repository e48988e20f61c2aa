"""Whatever a record of any kind holds, it has one outcome, and none of them is a fault of the target's own."""

from __future__ import annotations

import logging
import random
import time
from typing import Any

import pytest

from target_dynamics_bc.describing.examples import own_example, unified_example
from target_dynamics_bc.kinds.standard import standard_kinds
from tests.target.at_the_desk import Target

JUNK: tuple[Any, ...] = (
    None, "", " ", 0, -1, 1.5, 1e30, True, [], {}, [None], [{}], {"a": 1}, "x" * 300, "\u0000", "\ud800", "NaN",
    "1e999", "2026-13-45", "00000000-0000-0000-0000-000000000000", "6d4d7b3f-1f2e-4c8a-9b0d-2f4a6c8e0b1d", "[{", "'",
    "&$filter=", "Item", "Customer", [[[]]], {"content": 1}, [{"path": "../.."}, {"content": "%"}],
)  # fmt: skip
FIELDS = (
    "id",
    "externalId",
    "action",
    "isDraft",
    "attachments",
    "picture",
    "dimensions",
    "_sdc_deleted_at",
    "lineItems",
)
RECORDS = 12
ALL = 10_000
"""Records of all streams that come at once."""
SLICE = 400
LONGEST_SECONDS = 900
"""Of a processor, for all of them."""
JOURNALS = {"journal": "DEFAULT", "payment_journal": "GENERAL", "on_delete": "delete", "fail_on": "never"}
STREAMS = [
    (kind.name if own else kind.unified.streams[0], kind, own)
    for kind in standard_kinds()
    for own in (True, False)
    if own or kind.unified is not None
]


def spoiled(example: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A record like the example, with some of it replaced by what does not belong there."""
    record = dict(example)
    for _ in range(chance.randint(1, 3)):
        lists = [
            name for name, value in record.items() if isinstance(value, list) and value and isinstance(value[0], dict)
        ]
        if lists and chance.random() < 0.4:
            name = chance.choice(lists)
            line = dict(record[name][0])
            line[chance.choice([*line, "lineType", "accountType", "dimensionSetLines"])] = chance.choice(JUNK)
            record[name] = [line, *record[name][1:]]
        else:
            record[chance.choice([*record, *FIELDS])] = chance.choice(JUNK)
    return record


def example_of(kind, target, *, own):
    def pick(entity_set):
        rows = [row for row in target.rows(entity_set) if row.get("directPosting", True)]
        return next((row.get("number") or row.get("code") for row in rows), None)

    return own_example(kind, pick) if own else unified_example(kind, pick)


@pytest.mark.parametrize(("stream", "kind", "own"), STREAMS, ids=[stream for stream, *_ in STREAMS])
def test_every_malformed_record_has_one_outcome_and_stumbles_over_nothing(stream, kind, own, tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)  # what is quoted may be no text, which a report of a test cannot hold
    target, chance = Target(tmp_path), random.Random(stream)
    example = example_of(kind, target, own=own)
    records = [spoiled(example, chance) for _ in range(RECORDS)]
    outcomes = target.write(stream, *records, remember=True, **JOURNALS)
    assert [outcome["position"] for outcome in outcomes] == list(range(1, RECORDS + 1))
    internal = [
        (error, records[each["position"] - 1])
        for each in outcomes
        for error in each["errors"]
        if error["code"] == "internal"
    ]
    assert internal == []


GOOD = ("vendors", "customers", "items", "purchaseInvoices", "salesInvoices", "Vendors", "Bills", "JournalEntries")
"""Streams of which good records come among the malformed ones."""
KEYS = {"externalId", "number", "vendorInvoiceNumber", "externalDocumentNumber", "billNumber", "journalEntryNumber"}


def numbered(example, number):
    return {name: f"GOOD-{number}" if name in KEYS else value for name, value in example.items()}


def all_at_once(tmp_path, count):
    """Malformed records of all streams with some good ones among them, their outcomes, and which of them are good."""
    target, chance = Target(tmp_path), random.Random(count)
    examples = {stream: example_of(kind, target, own=own) for stream, kind, own in STREAMS}
    pairs, good = [], set()
    for number in range(count):
        if number % 20 == 0:
            stream = GOOD[number // 20 % len(GOOD)]
            pairs.append((stream, numbered(examples[stream], number)))
            good.add(number + 1)
        else:
            stream = STREAMS[number % len(STREAMS)][0]
            pairs.append((stream, spoiled(examples[stream], chance)))
    return pairs, target.pipe(pairs, remember=True, **JOURNALS), good, target


def check_all_at_once(pairs, outcomes, good, target):
    assert [outcome["position"] for outcome in outcomes] == list(range(1, len(pairs) + 1))
    internal = [
        (error["message"].encode("ascii", "replace"), str(pairs[each["position"] - 1]).encode("ascii", "replace"))
        for each in outcomes
        for error in each["errors"]
        if error["code"] == "internal"
    ]
    assert internal == []
    assert {each["outcome"] for each in outcomes if each["position"] in good} == {"created"}
    assert len({each["id"] for each in outcomes if each["position"] in good}) == len(good)
    assert target.states == []


def test_of_malformed_records_of_all_streams_at_once_each_has_one_outcome_and_good_ones_are_written(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    check_all_at_once(*all_at_once(tmp_path, SLICE))


@pytest.mark.slow
def test_of_ten_thousand_malformed_records_each_has_one_outcome_and_good_ones_are_written(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    began = time.process_time()
    check_all_at_once(*all_at_once(tmp_path, ALL))
    assert time.process_time() - began < LONGEST_SECONDS
