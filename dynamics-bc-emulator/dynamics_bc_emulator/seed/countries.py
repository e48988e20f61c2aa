"""The countries that the emulator has demo data of: which folder, and what its companies are called.

Great Britain has VAT, the United States have sales tax by area and group. What a country has no file of its own for is
as in Great Britain.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """Where a country's facts are.

    Attributes:
        code: As the list of environments spells it.
        folder: Of its files, below `data`.
        demo_company: The name of the first company.
        second_company: The name of the second.
        branch: The names of the others, by their place.
    """

    code: str
    folder: str
    demo_company: str
    second_company: str
    branch: str

    def company_name(self, place: int) -> str:
        """What the company at a place of the list is called, after the demo company."""
        return self.second_company if place == 1 else self.branch.format(place=place)


GREAT_BRITAIN = Country(
    "GB", "cronus", "CRONUS International Ltd.", "Contoso Services Ltd.", "Contoso Branch {place:03d}"
)
UNITED_STATES = Country("US", "us", "CRONUS USA, Inc.", "Contoso Services, Inc.", "Contoso Branch {place:03d}, Inc.")
COUNTRIES = {country.code: country for country in (GREAT_BRITAIN, UNITED_STATES)}
