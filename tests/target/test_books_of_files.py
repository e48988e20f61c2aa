"""Whatever befalls a file on its way, each record has one outcome and the general ledger holds what those say.

Files of random records of every kind, in both dialects, in several currencies, come through a service that throttles,
loses requests and replies, does what it refuses, fails with whole batches, and keeps other values than it was sent;
runs are killed and repeated, with a store and without; records change; somebody else posts, changes and deletes drafts
meanwhile. The files,
what befalls them and what is checked are in `tests/books`.
"""

from __future__ import annotations

import random
from functools import cache

import pytest
from books.life import one_life
from books.records import random_file
from books.world import World

from target_dynamics_bc.kinds.standard import standard_kinds

# Nothing is in these lives for no reason.
KINDS_OF_OTHER_TESTS: dict[str, str] = {}
ACTIONS_OF_OTHER_TESTS = {
    "postAndSend": "mails people, which no ledger shows",
    "send": "mails people, which no ledger shows",
    "cancelAndSend": "mails people, which no ledger shows",
    "cancel": "takes a posting back, so that the ledger is no sum of records any more",
    "makeCorrectiveCreditMemo": "is for a posted document, of which a second record would have to speak",
}


@cache
def asked_for():
    """By kind, the actions that records of many files ask for; quotes are posted by what they become."""
    found, kinds = {}, standard_kinds()
    for seed in range(60):
        file = random_file(random.Random(seed), 20, World())
        file += [asked.turned for asked in file if asked.turned is not None]
        for stream, record in [(asked.stream, asked.record) for asked in file] + [p for a in file for p in a.pieces]:
            kind = kinds.of_stream(stream)
            if kind is not None:
                posting = kind.posting.name if kind.posting is not None and record.get("isDraft") is False else ""
                found.setdefault(kind.name, set()).add(record.get("action") or posting)
    return found


def test_every_kind_of_the_table_is_in_these_lives_or_a_reason_says_why_not():
    missing = {kind.name for kind in standard_kinds()} - asked_for().keys()
    assert missing == KINDS_OF_OTHER_TESTS.keys()


@pytest.mark.parametrize("kind", [kind for kind in standard_kinds() if kind.actions], ids=lambda kind: kind.name)
def test_every_action_is_in_these_lives_or_a_reason_says_why_not(kind):
    actions = {action.name for action in kind.actions}
    assert actions - asked_for()[kind.name] == actions & ACTIONS_OF_OTHER_TESTS.keys()


def test_lines_of_every_type_and_files_of_entries_are_in_these_lives():
    wanted = {type_.name for kind in standard_kinds() if not kind.journal and kind.lines for type_ in kind.lines.types}
    types, with_files = set(), set()
    for seed in range(60):
        for asked in random_file(random.Random(seed), 20, World()):
            with_files |= {asked.stream} if asked.files else set()
            for lines in (value for value in asked.record.values() if isinstance(value, list)):
                types |= {line["lineType"].replace(" ", "_x0020_") for line in lines if line.get("lineType")}
    assert wanted - types == set()
    assert {"JournalEntries", "journalLines", "Bills", "purchaseInvoices"} <= with_files


@pytest.mark.parametrize("seed", range(6))
def test_the_general_ledger_is_the_sum_of_the_records_that_say_posted(seed, tmp_path):
    counts = one_life(seed, tmp_path)
    assert counts["requests"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_the_general_ledger_is_the_sum_of_the_records_that_say_posted_in_many_files(seed, tmp_path):
    one_life(seed, tmp_path, size=20)
