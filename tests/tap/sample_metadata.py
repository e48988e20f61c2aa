"""A small `$metadata`: customers, invoices with lines and dimensions, journals, a report, companies."""

from __future__ import annotations

from dynamics_bc_client.odata.metadata import EntitySet, EntityType, Metadata, Navigation, Property

GUID, TEXT, STAMP, DECIMAL, DATE = "Edm.Guid", "Edm.String", "Edm.DateTimeOffset", "Edm.Decimal", "Edm.Date"


def _set(
    name: str,
    properties: dict[str, str],
    navigation: dict[str, tuple[str, bool]] | None = None,
    key: str = "id",
    **enums: tuple[str, ...],
) -> EntitySet:
    typed = {
        each: Property(each, kind, enum=enums.get(each), is_stream=kind == "Edm.Stream")
        for each, kind in properties.items()
    }
    navigations = {
        each: Navigation(each, f"{target}Type", many, target) for each, (target, many) in (navigation or {}).items()
    }
    return EntitySet(name, EntityType(f"{name}Type", (key,) if key else (), typed, navigations))


OF_COMPANIES = (
    _set(
        "customers",
        {
            "id": GUID,
            "number": TEXT,
            "blocked": "Microsoft.NAV.customerBlocked",
            "currencyId": GUID,
            "balanceDue": DECIMAL,
            "lastPaymentDate": DATE,
            "logo": "Edm.Stream",
            "lastModifiedDateTime": STAMP,
        },
        {"picture": ("pictures", False)},
        blocked=("_x0020_", "Ship", "All"),
    ),
    _set(
        "salesInvoices",
        {"id": GUID, "number": TEXT, "lastModifiedDateTime": STAMP},
        {
            "salesInvoiceLines": ("salesInvoiceLines", True),
            "dimensionSetLines": ("dimensionSetLines", True),
            "customer": ("customers", False),
            "pdfDocument": ("pdfDocument", False),
        },
    ),
    _set(
        "salesInvoiceLines",
        {"id": GUID, "documentId": GUID, "quantity": DECIMAL},
        {"dimensionSetLines": ("dimensionSetLines", True), "salesInvoice": ("salesInvoices", False)},
    ),
    _set(
        "dimensionSetLines",
        {"id": GUID, "code": TEXT, "parentId": GUID, "parentType": "Microsoft.NAV.parentType", "valueCode": TEXT},
        {"salesInvoiceLine": ("salesInvoiceLines", False)},
        parentType=("_x0020_", "Sales_x0020_Invoice"),
    ),
    _set(
        "journals", {"id": GUID, "code": TEXT, "lastModifiedDateTime": STAMP}, {"journalLines": ("journalLines", True)}
    ),
    _set(
        "journalLines",
        {"id": GUID, "journalId": GUID, "amount": DECIMAL, "lastModifiedDateTime": STAMP},
        {"dimensionSetLines": ("dimensionSetLines", True)},
    ),
    _set(
        "pictures",
        {"id": GUID, "parentType": "Microsoft.NAV.parentType", "width": "Edm.Int32", "pictureContent": "Edm.Stream"},
        parentType=("_x0020_", "Customer"),
    ),
    _set("pdfDocument", {"id": GUID, "parentType": "Microsoft.NAV.parentType"}, parentType=("_x0020_",)),
    _set(
        "employees",
        {"id": GUID, "lastModifiedDateTime": STAMP},
        {"timeRegistrationEntries": ("timeRegistrationEntries", True)},
    ),
    _set("timeRegistrationEntries", {"id": GUID, "quantity": DECIMAL, "lastModfiedDateTime": STAMP}),
    _set("customerSales", {"customerId": GUID, "totalSalesAmount": DECIMAL, "dateFilter_FilterOnly": DATE}, key=""),
)


def metadata(*of_companies: EntitySet, of_the_environment: tuple[EntitySet, ...] = ()) -> Metadata:
    """What an environment publishes with these sets: those of companies are what a company leads to."""
    leads_to = {each.name: (each.name, True) for each in of_companies}
    companies = _set("companies", {"id": GUID, "name": TEXT, "systemModifiedAt": STAMP}, leads_to)
    return Metadata({each.name: each for each in (companies, *of_companies, *of_the_environment)})


METADATA = metadata(*OF_COMPANIES)
