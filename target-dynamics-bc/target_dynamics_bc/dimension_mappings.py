"""Which dimensions do prefixes of fields mean, by the config or by HotGlue's tenant-config.json?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_folder import is_there
from dynamics_bc_plugin import values
from dynamics_bc_plugin.config_file import read_object
from dynamics_bc_plugin.settings import SettingFault, refuse
from dynamics_bc_plugin.spelling import comes_close, differs_in_signs
from target_dynamics_bc.finding.dimensions import DimensionMapping

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

TENANT_CONFIG = "tenant-config.json"
SECTION = "dynamics-bc"
MAPPINGS = "dimension_mappings"


def mappings_of(value: Any) -> dict[str, str]:
    """The codes of dimensions by prefix, as the setting and the file have them.

    Raises:
        SettingFault: It is none, or a prefix has no code.
    """
    value = values.json_object(value)
    wrong = [
        str(prefix)
        for prefix, code in value.items()
        if not isinstance(code, str) or not code.strip() or not prefix.strip()
    ]
    if wrong:
        raise SettingFault(f"must give the code of a dimension for each prefix; {', '.join(wrong)} has none.")
    return {prefix.strip(): code.strip().upper() for prefix, code in value.items()}


def dimension_mapping(found: Mapping[str, Any], problems: list[str]) -> DimensionMapping:
    """The mapping of the config, else of the tenant's file in the snapshot folder, else the default.

    Args:
        found: The settings that were read.
        problems: Takes a sentence for each fault of the file.
    """
    if MAPPINGS in found:
        return DimensionMapping(found[MAPPINGS], f"the setting {MAPPINGS}")
    folder: Path | None = found.get("snapshot_dir")
    path = folder / TENANT_CONFIG if folder is not None else None
    if path is None or not is_there(path):
        return DimensionMapping()
    try:
        mappings = _section_of(path).get(MAPPINGS)
        return DimensionMapping() if mappings is None else DimensionMapping(mappings_of(mappings), f'"{path}"')
    except ConfigurationError as error:
        problems += error.problems
    except SettingFault as fault:
        problems.append(f'{MAPPINGS} in "{path}" {fault}')
    return DimensionMapping()


def _section_of(path: Path) -> Mapping[str, Any]:
    """Our part of a tenant's config, which holds those of other connectors too.

    Raises:
        ConfigurationError: The file cannot be read, or a name in it comes close to one that decides about dimensions.
    """
    content = read_object(path, "tenant config")
    section = content.get(SECTION) or {}
    if not isinstance(section, dict):
        raise ConfigurationError(
            f'"{SECTION}" in the tenant config file "{path}" must be a JSON object: '
            f'{{"{SECTION}": {{"{MAPPINGS}": {{...}}}}}}.'
        )
    slips = [(name, SECTION) for name in content if differs_in_signs(name, SECTION)]
    slips += [(name, MAPPINGS) for name in section if name != MAPPINGS and comes_close(name, MAPPINGS)]
    refuse(f'Nothing reads "{name}" in the tenant config file "{path}"; did you mean {meant}?' for name, meant in slips)
    if strange := [name for name in section if name != MAPPINGS]:
        log.warning('Nothing reads %s in "%s"; %s is read.', ", ".join(strange), path, MAPPINGS)
    return section
