"""What does a unified customer ask for?"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.kind import Kind, UnifiedMapping
from target_dynamics_bc.wanted.unified.parties import party

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.reading import Reading
    from target_dynamics_bc.wanted.unified.parts import Parts


def _read(reading: Reading, kind: Kind, _prefixes: tuple[str, ...]) -> Parts:
    is_person = reading.truth("isPerson")
    return party(
        reading,
        kind,
        name="companyName",
        number=CUSTOMERS.number,
        taxLiable=reading.truth("taxable"),
        type=None if is_person is None else "Person" if is_person else "Company",
    )


CUSTOMERS = UnifiedMapping(
    ("Customers",),
    "customerNumber",
    (("id",), ("customerNumber",)),
    _read,
    calls=MappingProxyType({"displayName": "companyName"}),
    example=MappingProxyType(
        {
            "externalId": "EXAMPLE-1",
            "companyName": "Example",
            "email": "example@example.org",
            "addresses": [{"addressType": "shipping", "line1": "1 Example Street", "city": "London"}],
            "phoneNumbers": [{"type": "unknown", "phoneNumber": "020 7946 0000"}],
            "isActive": True,
        }
    ),
)
