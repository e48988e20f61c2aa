"""What does a unified vendor ask for?"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.kind import Kind, UnifiedMapping
from target_dynamics_bc.wanted.unified.parties import party

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.reading import Reading
    from target_dynamics_bc.wanted.unified.parts import Parts


def _read(reading: Reading, kind: Kind, _prefixes: tuple[str, ...]) -> Parts:
    return party(reading, kind, name="vendorName", number=VENDORS.number)


VENDORS = UnifiedMapping(
    ("Vendors",),
    "vendorNumber",
    (("id",), ("vendorNumber",)),
    _read,
    calls=MappingProxyType({"displayName": "vendorName"}),
    example=MappingProxyType(
        {
            "externalId": "EXAMPLE-1",
            "vendorName": "Example",
            "email": "example@example.org",
            "addresses": [{"addressType": "shipping", "line1": "1 Example Street", "city": "London"}],
            "phoneNumbers": [{"type": "unknown", "phoneNumber": "020 7946 0000"}],
            "isActive": True,
        }
    ),
)
