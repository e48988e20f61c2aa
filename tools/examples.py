"""What do examples of every kind of record look like, as Singer files of the documents?

What they refer to is picked from the emulator's demo company, where the documents' checks write them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.describing.examples import is_complete, own_example, unified_example
from target_dynamics_bc.kinds.standard import standard_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PICKED: Mapping[str, str] = {
    "accounts": "8210",
    "contacts": "CT000001",
    "customers": "20000",
    "dimensions": "AREA",
    "employees": "JO",
    "items": "1896-S",
    "vendors": "20000",
    "vendorPaymentJournals": "GENERAL",
}


def own_examples() -> str:
    """A Singer file with one record of each kind, in Business Central's own names."""
    return _block("every-kind.singer", ((kind.name, own_example(kind, PICKED.get)) for kind in standard_kinds()))


def unified_examples() -> str:
    """A Singer file with one of HotGlue's unified records of each kind that they speak of."""
    kinds = [kind for kind in standard_kinds() if kind.unified is not None]
    records = ((kind.unified.streams[0] if kind.unified else "", unified_example(kind, PICKED.get)) for kind in kinds)
    return _block("every-unified-kind.singer", ((stream, record) for stream, record in records if record is not None))


def _block(title: str, records: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    lines = [line for stream, record in records for line in _messages(stream, record)]
    return "\n".join([f'```json title="{title}"', *lines, "```"])


def _messages(stream: str, record: Mapping[str, Any]) -> tuple[str, str]:
    if not is_complete(record):
        raise ValueError(f"The example of {stream} needs something to refer to: {record}. Add it to PICKED.")
    schema = {"properties": {name: {} for name in record}}
    described = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": []}
    return json.dumps(described), json.dumps({"type": "RECORD", "stream": stream, "record": record})
