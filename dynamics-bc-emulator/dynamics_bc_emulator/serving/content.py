"""What reading a stream property gives: the bytes behind a link."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.rows.store import Row, ServedRow
    from dynamics_bc_emulator.rows.view import View

_PRINTED_WHEN_POSTED = {
    "purchaseInvoices": "purchase invoice",
    "salesCreditMemos": "sales credit memo",
    "purchaseCreditMemos": "purchase credit memo",
}


def read(view: View, entity_set: EntitySet, row: ServedRow, name: str) -> DataResponse:
    """The content of a stream property; 204 if there is none.

    Raises:
        Refusal: The document cannot be printed as it is.
    """
    if name == "pdfDocumentContent":
        return _print(view, decode(row.data))
    stored = _kept(view, entity_set, row)
    text = stored.get("_content")
    if not text:
        return DataResponse(204)
    return DataResponse(
        200, b64decode(text), {"Content-Type": stored.get("_contentType") or "application/octet-stream"}
    )


def _kept(view: View, entity_set: EntitySet, row: ServedRow) -> Row:
    if entity_set.is_shown:
        kept: Row = decode(row.internal) if row.internal else {}
        return kept
    return view.store.get(view.company, entity_set.name, row.id) or {}


def _print(view: View, document: Row) -> DataResponse:
    """Render a document, which counts as printing it: that changes the document, and with it its stamp."""
    for entity_set in view.catalogue.parent_types.get(("pdfDocument", document["parentType"]), ()):
        parent = view.store.get(view.company, entity_set, document["parentId"])
        if parent:
            if entity_set in _PRINTED_WHEN_POSTED and not parent.get("_posted"):
                kind = _PRINTED_WHEN_POSTED[entity_set]
                raise refused(f"You must post {kind} {parent.get('number', '')} before generating the PDF document.")
            with view.store.transaction():
                view.store.update(view.company, entity_set, parent["id"], {"_printed": parent.get("_printed", 0) + 1})
            return DataResponse(200, pdf(entity_set, parent), {"Content-Type": "application/pdf"})
    return DataResponse(204)


def pdf(entity_set: str, row: Row) -> bytes:
    """A one-page PDF that names the document."""
    title = f"{entity_set} {row.get('number', '')}".replace("(", "").replace(")", "")
    stream = f"BT /F1 18 Tf 72 720 Td ({title}) Tj ET".encode()
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer
