"""What odatapy does to one company: typed by $metadata, one batch as JSON and one as multipart.

Usage: with_odatapy.py ROOT COMPANY_ID TOKEN
"""

from __future__ import annotations

import json
import sys

from odatapy.client.auth import BearerAuth
from odatapy.client.client import EdmEnabledODataClient
from odatapy.client.transport import HttpxTransport

root, company, token = sys.argv[1:]
client = EdmEnabledODataClient(root, HttpxTransport(auth=BearerAuth(token)))


def at(path: str):
    uri = client.uri().append_entity_set_segment("companies").append_key_segment(company)
    for segment in path.split("/"):
        uri = uri.append_segment(segment)
    return uri


def guid(row):
    return str(row.get_value("id"))


numbers = [row.get_value("number") for row in client.iter_entities(at("customers").orderby("number"), max_page_size=2)]
second = client.get_entity_set(at("customers").orderby("number").skip(1).top(1))

vendor = client.create_entity(at("vendors"), {"displayName": "odatapy", "city": "Bristol"})
client.update_entity(at(f"vendors({guid(vendor)})"), {"displayName": "odatapy, renamed"}, etag=vendor.etag)
spare = client.create_entity(at("vendors"), {"displayName": "odatapy, spare"})
client.delete_entity(at(f"vendors({guid(spare)})"), etag=spare.etag)

invoice = client.create_entity(
    at("purchaseInvoices"),
    {
        "vendorId": guid(vendor),
        "vendorInvoiceNumber": "PY-2",
        "purchaseInvoiceLines": [{"lineType": "Account", "lineObjectNumber": "8210", "quantity": 2, "unitCost": 49.5}],
    },
)
statuses = {}
for form in ("json", "multipart"):
    batch = client.batch(format=form)
    batch.add_retrieve(at("items").top(2))
    changes = batch.add_changeset()
    changes.create(at("paymentTerms"), {"code": f"OP-{form[:4]}", "displayName": form})
    answers = client.execute_batch(batch)
    statuses[form] = [answer.status_code for answer in answers.responses]
client.invoke_action(at(f"purchaseInvoices({guid(invoice)})/Microsoft.NAV.post"))

json.dump(
    {
        "customers": numbers,
        "second": [row.get_value("number") for row in second],
        "vendor": guid(vendor),
        "deleted": guid(spare),
        "invoice": guid(invoice),
        "batches": statuses,
    },
    sys.stdout,
)
