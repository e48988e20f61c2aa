"""What the template of a journal decides: whether its name counts up, whether its lines recur, what has to balance.

A template without a row in the table `journalTemplates` is as a new one is: documents balance, nothing counts up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company

_TABLE = "_journalTemplates"
_STANDARD = frozenset({"GENERAL", "CASHRCPT", "PAYMENT", "INTERCOMP", "ASSETS"})
_LAST_DIGITS = re.compile(r"(\d+)(\D*)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Template:
    """A general journal template.

    Attributes:
        increments_name: A batch that is posted is deleted, and another one with the next name takes its place.
        is_recurring: Its lines stay for the next period.
        balances_documents: Each document balances; else what is posted on one day does.
    """

    increments_name: bool = False
    is_recurring: bool = False
    balances_documents: bool = True


def template_named(company: Company, name: str) -> Template:
    """The template of that name."""
    row = company.first(_TABLE, name=name)
    if row is None:
        return Template()
    return Template(row["incrementBatchName"], row["recurring"], row["forceDocumentBalance"])


def is_template(company: Company, name: str) -> bool:
    """Whether there is a template of that name."""
    return name in _STANDARD or company.first(_TABLE, name=name) is not None


def incremented(text: str) -> str:
    """The text with the last number in it one higher, in at least as many digits; blank if it has none."""
    match = _LAST_DIGITS.search(text)
    if match is None:
        return ""
    digits, rest = match.groups()
    return f"{text[: match.start()]}{int(digits) + 1:0{len(digits)}d}{rest}"
