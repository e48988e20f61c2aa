"""What the campaign has found, each as the plan that showed it."""

from __future__ import annotations

import hashlib

import pytest
from books.life import drawn
from campaign.kinds import (
    ANSWERED_FILES,
    DOWNLOADS,
    FILES,
    FILES_OF_TOKENS,
    FILES_WITH_PROCESSES,
    LIVES_OF_TOKENS,
    LIVES_WITH_PROCESSES,
    Kind,
)
from campaign.target_files import file_of
from campaign.trying import tried

ALONE = {"page_size": None, "machine": "ProcessDestinations"}
RUN = ["run", {"lives_for": None, "workers": 1}]
EARLY = {"is_early": True}
"""Of a file that is drawn as it was when it was found."""


def befallen(**told: object) -> dict[str, object]:
    """A life of the tap with one run that something befalls."""
    return {**ALONE, "moves": [["attacked", {"orders": {}, "people": {}, **told}], RUN]}


def unlucky(seed: int, size: int, answers: dict[str, str]) -> dict[str, object]:
    """A file with one run that something befalls."""
    return {"seed": seed, "size": size, **EARLY, "has_store": True, "attacks": [{"answers": answers}], "first": []}


FOUND: dict[str, tuple[Kind, dict[str, object]]] = {
    # A look that failed behind a posting said that nothing was written.
    "a posting is done and the look behind it is refused": (
        ANSWERED_FILES,
        unlucky(9, 6, {"22": "307/half/number/before", "23": "307/half/number/before"}),
    ),
    # An entry that is posted was rejected, because its batch could not be removed.
    "an entry is posted and its batch is not removed": (
        ANSWERED_FILES,
        unlucky(114, 4, {"34": "307/no-date/latin/after"}),
    ),
    # What a run had created, and could not look at, was created once more: an order has no number of the sender's.
    "an order is created and the look behind it fails": (
        FILES,
        {"seed": 5_100_008, "size": 5, **EARLY, "has_store": True},
    ),
    # What a create had left that was not answered was not named, when nothing more could be written to it.
    "a create is not answered and the rest of it is refused": (
        ANSWERED_FILES,
        unlucky(20_261_100_133, 7, {"12": "503/infinite/unavailable/after", "14": "403/half/json/after"}),
    ),
    # Creates whose batch somebody refused as a whole, when they were done, were sent again in halves: doubled bills.
    "a batch of creates is done and refused as a whole": (
        ANSWERED_FILES,
        {
            **unlucky(20_261_100_288, 6, {"8": "423/0/json/after", "9": "423/0/json/after"}),
            "has_store": False,
        },
    ),
    # A create that was done and refused for its token was done again by a run that was killed: its next run saw one.
    "a create is done twice by a run that is killed": (
        FILES_OF_TOKENS,
        {
            "seed": 100_035,
            "size": 6,
            **EARLY,
            "has_store": True,
            "attacks": [
                {"answers": {}, "killed": {"at": 19, "is_done": False}, "tokens": {"3": "a page"}, "revoked": {}},
                {
                    "answers": {},
                    "killed": {"at": 28, "is_done": True},
                    "tokens": {"2": "killed behind it"},
                    "revoked": {"12": "before", "10": "behind"},
                },
            ],
            "first": [0.686805519851195, 0.639338881408007],
            "refreshes": True,
        },
    ),
    # A company was left out, and the run ended with 0, because two tokens in a row were of another tenant.
    "a token in the middle of a run is of another tenant": (
        LIVES_OF_TOKENS,
        {
            "page_size": None,
            "machine": "Destinations",
            "moves": [
                [
                    "outage",
                    {
                        "tokens": {
                            **dict.fromkeys("12", "until some past day"),
                            **dict.fromkeys("34", "of another tenant"),
                        },
                        "revoked": {},
                    },
                ],
                RUN,
            ],
        },
    ),
    # An action whose token was refused behind the work was called again, and posted the rest of the order as well.
    "a part of an order is posted and refused for its token": (
        ANSWERED_FILES,
        {
            "seed": 2_611_290_015_154,
            "size": 7,
            "has_store": False,
            "attacks": [{"answers": {"22": "401/none/deep/after"}, "clerk": [6, 7, 17]}],
            "first": [0.3867860201616783],
        },
    ),
    # A quote that was turned into an order, and could not be looked for, was rejected: the order had a discount.
    "a quote is turned into an order and the look behind it is refused": (
        ANSWERED_FILES,
        {
            "seed": 2_611_290_025_624,
            "size": 6,
            "has_store": True,
            "attacks": [{"answers": {"20": "412/negative/deeper/after"}, "clerk": [7, 26, 35]}],
            "first": [0.11687817791393451],
        },
    ),
    # Attachments that were cut, or had blanks behind them, were taken as they came: their length fitted the answer.
    "attachments come shorter and longer than their rows tell": (
        DOWNLOADS,
        {"runs": [{"orders": {"9": "ended early", "12": "a huge page"}, "put": []}], "workers": 1, "put": []},
    ),
    # A create that was refused for too many requests behind the work was sent again: two orders, one of them unknown.
    "an order is created and refused for too many requests": (
        ANSWERED_FILES,
        {
            "seed": 2_611_300_015_937,
            "size": 7,
            "has_store": True,
            "attacks": [{"answers": {"17": "429/1/latin/after"}}],
            "first": [0.4308253082450947],
        },
    ),
    # Whoever wrote a long state without a buffer, to a loader that closed its pipe, had written a part and said 0.
    "a loader closes within a long state": (
        FILES_WITH_PROCESSES,
        {
            "seed": 7,
            "size": 5,
            "has_store": True,
            "attacks": [{"orders": {}, "loader": [10, "closes"], "input": "whole", "state_bytes": 100_000}],
        },
    ),
    # A payment that was sent by a clock a quarter of an hour ahead was still in doubt: the target goes by the clock by
    # which it is youngest, and the lives went by the others.
    "a payment is lost while the clock is ahead": (
        FILES_WITH_PROCESSES,
        {
            "seed": 2_611_360_000_983,
            "size": 5,
            "has_store": True,
            "attacks": [{"orders": {"18": "lost before"}, "clock": {"ahead": 0.25, "jumps": {}}, "input": "whole"}],
        },
    ),
    # Tracebacks.
    "a dimension comes as a row of nothing": (ANSWERED_FILES, unlucky(2_611_260_000_140, 4, {"3": "a row of nothing"})),
    "the file below the output may not grow": (LIVES_WITH_PROCESSES, befallen(file_bytes=62_076)),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once_is_found_no_more(name):
    kind, plan = FOUND[name]
    told = Kind(kind.name, kind.side, 1, lambda _: plan, kind.carry_out, kind.seconds, kind.is_cheap)
    assert tried(told, 0).findings == ()


def digest(plan):
    """Of the records of a plan's file."""
    _, _, file = drawn(plan["seed"], **file_of(plan))
    return hashlib.sha256(repr([(asked.stream, asked.record) for asked in file]).encode()).hexdigest()[:8]


RECORDS = {
    "a posting is done and the look behind it is refused": "6559fe7d",
    "an entry is posted and its batch is not removed": "f695d2af",
    "an order is created and the look behind it fails": "6067dd5a",
    "a create is not answered and the rest of it is refused": "64f57d40",
    "a batch of creates is done and refused as a whole": "556dfc5f",
    "a create is done twice by a run that is killed": "cf10f13c",
    "a part of an order is posted and refused for its token": "8d37b7c5",
    "a quote is turned into an order and the look behind it is refused": "ecdb4f84",
    "an order is created and refused for too many requests": "5ec3d72a",
    "a loader closes within a long state": "943e6489",
    "a payment is lost while the clock is ahead": "928d1a8e",
    "a dimension comes as a row of nothing": "73ee6360",
}
"""A plan with other records than those that showed a fault shows nothing: whoever draws otherwise gives worlds a way to
be as before."""


def test_plans_have_the_records_that_they_had_when_they_showed_a_fault():
    assert {name: digest(plan) for name, (_, plan) in FOUND.items() if "seed" in plan} == RECORDS
