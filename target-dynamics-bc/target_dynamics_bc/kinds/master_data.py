"""Which master data and set-up can be written, and what is particular to each kind of it?

Most rows say nothing but that there is such a kind: the rest are facts of its entity set.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kinds.children import SET_LINES
from target_dynamics_bc.kinds.facts import packaged_facts
from target_dynamics_bc.kinds.generic import NUMBER, kind_of
from target_dynamics_bc.kinds.kind import EXTERNAL_ID, ID, ONLY, Child, MatchKey, Noun, Parents, Removal
from target_dynamics_bc.wanted.unified.customers import CUSTOMERS
from target_dynamics_bc.wanted.unified.vendors import VENDORS

if TYPE_CHECKING:
    from target_dynamics_bc.kinds.kind import Kind

_FACTS = packaged_facts()
_DEFAULTS = (Child("defaultDimensions", _FACTS["defaultDimensions"], "default_dimensions"),)
_PARENTS = Parents(
    "parentType",
    "parentId",
    "parentNumber",
    MappingProxyType({"Customer": "customers", "Vendor": "vendors", "Item": "items", "Employee": "employees"}),
)
_BLOCKED_ALTOGETHER = Removal(block=MappingProxyType({"blocked": "All"}))


def _kind(entity_set: str, noun: Noun | None = None, **more: Any) -> Kind:
    return kind_of(_FACTS[entity_set], noun=noun, **more)


MASTER_DATA: tuple[Kind, ...] = (
    _kind("customers", children=_DEFAULTS, has_picture=True, removal=_BLOCKED_ALTOGETHER, unified=CUSTOMERS),
    _kind("vendors", children=_DEFAULTS, has_picture=True, removal=_BLOCKED_ALTOGETHER, unified=VENDORS),
    _kind(
        "items",
        children=_DEFAULTS,
        order=("type", "itemCategoryId", "baseUnitOfMeasureId"),
        calculated=frozenset({"inventory"}),
        has_picture=True,
    ),
    _kind("itemVariants", keys=(ID, MatchKey("code", within="itemId")), order=("itemId",)),
    _kind("itemCategories", Noun("item category", "item categories")),
    _kind("unitsOfMeasure"),
    _kind("paymentTerms", keys=(ID, NUMBER, EXTERNAL_ID)),
    _kind("paymentMethods"),
    _kind("shipmentMethods"),
    _kind("taxGroups"),
    _kind("taxAreas"),
    _kind("currencies"),
    _kind("countriesRegions", Noun("country", "countries")),
    _kind("locations"),
    _kind("salespeoplePurchasers", Noun("salesperson or purchaser", "salespeople or purchasers")),
    _kind("customerReturnReasons"),
    _kind("disputeStatus", Noun("dispute status", "dispute statuses")),
    _kind("bankAccounts"),
    _kind("contacts", order=("type", "companyNumber"), has_picture=True),
    _kind("employees", children=_DEFAULTS, has_picture=True),
    _kind("projects"),
    _kind("opportunities", order=("contactNumber", "salespersonCode")),
    _kind("fixedAssetLocations"),
    _kind("fixedAssets"),
    _kind(
        "timeRegistrationEntries",
        Noun("time registration", "time registrations"),
        keys=(ID, MatchKey("employeeId", beside=("date", "jobId", "jobTaskNumber"))),
        children=(SET_LINES,),
        order=("employeeId", "date", "jobId"),
        read_within="employeeId",
    ),
    _kind(
        "defaultDimensions",
        keys=(ID, MatchKey("dimensionId", within="parentId")),
        needs=("parentId", "dimensionId"),
        order=("parentType", "parentId", "dimensionId"),
        read_within="parentId",
        parents=_PARENTS,
        is_piece=True,
    ),
    _kind("companyInformation", Noun("company", "companies"), keys=(ONLY,)),
    _kind(
        "journals",
        Noun("general journal batch", "general journal batches"),
        keys=(ID, MatchKey("code", within="templateDisplayName"), NUMBER),
        order=("templateDisplayName",),
    ),
    _kind("customerPaymentJournals"),
    _kind("vendorPaymentJournals"),
)
"""The rows of master data and set-up."""
