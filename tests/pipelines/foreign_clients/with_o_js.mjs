// What o.js (the package `odata`) does to one company; its batch is multipart.
// Usage: with_o_js.mjs ROOT COMPANY_ID TOKEN
import { createRequire } from "node:module";

const { o } = createRequire(`${process.cwd()}/`)("odata");
const [root, company, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "If-Match": "*" };
const client = o(`${root}/`, { headers, batch: { endpoint: "$batch", boundaryPrefix: "batch_", changsetBoundaryPrefix: "changeset_",
  headers: new Headers({ "Content-Type": "multipart/mixed", Authorization: `Bearer ${token}` }), useChangset: false, useRelativeURLs: false } });
const at = (path) => `companies(${company})/${path}`;

const customers = await client.get(at("customers")).query({ $orderby: "number" });
const second = await client.get(at("customers")).query({ $orderby: "number", $skip: 1, $top: 1 });

const vendor = await client.post(at("vendors"), { displayName: "o.js", city: "Bristol" }).query();
await client.patch(at(`vendors(${vendor.id})`), { displayName: "o.js, renamed" }).query();
const spare = await client.post(at("vendors"), { displayName: "o.js, spare" }).query();
await client.delete(at(`vendors(${spare.id})`)).query();

const invoice = await client.post(at("purchaseInvoices"), { vendorId: vendor.id, vendorInvoiceNumber: "JS-1",
  purchaseInvoiceLines: [{ lineType: "Account", lineObjectNumber: "8210", quantity: 2, unitCost: 49.5 }] }).query();
client.get(at("items?$top=2"));
client.post(at("paymentTerms"), { code: "OJS", displayName: "multipart" });
const answers = await client.batch();
await client.post(at(`purchaseInvoices(${invoice.id})/Microsoft.NAV.post`), {}).query();

console.log(JSON.stringify({ customers: customers.map((row) => row.number), second: second.map((row) => row.number),
  vendor: vendor.id, deleted: spare.id, invoice: invoice.id, batches: { multipart: answers.map((each) => each.status) } }));
