"""`dynamics-bc catalog`: which streams do patterns select?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dynamics_bc_cli.selecting import chosen
from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["salesInvoices", "salesInvoiceLines", "customers"]
Command = "Callable[..., Any]"


def test_a_pattern_fits_in_any_case():
    assert chosen(NAMES, ["SALES*"]) == ["salesInvoices", "salesInvoiceLines"]
    assert chosen(NAMES, ["*lines", "customers"]) == ["salesInvoiceLines", "customers"]


def test_a_pattern_that_fits_nothing_is_refused():
    with pytest.raises(ConfigurationError, match=r'No stream matches "purchase\*"; `dynamics-bc streams` lists them'):
        chosen(NAMES, ["customers", "purchase*"])


def test_a_pattern_that_nearly_fits_is_answered_with_what_it_nearly_fits():
    with pytest.raises(ConfigurationError, match=r'"custmers" \(did you mean customers\?\); '):
        chosen(NAMES, ["custmers"])


def test_a_catalog_selects_what_fits_and_the_tap_takes_it(command: Command, config: Path, tmp_path: Path):
    ended = command("catalog", "--config", config, "--select", "sales*", "--deselect", "*lines")
    assert ended.code == 0
    path = tmp_path / "catalog.json"
    path.write_text(ended.out)
    rows = command("streams", "--config", config, "--catalog", path).json
    selected = {row["stream"] for row in rows if row["selected"]}
    assert {"salesInvoices", "salesOrders"} <= selected
    assert all(name.startswith("sales") and not name.endswith("Lines") for name in selected)


def test_without_patterns_a_catalog_is_the_choice_of_the_tap(command: Command, config: Path):
    made = json.loads(command("catalog", "--config", config).out)
    own = {row["stream"] for row in command("streams", "--config", config).json if row["selected"]}
    selected = {
        entry["tap_stream_id"]
        for entry in made["streams"]
        if any(not each["breadcrumb"] and each["metadata"]["selected"] for each in entry["metadata"])
    }
    assert selected == own
