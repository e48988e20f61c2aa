"""Which streams of a catalog do patterns select?"""

from __future__ import annotations

import contextlib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from dynamics_bc_cli.naming import nearest
from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.tap import TapDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path


def selected_catalog(
    config: dict[str, Any], config_path: Path, selected: Sequence[str], deselected: Sequence[str]
) -> dict[str, Any]:
    """The tap's catalog, its streams selected by patterns.

    Args:
        config: The tap's.
        config_path: Where it came from.
        selected: What to select; the tap's own choice when there is none.
        deselected: What of that to leave out.

    Raises:
        ConfigurationError: A pattern fits no stream.
        DynamicsError: The environment could not be read.
    """
    with contextlib.closing(TapDynamicsBC(config=config, config_path=config_path)) as tap:
        found: dict[str, Any] = tap.catalog_dict
    entries: list[dict[str, Any]] = found["streams"]
    names = [str(entry["tap_stream_id"]) for entry in entries]
    own = [name for name, entry in zip(names, entries, strict=True) if _root(entry).get("selected")]
    wanted = set(chosen(names, selected) if selected else own) - set(chosen(names, deselected))
    for name, entry in zip(names, entries, strict=True):
        _root(entry)["selected"] = name in wanted
    return found


def chosen(names: Collection[str], patterns: Iterable[str]) -> list[str]:
    """The names that patterns fit, in any case.

    Raises:
        ConfigurationError: One fits none.
    """
    fitting: list[str] = []
    for pattern in patterns:
        found = [name for name in names if fnmatchcase(name.casefold(), pattern.casefold())]
        if not found:
            near = nearest(pattern, names)
            raise ConfigurationError(f'No stream matches "{pattern}"{near}; `dynamics-bc streams` lists them.')
        fitting += found
    return fitting


def _root(entry: dict[str, Any]) -> dict[str, Any]:
    """What a catalog says of a stream as a whole."""
    for each in entry["metadata"]:
        if not each["breadcrumb"]:
            metadata: dict[str, Any] = each["metadata"]
            return metadata
    entry["metadata"].append({"breadcrumb": [], "metadata": {}})
    return _root(entry)
