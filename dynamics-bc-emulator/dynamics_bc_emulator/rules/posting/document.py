"""A document that is about to be posted: its header, its lines, and whom it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.documents import refresh_document, tax_area
from dynamics_bc_emulator.rules.exchange import local_factor

if TYPE_CHECKING:
    from decimal import Decimal

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind
    from dynamics_bc_emulator.rules.posting.kinds import PostingKind

_NOT_COUNTED = "Comment"


@dataclass(frozen=True, slots=True)
class Document:
    """A document that becomes entries.

    Attributes:
        kind: The row of its kind.
        header: Its header; an order's lends its words to the invoice.
        lines: Its lines.
        party: Whom it is for.
        payer: Who pays, or is paid.
        area: The tax area that its lines are taxed in.
        title: What its entries are described as: `Invoice 102045`.
    """

    company: Company
    kind: PostingKind
    header: Row
    lines: tuple[Row, ...]
    party: Row
    payer: Row
    area: str
    title: str

    @property
    def counted_lines(self) -> tuple[Row, ...]:
        """The lines that are more than a text."""
        return tuple(line for line in self.lines if line["lineType"] != _NOT_COUNTED)

    @property
    def factor(self) -> Decimal:
        """What an amount in its currency is to be multiplied with, to be one in the local currency."""
        return local_factor(self.company, self.header["currencyCode"], self.header["postingDate"])


def read_document(company: Company, kind: PostingKind, header_id: str, *, as_it_is: bool = False) -> Document:
    """A draft as it is to be posted; unless it is taken as it is, its lines and totals are brought up to date."""
    if not as_it_is:
        refresh_document(company, kind.document, header_id)
    header = company.get(kind.headers, header_id)
    assert header is not None
    lines = company.find(kind.lines, documentId=header_id)
    title = f"{kind.noun.title()} {header['number']}"
    return document_of(company, kind, header, lines, title)


def document_of(company: Company, kind: PostingKind, header: Row, lines: list[Row], title: str) -> Document:
    """A document of rows that are given.

    Raises:
        Refusal: Its customer or vendor is gone.
    """
    area = tax_area(company, kind.document, header)
    party, payer = (
        _party(company, kind.document, header, name) for name in (kind.party.id_name, kind.party.payer_id_name)
    )
    return Document(company, kind, header, tuple(lines), party, payer, area, title)


def _party(company: Company, kind: DocumentKind, header: Row, id_name: str) -> Row:
    party = company.get(kind.party.party_set, header[id_name])
    if party is None:
        number = header.get(f"{id_name[:-2]}Number", "")
        raise refused(f"The {kind.party.caption} {number} of document {header['number']} does not exist.")
    return party
