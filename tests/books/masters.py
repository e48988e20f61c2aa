"""Which rows may a record be that add nothing to the books: master data, registered time, a company's only row?"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from books.asked import Asked, Party, Place, number_of
from books.world import CLASSES, EMPLOYEES, World, own_dimensions

if TYPE_CHECKING:
    import random

# By kind: what its key and its text are called, and what else a new one needs.
MASTERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "customers": ("number", "displayName", {}),
    "vendors": ("number", "displayName", {}),
    "items": ("number", "displayName", {"baseUnitOfMeasureCode": "PCS", "unitPrice": 100}),
    "itemVariants": ("code", "description", {"itemNumber": "1896-S"}),
    "itemCategories": ("code", "displayName", {}),
    "unitsOfMeasure": ("code", "displayName", {}),
    "paymentTerms": ("code", "displayName", {"dueDateCalculation": "30D"}),
    "paymentMethods": ("code", "displayName", {}),
    "shipmentMethods": ("code", "displayName", {}),
    "taxGroups": ("code", "displayName", {}),
    "taxAreas": ("code", "displayName", {}),
    "currencies": ("code", "displayName", {}),
    "countriesRegions": ("code", "displayName", {}),
    "locations": ("code", "displayName", {}),
    "salespeoplePurchasers": ("code", "displayName", {}),
    "customerReturnReasons": ("code", "description", {}),
    "disputeStatus": ("code", "displayName", {}),
    "bankAccounts": ("number", "displayName", {}),
    "contacts": ("number", "displayName", {}),
    "employees": ("number", "givenName", {}),
    "projects": ("number", "displayName", {}),
    "opportunities": ("number", "description", {}),
    "fixedAssetLocations": ("code", "displayName", {}),
    "fixedAssets": ("number", "displayName", {}),
    "journals": ("code", "displayName", {}),
    "customerPaymentJournals": ("code", "displayName", {}),
    "vendorPaymentJournals": ("code", "displayName", {}),
}


def master(chance: random.Random, name: str, _world: World) -> Asked:
    """A record of master data in Business Central's own names."""
    stream = chance.choice(sorted(MASTERS))
    key, text, more = MASTERS[stream]
    number, said = number_of(name), f"Text {chance.randrange(1000)}"
    record = {"externalId": name, key: number, text: said, **more}
    return Asked(name, stream, record, Place(stream, {key: number}), values={text: said}, text=text, can_go=True)


def of_another_api(chance: random.Random, name: str, _world: World) -> Asked:
    """A customer as a custom API shows it, with fields of an extension."""
    said = f"Text {chance.randrange(1000)}"
    record = {"externalId": name, "number": number_of(name), "displayName": said, "loyaltyLevel": "Gold Card"}
    place = Place("customers", {"number": number_of(name)})
    return Asked(
        name, "contoso_demo_loyalCustomers", record, place, values={"displayName": said}, text="displayName",
        can_go=True,
    )  # fmt: skip


def time(chance: random.Random, name: str, _world: World) -> Asked:
    """The hours of somebody on a day of the record's own."""
    place = int(name[1:])
    key = {"employeeNumber": EMPLOYEES[place % len(EMPLOYEES)], "date": f"2026-02-{place % 28 + 1:02d}"}
    hours, (own, fields) = Decimal(chance.randrange(1, 64)) / 8, own_dimensions(chance, None)
    record = {"externalId": name, **key, "quantity": hours, **fields}
    asked = Asked(name, "timeRegistrationEntries", record, Place("timeRegistrationEntries", key), can_go=True)
    asked.values, asked.codes = {"quantity": hours}, {"CLASS": own[0], "DEPARTMENT": own[1]}
    return asked


def only_row(chance: random.Random, name: str, world: World) -> Asked:
    """A change of what is there already and cannot be created: the company itself, or somebody's contact."""
    if not world.only:
        return master(chance, name, world)
    stream = world.only.pop(chance.randrange(len(world.only)))
    text, key = ("city", {}) if stream == "companyInformation" else ("email", {"id": world.contact})
    said = f"City {chance.randrange(1000)}" if text == "city" else f"c{chance.randrange(1000)}@contoso.com"
    record = {"externalId": name, text: said, **key}
    return Asked(name, stream, record, Place(stream, key), values={text: said}, text=text)


def unified_master(chance: random.Random, name: str, _world: World) -> Asked:
    stream, entity_set, field_ = chance.choice(
        (("Vendors", "vendors", "vendorName"), ("Customers", "customers", "companyName"))
    )
    said = f"Unified {name}"
    city = f"City {chance.randrange(1000)}"
    record = {"externalId": name, field_: said, "addresses": [{"addressType": "shipping", "city": city}]}
    return Asked(name, stream, record, Place(entity_set, {"displayName": said}), values={"city": city})


def newcomer(chance: random.Random, name: str, world: World) -> Asked:
    """A vendor that bills of the file name; in Business Central's own names it hands a class down."""
    if chance.random() < 0.5:
        world.newcomers.append(Party({"vendorExternalId": name}))
        said = f"Newcomer {name}"
        record = {"externalId": name, "vendorName": said}
        return Asked(name, "Vendors", record, Place("vendors", {"displayName": said}))
    number, id_ = number_of(name), f"0000{chance.randrange(1, 10_000):04d}-aaaa-4bbb-8ccc-0123456789ab"
    code = chance.choice(sorted(CLASSES))
    world.newcomers.append(Party({"vendorNumber": number}, (code, "")))
    record = {"externalId": name, "id": id_, "number": number, "displayName": f"Newcomer {name}"}
    asked = Asked(name, "vendors", record, Place("vendors", {"number": number}))
    default = {"parentType": "Vendor", "parentId": id_, "dimensionCode": "CLASS", "dimensionValueCode": code}
    asked.pieces.append(("defaultDimensions", default))
    return asked
