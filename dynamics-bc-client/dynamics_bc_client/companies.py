"""Which company does a text mean?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        """A company as the service lists it."""
        return cls(
            id=str(record.get("id", "")),
            name=str(record.get("name", "")),
            display_name=str(record.get("displayName") or ""),
            record=dict(record),
        )


def match_company(companies: Sequence[Company], text: str) -> Company:
    """The company whose id, name or display name is exactly this text, in any case.

    An id goes before a name, and a name before a display name.

    Raises:
        ConfigurationError: None or several; the message names the known ones.
    """
    wanted = text.strip().casefold()
    for attribute in ("id", "name", "display_name"):
        hits = [company for company in companies if getattr(company, attribute).casefold() == wanted]
        if len(hits) == 1:
            return hits[0]
        if hits:
            listed = " and ".join(f"{company.name} ({company.id})" for company in hits)
            raise ConfigurationError(
                f'"{text}" is the name of {len(hits)} companies: {listed}. Give the id of the one you mean.'
            )
    raise ConfigurationError(f'There is no company "{text}" in this environment. {_known(companies)}')


def _known(companies: Sequence[Company]) -> str:
    if not companies:
        return "It has none that this sign-in may read."
    names = ", ".join(f'"{company.name}"' for company in companies[:KNOWN_NAMES_SHOWN])
    more = len(companies) - KNOWN_NAMES_SHOWN
    return f"It has {names}{f' and {more} more' if more > 0 else ''}."
