// What @odata/client does to one company: one batch as multipart with change sets and one as JSON.
// Usage: with_odata_client.mjs ROOT COMPANY_ID TOKEN
import { createRequire } from "node:module";

const { OData, EdmV4 } = createRequire(`${process.cwd()}/`)("@odata/client");
const [root, company, token] = process.argv.slice(2);
const client = OData.New4({ serviceEndpoint: `${root}/companies(${company})/`, commonHeaders: { Authorization: `Bearer ${token}`, "If-Match": "*" } });
const whole = OData.New4({ serviceEndpoint: `${root}/`, commonHeaders: { Authorization: `Bearer ${token}` } });
const key = (id) => EdmV4.Guid.from(id);
const numbers = (rows) => rows.map((row) => row.number);

const customers = await client.getEntitySet("customers").query(client.newOptions().orderby("number", "asc"));
const second = await client.getEntitySet("customers").query(client.newOptions().orderby("number", "asc").skip(1).top(1));

const vendors = client.getEntitySet("vendors");
const vendor = await vendors.create({ displayName: "@odata/client", city: "Bristol" });
await vendors.update(key(vendor.id), { displayName: "@odata/client, renamed" });
const spare = await vendors.create({ displayName: "@odata/client, spare" });
await vendors.delete(key(spare.id));

const invoices = client.getEntitySet("purchaseInvoices");
const invoice = await invoices.create({ vendorId: vendor.id, vendorInvoiceNumber: "JS-2",
  purchaseInvoiceLines: [{ lineType: "Account", lineObjectNumber: "8210", quantity: 2, unitCost: 49.5 }] });

const statuses = {};
for (const [form, run] of [["json", "execBatchRequestsJson"], ["multipart", "execBatchRequests"]]) {
  const answers = await whole[run]([
    whole.newBatchRequest({ collection: `companies(${company})/items`, params: whole.newOptions().top(2) }),
    whole.newBatchRequest({ collection: `companies(${company})/paymentTerms`, method: "POST",
      entity: { code: `OC-${form.slice(0, 4)}`, displayName: form } }),
  ]);
  statuses[form] = answers.map((each) => each.status);
}
await invoices.action("Microsoft.NAV.post", key(invoice.id));

console.log(JSON.stringify({ customers: numbers(customers), second: numbers(second), vendor: vendor.id, deleted: spare.id,
  invoice: invoice.id, batches: statuses }));
