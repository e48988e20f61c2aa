"""What python-odata does to one company.

It has no batches, and its reader of $metadata stops at the member `_x0020_` that the service's enums have: the classes
are written here. Usage: with_python_odata.py ROOT COMPANY_ID TOKEN
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import ClassVar

import requests
from odata import ODataService
from odata.property import DecimalProperty, StringProperty, UUIDProperty

root, company, token = sys.argv[1:]
session = requests.Session()
session.trust_env = False
session.headers.update({"Authorization": f"Bearer {token}", "If-Match": "*"})
service = ODataService(f"{root}/companies({company})/", session=session, reflect_entities=False, quiet_progress=True)


class Post(service.Action):
    name = "Microsoft.NAV.post"
    parameters: ClassVar[dict[str, type]] = {}
    returns_type = None


class Customer(service.Entity):
    __odata_type__ = "Microsoft.NAV.customer"
    __odata_collection__ = "customers"
    id = UUIDProperty("id", primary_key=True)
    number = StringProperty("number")
    balance = DecimalProperty("balanceDue")


class Vendor(service.Entity):
    __odata_type__ = "Microsoft.NAV.vendor"
    __odata_collection__ = "vendors"
    id = UUIDProperty("id", primary_key=True)
    name = StringProperty("displayName")
    city = StringProperty("city")


class Invoice(service.Entity):
    __odata_type__ = "Microsoft.NAV.purchaseInvoice"
    __odata_collection__ = "purchaseInvoices"
    id = UUIDProperty("id", primary_key=True)
    vendor_id = UUIDProperty("vendorId")
    vendor_invoice_number = StringProperty("vendorInvoiceNumber")
    post = Post()


class Line(service.Entity):
    __odata_type__ = "Microsoft.NAV.purchaseInvoiceLine"
    __odata_collection__ = "purchaseInvoiceLines"
    id = UUIDProperty("id", primary_key=True)
    document_id = UUIDProperty("documentId")
    kind = StringProperty("lineType")
    number = StringProperty("lineObjectNumber")
    quantity = DecimalProperty("quantity")
    unit_cost = DecimalProperty("unitCost")


customers = service.query(Customer).filter(Customer.balance >= Decimal(0)).order_by(Customer.number.asc())
numbers = [customer.number for customer in customers]
second = service.query(Customer).order_by(Customer.number.asc()).offset(1).limit(1).all()

vendor = Vendor()
vendor.name, vendor.city = "Python OData", "Bristol"
service.save(vendor)
vendor.name = "Python OData, renamed"
service.save(vendor)
spare = Vendor()
spare.name = "Python OData, spare"
service.save(spare)
service.delete(spare)

invoice = Invoice()
invoice.vendor_id, invoice.vendor_invoice_number = vendor.id, "PY-1"
service.save(invoice)
line = Line()
line.document_id, line.kind, line.number = invoice.id, "Account", "8210"
line.quantity, line.unit_cost = Decimal(2), Decimal("49.50")
service.save(line)
invoice.post()

json.dump(
    {
        "customers": numbers,
        "second": [each.number for each in second],
        "vendor": vendor.id,
        "deleted": spare.id,
        "invoice": invoice.id,
        "batches": {},
    },
    sys.stdout,
)
