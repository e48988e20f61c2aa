"""What a destination holds that takes a Singer stream by key: a small loader that knows nothing of the tap."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

DELETED_AT = "_sdc_deleted_at"
Key = tuple[Any, ...]


@dataclass
class Destination:
    """Tables by stream, rows by key.

    Attributes:
        tables: What it holds.
        keys: The key properties of a stream, of its last SCHEMA.
        versions: The version of a stream's rows, where a message told one.
        deleted: Keys that a record said to be deleted, in their order.
        states: The values of the STATE messages so far.
    """

    tables: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    deleted: list[tuple[str, Key]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)

    def load(self, lines: bytes) -> None:
        """Take messages, in their order.

        Raises:
            AssertionError: They break a rule of the Singer specification.
        """
        for line in lines.split(b"\n"):
            if line:
                self._take(json.loads(line, parse_float=Decimal))

    def copied(self) -> Destination:
        """A copy, as a backup is one."""
        tables = {stream: dict(rows) for stream, rows in self.tables.items()}
        return Destination(tables, dict(self.keys), dict(self.versions), list(self.deleted), list(self.states))

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "SCHEMA":
            self.keys[message["stream"]] = message["key_properties"]
            self.tables.setdefault(message["stream"], {})
        elif kind == "RECORD":
            self._put(message["stream"], message["record"], message.get("version"))
        elif kind == "ACTIVATE_VERSION":
            table = self.tables[message["stream"]]
            for key in [key for key, row in table.items() if row["\0version"] != message["version"]]:
                del table[key]
        elif kind == "STATE":
            self.states.append(message["value"])
        else:
            raise AssertionError(f"no message of a tap is a {kind}")

    def _put(self, stream: str, record: dict[str, Any], version: Any) -> None:
        assert stream in self.keys, f"a record of {stream} before its SCHEMA"
        key = tuple(record[name] for name in self.keys[stream])
        assert None not in key, f"{stream} {key}: a part of the key is null"
        if record.get(DELETED_AT):
            self.tables[stream].pop(key, None)
            self.deleted.append((stream, key))
            return
        self.tables[stream][key] = {**record, "\0version": version}
