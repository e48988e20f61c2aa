"""How a draft invoice or credit memo of either side is posted."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.document_release import check_may_be_posted
from dynamics_bc_emulator.rules.posting.booking import book
from dynamics_bc_emulator.rules.posting.checks import check_document
from dynamics_bc_emulator.rules.posting.deliveries import deliver_invoice
from dynamics_bc_emulator.rules.posting.document import document_of, read_document
from dynamics_bc_emulator.rules.posting.goods import check_goods
from dynamics_bc_emulator.rules.posting.invoice_rounding import with_rounding

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.posting.kinds import PostingKind


def require_draft(kind: PostingKind, header: Row) -> None:
    """Refuse what is posted.

    Raises:
        Refusal: It is posted.
    """
    if header.get("_posted"):
        raise refused(f"The action can be applied to a draft {kind.noun} only.")


def require_posted(kind: PostingKind, header: Row) -> None:
    """Refuse what is a draft.

    Raises:
        Refusal: It is a draft.
    """
    if not header.get("_posted"):
        raise refused(f"The action can be applied to a posted {kind.noun} only.")


def post_draft(company: Company, kind: PostingKind, header_id: str, *, as_it_is: bool = False) -> Row:
    """Post a draft: it gets its posted number and a status, its id and its lines' ids stay, the ledgers get entries.

    Args:
        company: Whose.
        kind: The row of its kind.
        header_id: Its id.
        as_it_is: Its amounts are not calculated again, because they repeat those of what it corrects.

    Raises:
        Refusal: One of the checks fails; nothing is changed then.
    """
    draft = read_document(company, kind, header_id, as_it_is=as_it_is)
    if not as_it_is:
        check_may_be_posted(company, kind.document, draft.header)
    check_document(draft)
    check_goods(company, [(line, kind.sign * Decimal(line["quantity"])) for line in draft.counted_lines])
    posted = {
        "number": company.next_number(kind.series),
        "status": "Open",
        "_posted": True,
        "_draftNumber": draft.header["number"],
    }
    header = company.update(kind.headers, header_id, posted)
    lines = deliver_invoice(company, kind, header, list(draft.lines))
    if not as_it_is:
        lines = with_rounding(company, kind, header, lines)
    book(document_of(company, kind, header, lines, draft.title))
    return company.get(kind.headers, header_id) or header
