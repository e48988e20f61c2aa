"""Which company does a text mean?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError, UnexpectedAnswer
from dynamics_bc_client.limits import NAME_CHARACTERS
from dynamics_bc_client.redaction import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KNOWN_NAMES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the environment.

    Attributes:
        id: GUID; it never changes, so state is kept by it.
        name: The name it is known by; it can be changed.
        display_name: The name people see; may be blank, and two companies may share it.
        record: As the service lists it, numbers exact.
    """

    id: str
    name: str
    display_name: str
    record: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Company:
        """A company as the service lists it.

        Raises:
            UnexpectedAnswer: It has no id, so nothing of it could be asked for.
        """
        company_id = record.get("id")
        if not isinstance(company_id, str) or not company_id.strip():
            named = clean(str(record.get("name") or "no name"))[:NAME_CHARACTERS]
            raise UnexpectedAnswer(f"The service lists a company without an id ({named}).", scope="run")
        return cls(
            id=company_id,
            name=str(record.get("name") or ""),
            display_name=str(record.get("displayName") or ""),
            record=dict(record),
        )


def match_company(companies: Sequence[Company], text: str) -> Company:
    """The company whose id, name or display name is exactly this text, in any case.

    An id goes before a name, and a name before a display name.

    Raises:
        ConfigurationError: None or several; the message names the known ones.
    """
    hits = _hits(companies, text)
    if len(hits) == 1:
        return hits[0]
    fault = _fault(text, hits)
    raise ConfigurationError(fault if hits else f"{fault} {_known(companies)}")


def match_companies(known: Sequence[Company], texts: Sequence[str]) -> list[Company]:
    """The companies that texts name, each once and in the order of `known`.

    Args:
        known: The companies of the environment.
        texts: Ids, names or display names. A text may name several between commas; names may hold commas themselves
            (`CRONUS USA, Inc.`), so the longest piece that is one counts. Blank pieces name nothing.

    Raises:
        ConfigurationError: With one sentence for each piece that names none or several; the message names the known
            ones.
    """
    named = [(piece, _hits(known, piece)) for text in texts for piece in _pieces(known, text)]
    faults = tuple(dict.fromkeys(_fault(piece, hits) for piece, hits in named if len(hits) != 1))
    if faults:
        hint = () if all(hits for _, hits in named) else (_known(known),)
        raise ConfigurationError(" ".join((*faults, *hint)), problems=faults)
    wanted = {company.id for _, hits in named for company in hits}
    return [company for company in known if company.id in wanted]


def _pieces(known: Sequence[Company], text: str) -> Iterator[str]:
    """What a text names: from each comma on the longest piece that some company has for a name, else up to the next."""
    parts = text.split(",") if text.strip(", ") else [text]
    start = 0
    while start < len(parts):
        ends = range(len(parts), start, -1)
        end = next((end for end in ends if _hits(known, ",".join(parts[start:end]))), start + 1)
        piece = ",".join(parts[start:end]).strip()
        if piece:
            yield piece
        start = end


def _hits(companies: Sequence[Company], text: str) -> list[Company]:
    """The companies that have this text for an id, else for a name, else for a display name."""
    wanted = text.strip().casefold()
    by_id = [company for company in companies if wanted and _bare(company.id) == _bare(wanted)]
    if by_id:
        return by_id
    for attribute in ("name", "display_name"):
        hits = [company for company in companies if wanted and getattr(company, attribute).casefold() == wanted]
        if hits:
            return hits
    return []


def _bare(id_: str) -> str:
    """An id as it is compared: Business Central shows it in braces, and others write it without dashes."""
    return re.sub(r"^\{(.*)\}$", r"\1", id_.casefold()).replace("-", "")


def _fault(text: str, hits: Sequence[Company]) -> str:
    if not hits:
        return f'There is no company "{text}" in this environment.'
    listed = " and ".join(f"{company.name} ({company.id})" for company in hits)
    return f'"{text}" is the name of {len(hits)} companies: {listed}. Give the id of the one you mean.'


def _known(companies: Sequence[Company]) -> str:
    if not companies:
        return "It has none that this sign-in may read."
    names = ", ".join(f'"{company.name}"' for company in companies[:KNOWN_NAMES_SHOWN])
    more = len(companies) - KNOWN_NAMES_SHOWN
    return f"It has {names}{f' and {more} more' if more > 0 else ''}."
