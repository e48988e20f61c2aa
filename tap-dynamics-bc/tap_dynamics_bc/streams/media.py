"""Which streams have files, where is a file's content, and what tells that it is another one than before?

From the public source of the API's pages: a picture is its parent's, and setting it changes the parent; an attachment
has the moment and the size of its content; a PDF is rendered with every read, which counts as printing it and changes
the document. So a PDF is never asked for with a list of documents, and a document is printed once for each change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.values import encode_enum

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Media:
    """The files of one stream.

    Attributes:
        name: What the setting calls them.
        content: The property with the content.
        of_parent: Whether the content is reached by the parent's navigation to the row, and not by the row's own id.
        file_name: The property with the name that somebody gave it; empty where there is none.
        content_type: The property with its type; empty where there is none.
        told_by: Properties that change with the content.
        blank: Of those: all blank or zero where there is no file.
        size: Of those: how many bytes the content has; empty where none tells.
        is_rendered: Whether the service makes it with every read, and the read changes the document.
    """

    name: str
    content: str
    of_parent: bool = False
    file_name: str = ""
    content_type: str = ""
    told_by: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    size: str = ""
    is_rendered: bool = False

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The properties that must be there to get its files."""
        return tuple(name for name in dict.fromkeys((self.file_name, self.content_type, *self.told_by)) if name)


_ATTACHMENT = {
    "content": "attachmentContent",
    "file_name": "fileName",
    "told_by": ("lastModifiedDateTime", "byteSize", "fileName"),
    "size": "byteSize",
}

MEDIA: Mapping[str, Media] = {
    "pictures": Media(
        "pictures",
        "pictureContent",
        of_parent=True,
        content_type="contentType",
        told_by=("width", "height", "contentType"),
        blank=("width", "height", "contentType"),
    ),
    "attachments": Media("attachments", **_ATTACHMENT),  # type: ignore[arg-type]
    "documentAttachments": Media("documentAttachments", **_ATTACHMENT),  # type: ignore[arg-type]
    "pdfDocument": Media("pdf", "pdfDocumentContent", of_parent=True, is_rendered=True),
}
"""By entity set of the standard API."""

STATUS = "status"
DRAFT = "Draft"

PRINTED_WHEN_POSTED = frozenset({"purchaseCreditMemos", "purchaseInvoices", "salesCreditMemos"})
"""Documents that the service refuses to print while they are drafts."""

# Where the service's own word for the kind of a document is not that of its entity set.
_PARENT_TYPES: Mapping[str, str] = {
    "customerContacts": "Customer Statement",
    "physicalInventoryOrders": "Phys. Inventory Order",
    "physicalInventoryRecordings": "Phys. Inventory Recording",
    "postedPhysicalInventoryOrders": "Posted Phys. Inventory Order",
    "postedPhysicalInventoryRecordings": "Posted Phys. Inventory Recording",
    "projects": "Job",
    "purchaseBlanketOrderArchives": "Purchase Archive Blanket Order",
    "purchaseOrderArchives": "Purchase Archive Order",
    "purchaseQuoteArchives": "Purchase Archive Quote",
    "purchaseReturnOrderArchives": "Purchase Archive Return",
    "purchaseReturnShipments": "Purch. Return Shipment",
    "salesBlanketOrderArchives": "Sales Archive Blanket Order",
    "salesOrderArchives": "Sales Archive Order",
    "salesQuoteArchives": "Sales Archive Quote",
    "salesReturnOrderArchives": "Sales Archive Return",
}


def parent_type(entity_set: str) -> str:
    """The kind of a document, as the service encodes it: `salesInvoices` is `Sales_x0020_Invoice`."""
    spaced = "".join(f" {each}" if each.isupper() else each for each in entity_set).removesuffix("s")
    return encode_enum(_PARENT_TYPES.get(entity_set, spaced[:1].upper() + spaced[1:]))
