"""What went wrong for whoever relies on a promise?

The columns are those of the table in docs/guarantees.md. A check that knows which of them is hurt raises
`BrokenPromiseError`: to a test that is an assertion that failed, to the campaign a figure.
"""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS = {
    "lost": "what was committed, or handed in, is not there",
    "doubled": "something is there more than once, or never was at the source",
    "half": "something is there in part",
    "uncertain": "nobody can say, and the run after it could not either",
    "orphans": "a batch, a draft or a lock of ours was left behind",
    "outcomes": "a record has no outcome, or two",
    "untrue": "what was said is not so: an outcome, a certificate, a figure that was booked, a host that was called",
    "tracebacks": "an error that nobody foresaw",
    "hangs": "it did not end in its time",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        column: Which of `COLUMNS`.
        text: What it is, for whoever mends it.
    """

    column: str
    text: str


class BrokenPromiseError(AssertionError):
    """A promise was broken.

    Args:
        column: Which of `COLUMNS`.
        text: How.
    """

    def __init__(self, column: str, text: str) -> None:
        super().__init__(f"{column}: {text}")
        self.finding = Finding(column, text)


def expect(right: object, column: str, text: object) -> None:
    """Raise `BrokenPromiseError` unless something is right."""
    if not right:
        raise BrokenPromiseError(column, str(text))
