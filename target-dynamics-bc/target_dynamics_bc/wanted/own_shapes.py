"""Which properties of Business Central's own may be written, and which of them refer to something?

Taken from the columns of API v2.0 that are not read-only. What the service calculates from others (net amounts, tax
amounts) has no place here: a value sent for it is not carried to the document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Form = Literal["text", "code", "day", "amount", "truth", "option"]


@dataclass(frozen=True, slots=True)
class Named:
    """How a record names something that Business Central must have.

    Attributes:
        kind: What it is, a key of `references.KINDS`.
        id: The property that holds its id; empty for none.
        number: The property that holds its number or code; empty for none.
        name: The property that holds its name; empty for none.
        within: The reference of the same object that narrows the search.
    """

    kind: str
    id: str = ""
    number: str = ""
    name: str = ""
    within: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All properties that name it."""
        return tuple(each for each in (self.id, self.number, self.name) if each)


@dataclass(frozen=True, slots=True)
class Shape:
    """The properties of one kind of object that may be written.

    Attributes:
        forms: How each plain property is read.
        references: For a property that is written, what it refers to.
        required: References that are never written as blank.
    """

    forms: Mapping[str, Form]
    references: Mapping[str, Named] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All properties that are read."""
        return frozenset(self.forms) | {name for named in self.references.values() for name in named.names}


_ADDRESS: Mapping[str, Form] = {
    "addressLine1": "text",
    "addressLine2": "text",
    "city": "text",
    "state": "text",
    "postalCode": "code",
}
_PARTY: Mapping[str, Form] = {
    "displayName": "text",
    **_ADDRESS,
    "phoneNumber": "text",
    "email": "text",
    "website": "text",
    "taxLiable": "truth",
    "taxRegistrationNumber": "text",
    "blocked": "option",
}
_CURRENCY = Named("currencies", "currencyId", "currencyCode")
_PARTY_REFERENCES: Mapping[str, Named] = {
    "country": Named("countriesRegions", number="country"),
    "currencyCode": _CURRENCY,
    "paymentTermsId": Named("paymentTerms", "paymentTermsId", "paymentTermsCode"),
    "paymentMethodId": Named("paymentMethods", "paymentMethodId", "paymentMethodCode"),
}


def _document_address(prefix: str) -> dict[str, Form]:
    ends = ("AddressLine1", "AddressLine2", "City", "State")
    return {**{f"{prefix}{end}": "text" for end in ends}, f"{prefix}PostCode": "code"}


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "customers": Shape(
            {**_PARTY, "type": "option", "creditLimit": "amount"},
            {
                **_PARTY_REFERENCES,
                "shipmentMethodId": Named("shipmentMethods", "shipmentMethodId", "shipmentMethodCode"),
                "taxAreaId": Named("taxAreas", "taxAreaId", "taxAreaCode", "taxAreaDisplayName"),
                "salespersonCode": Named("salespeoplePurchasers", number="salespersonCode"),
            },
        ),
        "vendors": Shape({**_PARTY, "irs1099Code": "code"}, _PARTY_REFERENCES),
        "purchaseInvoices": Shape(
            {
                "vendorInvoiceNumber": "code",
                "invoiceDate": "day",
                "postingDate": "day",
                "dueDate": "day",
                "pricesIncludeTax": "truth",
                "discountAmount": "amount",
                "shortcutDimension1Code": "code",
                "shortcutDimension2Code": "code",
                **_document_address("buyFrom"),
                "shipToName": "text",
                "shipToContact": "text",
                **_document_address("shipTo"),
            },
            {
                "vendorId": Named("vendors", "vendorId", "vendorNumber"),
                "payToVendorId": Named("vendors", "payToVendorId", "payToVendorNumber"),
                "currencyCode": _CURRENCY,
                "purchaser": Named("salespeoplePurchasers", number="purchaser"),
                "buyFromCountry": Named("countriesRegions", number="buyFromCountry"),
                "shipToCountry": Named("countriesRegions", number="shipToCountry"),
            },
            required=frozenset({"vendorId", "payToVendorId"}),
        ),
        "vendorPayments": Shape(
            {
                "postingDate": "day",
                "documentNumber": "code",
                "externalDocumentNumber": "code",
                "amount": "amount",
                "description": "text",
                "comment": "text",
            },
            {
                "vendorId": Named("vendors", "vendorId", "vendorNumber"),
                "appliesToInvoiceId": Named(
                    "purchaseInvoices", "appliesToInvoiceId", "appliesToInvoiceNumber", within="vendorId"
                ),
                "journalId": Named("vendorPaymentJournals", "journalId", "journalDisplayName"),
            },
            required=frozenset({"vendorId", "journalId"}),
        ),
        "generalJournalLines": Shape(
            {"postingDate": "day", "documentNumber": "code"},
            {"journalId": Named("journals", "journalId", "journalDisplayName")},
            required=frozenset({"journalId"}),
        ),
    }
)

_DOCUMENT_LINE = Shape(
    {
        "description": "text",
        "description2": "text",
        "taxCode": "code",
        "quantity": "amount",
        "unitCost": "amount",
        "discountAmount": "amount",
        "expectedReceiptDate": "day",
    },
    {"locationId": Named("locations", "locationId", "locationCode")},
)
LINES: Mapping[str, Shape] = MappingProxyType(
    {
        "Item": Shape(
            _DOCUMENT_LINE.forms,
            {
                "itemId": Named("items", "itemId", "lineObjectNumber"),
                "itemVariantId": Named("itemVariants", "itemVariantId", "itemVariantCode", within="itemId"),
                "unitOfMeasureId": Named("unitsOfMeasure", "unitOfMeasureId", "unitOfMeasureCode"),
                **_DOCUMENT_LINE.references,
            },
            required=frozenset({"itemId"}),
        ),
        "Account": Shape(
            _DOCUMENT_LINE.forms,
            {"accountId": Named("accounts", "accountId", "lineObjectNumber"), **_DOCUMENT_LINE.references},
            required=frozenset({"accountId"}),
        ),
        "Comment": Shape({"description": "text", "description2": "text"}),
    }
)
"""Lines of a bill, by what they are for."""

ENTRY_LINE: Mapping[str, Form] = MappingProxyType(
    {
        "externalDocumentNumber": "code",
        "amount": "amount",
        "description": "text",
        "comment": "text",
        "taxCode": "code",
    }
)
ENTRY_SIDES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "accountType": ("accountId", "accountId", "accountNumber"),
        "balanceAccountType": ("balancingAccountId", "balancingAccountId", "balancingAccountNumber"),
    }
)
"""The two sides of an entry's line: the property that says what is booked to, and those that name it."""

ACCOUNT_TYPES: Mapping[str, str] = MappingProxyType(
    {"": "accounts", "G/L Account": "accounts", "Bank Account": "bankAccounts"}
)
"""What an entry's line books to, by its type: the kind of reference."""
