"""What does the tap add to the rows of the service?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Origin: TypeAlias = Literal[
    "company.id", "company.name", "parent.stamp", "parent.id", "period.start", "period.end", "file", "deleted_at"
]
"""What a column is taken from: the company and the period that are read, the row that a row was read through, the file
of a row, which is in it before it becomes a record, or when a row was deleted."""


@dataclass(frozen=True, slots=True)
class Column:
    """A property that the tap adds to records.

    Attributes:
        name: As it is written.
        type: As metadata would have it.
        of: What it is taken from.
    """

    name: str
    type: str
    of: Origin


COMPANY_ID = Column("company_id", "Edm.Guid", "company.id")
COMPANY_NAME = Column("company_name", "Edm.String", "company.name")
PARENT_MODIFIED_AT = Column("parent_modified_at", "Edm.DateTimeOffset", "parent.stamp")
PERIOD_START = Column("period_start", "Edm.Date", "period.start")
PERIOD_END = Column("period_end", "Edm.Date", "period.end")
FILE = (
    FILE_PATH := Column("file_path", "Edm.String", "file"),
    FILE_BYTES := Column("file_bytes", "Edm.Int64", "file"),
    FILE_SHA256 := Column("file_sha256", "Edm.String", "file"),
    FILE_CONTENT_TYPE := Column("file_content_type", "Edm.String", "file"),
)
DELETED_AT = Column("_sdc_deleted_at", "Edm.DateTimeOffset", "deleted_at")


def parent_id(name: str) -> Column:
    """The id of the row that a row was read through, under a name of the stream's own."""
    return Column(name, "Edm.Guid", "parent.id")
