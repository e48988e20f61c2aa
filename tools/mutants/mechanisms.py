"""Which mechanisms keep the promises of docs/guarantees.md, and which promise does each keep?

This list is what the table of mutants has to be complete against: whoever adds a mechanism adds it here, and a mutant.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_PROMISE: Mapping[int, tuple[str, ...]] = {
    # The tap loses nothing and invents nothing.
    1: (
        "a bookmark moves after a whole read",
        "a broken run writes its STATE",
        "a company is asked before it is given up",
        "a company that is missing is a failure",
        "a failed stream keeps its version",
        "a lost index is noticed",
        "a read that broke off deletes nothing",
        "a refused set costs itself alone",
        "a set that is missing is a failure",
        "a state of another environment is refused",
        "bookmarks never go back",
        "bookmarks of other filters",
        "bookmarks of the future are distrusted",
        "ceilings of deletions",
        "commit delay",
        "company of next links",
        "copies that lag",
        "decimals keep their digits",
        "errors inside a page",
        "expanded lists of rows",
        "generations of the index",
        "gone is what the service calls gone",
        "keys are on the disk before their records go out",
        "keys of rows",
        "kinds that are hidden are not gone",
        "look-back",
        "no set twice in a request",
        "reads begin at the bookmark",
        "records go out before their STATE",
        "rows that are committed",
        "the certificate is true",
        "the index is of this environment",
        "the index is on the disk before a STATE",
        "the service's clock is checked",
        "with a row goes what came with it",
    ),
    # The target books what was said, once, and says what it did.
    2: (
        "a STATE passes decided records alone",
        "a batch that failed is halved",
        "a corrected mapping is followed",
        "a fault names its cause",
        "a half changed draft says so",
        "a name that two rows have is none",
        "a refused record leaves nothing",
        "a transaction is all or nothing",
        "amounts in the currency that is booked",
        "another record's is not taken over",
        "attachments are told by their content",
        "attempts are counted",
        "comparison before posting",
        "creates are not repeated",
        "dry run",
        "etags of what was looked at",
        "half an answer is none",
        "intention before request",
        "late creates are waited for",
        "looks go to the database itself",
        "memory is on the disk",
        "newer versions win",
        "no number that is none",
        "one look after doubt",
        "one outcome for each record",
        "outcomes are on the disk before a STATE",
        "own journal batches",
        "posted is what is to be posted",
        "previews leave nothing",
        "records go to the configured company",
        "replies by their ids",
        "requests of one parent follow each other",
        "rounding as the service rounds",
        "settings that nobody reads",
        "several bills are what is paid",
        "strangers' lines are not posted",
        "the store is of this environment",
        "twin drafts",
        "values that are not kept",
        "what is posted is not written again",
        "what nobody understands stays",
        "what was killed in flight is in doubt",
    ),
    # The same command again ends in the same place.
    3: (
        "a STATE goes out at once",
        "a refused token is renewed once",
        "a replay overwrites nothing",
        "a rotated refresh token is kept",
        "a signal ends a run in order",
        "all of a change or nothing",
        "files are on the disk before they count",
        "files are replaced whole",
        "files are whole",
        "lines are whole",
        "no line is cut",
        "one run on a store",
        "one run on an index",
        "one run renews shared tokens",
    ),
    # Secrets stay where they are.
    4: (
        "encryption but on this machine",
        "its owner's alone",
        "no password of .netrc",
        "no setting is quoted",
        "no token in the log",
        "redaction",
        "this machine without a proxy",
    ),
    # Nobody is let in.
    5: (
        "files stay in their folder",
        "host of next links",
        "host of requests",
        "links in a circle",
        "memory is bounded",
        "no entities in XML",
        "no cookies",
        "no line breaks in headers",
        "no sequence steers a terminal",
        "pages without rows",
        "patience has an end",
        "redirects",
        "requests at once",
        "size of answers",
        "size of downloads",
        "size of metadata",
        "the same rows again",
        "time of a whole response",
        "user names in URLs",
    ),
}

MECHANISMS: Mapping[str, int] = MappingProxyType(
    {name: promise for promise, names in _OF_PROMISE.items() for name in names}
)
"""The number of the promise that a mechanism keeps, by its name."""
