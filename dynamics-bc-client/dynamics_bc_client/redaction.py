"""What may be seen of a text that leaves the process?

A service says in its error bodies what it was sent, and with it tokens and secrets, as they are or in encodings that
texts pass through on their way; it, and whoever sends records, may put escape sequences for a terminal into any text.
So everything that leaves as text and is no data passes `clean`: log records, messages, outcomes, reports, tracebacks.

What is secret is known from the moment it is a `settings.Secret`. A fragment of ten characters gives a secret away, so
that one that was cut, at either end, is found too. Not found is what somebody hides on purpose: whoever is sent a
secret can write it backwards.
"""

from __future__ import annotations

import base64
import html
import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "***"
FRAGMENT = 10
"""Characters of a secret that are too many; a shorter secret is found as a whole."""
SHORTEST = 6
"""Characters of the shortest secret: below, too much of any text would look like it. Microsoft's have 40."""
KEPT = 24
"""Secrets that are known at a time. Those of one run are five; in a process that lives on, old tokens have ended."""
DECODED = 3
"""How often a text is decoded: JSON stands in texts of JSON, URLs in URLs."""

_GRAM = 5
_STEP = FRAGMENT - _GRAM + 1
"""A window of five characters at every sixth place lies wholly in any fragment of ten."""

# Sequences that steer a terminal: those with parameters, those with a text (titles, links, clipboard), and short ones.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# What else changes how a text looks: control characters but for tab and line feed, and those that turn its direction.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Halves of characters, which no file takes.
_HALVES = re.compile("[\ud800-\udfff]")
# Tokens of somebody else; they all begin with the JSON of their header, `{"`, in base64.
_TOKENS = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*")
_ESCAPES = re.compile(r"%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\.|&#?[0-9a-z]{1,8};", re.IGNORECASE)
_ESCAPE_SIGNS = re.compile(r"[%\\&]")


class Redaction:
    """The secrets of a process, and how a text looks without them; may be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: dict[str, frozenset[str]] = {}
        self._long: tuple[str, ...] = ()
        self._short: tuple[str, ...] = ()
        self._grams: frozenset[str] = frozenset()

    def add(self, secret: str) -> None:
        """Hide a text from now on."""
        if len(secret) < SHORTEST:
            return
        with self._lock:
            forms = self._forms.pop(secret, None)
            self._forms[secret] = forms or frozenset(_forms(secret))
            if forms is not None:
                return
            while len(self._forms) > KEPT:
                del self._forms[next(iter(self._forms))]
            known = {form for each in self._forms.values() for form in each}
            self._long = tuple(form for form in known if len(form) >= FRAGMENT)
            self._short = tuple(form for form in known if len(form) < FRAGMENT)
            self._grams = frozenset(form[at : at + _GRAM] for form in self._long for at in range(len(form) - _GRAM + 1))

    def forget(self) -> None:
        """Know no secrets any more."""
        with self._lock:
            self._forms.clear()
            self._long = self._short = ()
            self._grams = frozenset()

    def clean(self, text: str) -> str:
        """A text without secrets, without what would steer a terminal, and without what no file takes."""
        if not text.isprintable():
            # First of all: what is taken out of the middle of a secret would make it whole.
            text = _HALVES.sub("\ufffd", _CONTROLS.sub("", _SEQUENCES.sub("", text)))
        if "eyJ" in text:
            text = _TOKENS.sub(MASK, text)
        spans = list(self._spans(_folded(text)))
        if _ESCAPE_SIGNS.search(text):
            spans += self._spans_below_escapes(text)
        return _without(text, spans) if spans else text

    def _spans_below_escapes(self, text: str) -> Iterator[tuple[int, int]]:
        """Where in a text something begins and ends that is secret when URLs, JSON, HTML are decoded."""
        decoded, places = text, list(range(len(text) + 1))
        for _ in range(DECODED):
            further, starts = _decoded(decoded)
            if further == decoded:
                return
            decoded, places = further, [places[start] for start in starts]
            for start, end in self._spans(_folded(decoded)):
                yield places[start], places[end]

    def _spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where in a folded text something secret begins and ends, one behind the other."""
        for form in self._short:
            start = folded.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = folded.find(form, start + len(form))
        if self._grams.isdisjoint([folded[at : at + _GRAM] for at in range(0, len(folded) - _GRAM + 1, _STEP)]):
            return
        at = 0
        while at <= len(folded) - FRAGMENT:
            end = self._end_of_fragment(folded, at)
            if end:
                yield at, end
            at = end or at + 1

    def _end_of_fragment(self, folded: str, start: int) -> int:
        """Where the longest fragment of a secret ends that begins at a place; 0 when none does."""
        if folded[start : start + _GRAM] not in self._grams:
            return 0
        longest = 0
        for form in self._long:
            end = start + FRAGMENT
            while end <= len(folded) and folded[start:end] in form:
                longest = max(longest, end)
                end += 1
        return longest


def _forms(secret: str) -> Iterator[str]:
    """A secret in the spellings that decoding escapes does not give back, folded."""
    yield _folded(secret)
    # What is no letter of English is encoded by its bytes, which are no characters one by one.
    yield _folded(quote(secret))
    yield _folded(quote_plus(secret))
    content = secret.encode("utf-8", "surrogatepass")
    for shift in range(3):
        # Three bytes are four characters, so what stands before it (a user's name) moves it by none, one or two; the
        # characters that it shares with its neighbours are none of its own.
        encoded = base64.b64encode(bytes(shift) + content).rstrip(b"=").decode()
        own = encoded[(shift * 8 + 5) // 6 : (shift + len(content)) * 8 // 6]
        if len(own) >= SHORTEST:
            yield _folded(own)
            yield _folded(own.replace("+", "-").replace("/", "_"))


def _folded(text: str) -> str:
    """A text in lower case, as long as before: the one letter that becomes two is no matter."""
    return text.replace("\u0130", "i").lower()


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """A text with a mask in place of each span; those that touch or overlap are one."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if start > at or not parts:
            parts += [text[at:start], MASK]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def _decoded(text: str) -> tuple[str, list[int]]:
    """A text with its escapes decoded, and where each of its characters, and its end, begins in the text."""
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    for escape in _ESCAPES.finditer(text):
        start = escape.start()
        parts.append(text[at:start])
        starts.extend(range(at, start))
        character = _character(escape[0])
        parts.append(character)
        starts.extend([start] * len(character))
        at = escape.end()
    parts.append(text[at:])
    starts.extend(range(at, len(text) + 1))
    return "".join(parts), starts


def _character(escape: str) -> str:
    """What an escape stands for."""
    if escape[0] == "%":
        return chr(int(escape[1:], 16))
    if escape[0] == "&":
        return html.unescape(escape)
    digits = escape[2:]
    if digits:  # behind \\u or \\x
        return chr(int(digits, 16))
    return escape[1:]


OUTGOING = Redaction()
"""The one of this process: it has one standard error, and what one of its clients knows may be said by another."""


def clean(text: str) -> str:
    """A text as it may leave this process."""
    return OUTGOING.clean(text)
