"""Which streams and properties does a catalog mean, whatever the case it writes them in?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.limits import NAME_CHARACTERS
from dynamics_bc_plugin.settings import refuse_half_characters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_LISTS = ("key_properties", "table-key-properties", "valid-replication-keys")
_NAMES = ("replication_key", "replication-key")
_METHODS = ("replication_method", "replication-method", "forced-replication-method")
WHOLE_TABLE, CHANGES = "FULL_TABLE", "INCREMENTAL"


def respelled(catalog: Mapping[str, Any], columns: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """The catalog with names as the service spells them; names that match none stay as they are.

    Of two entries that mean one stream, the one that is spelled as the service does counts.

    Args:
        catalog: A Singer catalog as JSON.
        columns: The names of all properties by stream.

    Raises:
        ConfigurationError: It is no catalog.
    """
    refuse_half_characters(catalog, "The catalog")
    streams = catalog.get("streams")
    if not isinstance(streams, list):
        raise ConfigurationError(
            'The catalog is not a Singer catalog: it has no list of "streams". Write one with --discover; a state '
            "belongs to --state, and a config to --config."
        )
    if not all(_is_entry(entry) for entry in streams):
        raise ConfigurationError(
            'The catalog is not a Singer catalog. Each of its "streams" needs a "tap_stream_id"; a "schema" describes '
            '"properties" by their types; "metadata" is a list of objects, each with a list of names as "breadcrumb" '
            'and "metadata" in which "selected" is true or false. Write a new one with --discover.'
        )
    stream_name = _speller(columns)
    entries: dict[str, dict[str, Any]] = {}
    for entry in sorted(streams, key=lambda entry: entry["tap_stream_id"] in columns):
        name = stream_name(entry["tap_stream_id"])
        entries[name] = _entry(entry, name, _speller(columns.get(name, ())))
    return {**catalog, "streams": list(entries.values())}


def completed(catalog: Mapping[str, Any], facts_of: Callable[[str], Facts | None]) -> dict[str, Any]:
    """The catalog with what is the tap's own to say: keys, and whatever records carry selected or not.

    An entry without a schema means all properties of its stream. What an older catalog says beside the metadata
    (`"selected": true` of an entry or its schema) is said in the metadata.

    Args:
        catalog: A catalog as `respelled` returns it.
        facts_of: What is known of a stream, by its name; None for one that is not there.

    Raises:
        ConfigurationError: A stream that is there is to be read in a way that nobody knows.
    """
    return {**catalog, "streams": [_completed(entry, facts_of(entry["tap_stream_id"])) for entry in catalog["streams"]]}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a catalog need not say of a stream.

    Attributes:
        keys: Its key properties.
        replication_key: Its replication key.
        carried: The names that each record has, selected or not.
        properties: The schema of each name that a record can have.
        retyped: Of those, names whose type a setting changes: an older catalog has another one.
    """

    keys: tuple[str, ...]
    replication_key: str | None
    carried: frozenset[str]
    properties: Mapping[str, Any]
    retyped: frozenset[str] = frozenset()


def _completed(entry: Mapping[str, Any], facts: Facts | None) -> dict[str, Any]:
    schema = dict(entry.get("schema") or {})
    given = schema.get("properties") or {}
    metadata = list(entry.get("metadata") or [])
    if entry.get("selected") or schema.pop("selected", False):
        metadata = [each for each in metadata if each.get("breadcrumb")] + [_selected(metadata)]
    if facts is None:
        return {**entry, "schema": {**schema, "properties": given}, "metadata": metadata}
    offered = {*given, *facts.carried} if given else facts.properties.keys()
    properties = {
        name: each if name in facts.retyped else given.get(name, each)
        for name, each in facts.properties.items()
        if name in offered
    }
    return {
        **entry,
        "stream": entry.get("stream", entry["tap_stream_id"]),
        "key_properties": list(facts.keys),
        "replication_key": facts.replication_key,
        "replication_method": _replication_method(entry),
        "schema": {"type": "object", **schema, "properties": {**given, **properties}},
        "metadata": metadata,
    }


def _selected(metadata: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    root = next((each for each in metadata if not each.get("breadcrumb")), {})
    return {"breadcrumb": [], "metadata": {"selected": True, **(root.get("metadata") or {})}}


def chosen_replication_keys(catalog: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The replication keys that a catalog names for what it selects and does not read whole, by stream.

    Discovery writes the tap's own into an entry and into its metadata, so who chooses another may have changed one of
    the two; both are here, that of the entry first.
    """
    streams = catalog.get("streams")
    found: dict[str, tuple[str, ...]] = {}
    for entry in streams if isinstance(streams, list) else ():
        if not _is_entry(entry) or not _is_selected(entry):
            continue
        keys = [each for each in _said(entry, _NAMES) if isinstance(each, str) and each]
        if keys and WHOLE_TABLE not in _methods(entry):
            found[entry["tap_stream_id"]] = tuple(dict.fromkeys(keys))
    return found


def _replication_method(entry: Mapping[str, Any]) -> str | None:
    """How a stream is to be read: whole, if the entry or its metadata says so, since discovery says it of no other.

    Raises:
        ConfigurationError: In a way that nobody knows.
    """
    methods = _methods(entry)
    unknown = next((each for each in methods if each not in {WHOLE_TABLE, CHANGES}), None)
    if unknown is not None and _is_selected(entry):
        raise ConfigurationError(
            f"The catalog's replication method of {entry['tap_stream_id']} must be {WHOLE_TABLE} or {CHANGES}, not "
            f'"{unknown[:NAME_CHARACTERS]}".'
        )
    return WHOLE_TABLE if WHOLE_TABLE in methods else CHANGES if CHANGES in methods else None


def _methods(entry: Mapping[str, Any]) -> list[str]:
    return [str(each).upper() for each in _said(entry, _METHODS) if each]


def _said(entry: Mapping[str, Any], names: Iterable[str]) -> Iterator[Any]:
    """What an entry, and then its metadata, have under some names."""
    root = _root(entry) or {}
    return (values[name] for values in (entry, root) for name in names if name in values)


def _root(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The metadata of a stream itself, the last where there are several; None without any."""
    roots = [each.get("metadata") or {} for each in entry.get("metadata") or [] if not each.get("breadcrumb")]
    return roots[-1] if roots else None


def selected_streams(catalog: Mapping[str, Any]) -> list[str]:
    """The streams that a catalog selects, there or not, sorted.

    Args:
        catalog: A catalog as `respelled` returns it.
    """
    return sorted({entry["tap_stream_id"] for entry in catalog["streams"] if _is_selected(entry)})


def lost_properties(catalog: Mapping[str, Any], columns: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Properties that a catalog selects and that are not there any more, by stream.

    Args:
        catalog: A catalog as `respelled` returns it.
        columns: The names of all properties by stream.
    """
    found = {}
    for entry in catalog["streams"]:
        name = entry["tap_stream_id"]
        if name in columns and _is_selected(entry):
            found[name] = sorted({*_selected_properties(entry)} - {*columns[name]})
    return {name: lost for name, lost in found.items() if lost}


def _selected_properties(entry: Mapping[str, Any]) -> Iterator[str]:
    told = {
        each["breadcrumb"][-1]: (each.get("metadata") or {}).get("selected", True)
        for each in entry.get("metadata") or []
        if len(each.get("breadcrumb") or ()) == 2
    }
    return (name for name in (entry.get("schema") or {}).get("properties") or {} if told.get(name, True))


def selected_in_any_case(catalog: Mapping[str, Any]) -> frozenset[str]:
    """The streams that a catalog selects, as it names them and in lower case; nothing of what is no catalog."""
    streams = catalog.get("streams")
    entries = [entry for entry in streams if _is_entry(entry)] if isinstance(streams, list) else []
    names = {entry["tap_stream_id"] for entry in entries if _is_selected(entry)}
    return frozenset({*names, *(name.casefold() for name in names)})


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("tap_stream_id"), str):
        return False
    metadata = entry.get("metadata") or []
    if not _is_schema(entry.get("schema") or {}):
        return False
    return isinstance(metadata, list) and all(_is_metadata(each) for each in metadata)


def _is_schema(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    types, properties = schema.get("type"), schema.get("properties") or {}
    names = [types] if isinstance(types, str) else [] if types is None else types
    return (
        isinstance(names, list)
        and all(isinstance(each, str) for each in names)
        and isinstance(properties, dict)
        and all(_is_schema(each) for each in properties.values())
    )


def _is_metadata(each: Any) -> bool:
    if not isinstance(each, dict) or not isinstance(each.get("metadata") or {}, dict):
        return False
    breadcrumb, values = each.get("breadcrumb") or [], each.get("metadata") or {}
    flags = (values.get("selected"), values.get("selected-by-default"))
    return (
        isinstance(breadcrumb, list | tuple)
        and all(isinstance(step, str) for step in breadcrumb)
        and all(flag is None or isinstance(flag, bool) for flag in flags)
    )


def _is_selected(entry: Mapping[str, Any]) -> bool:
    """Whether a stream is to be read, by the rules by which the SDK reads it: one that nobody says anything of is."""
    if entry.get("selected") or (entry.get("schema") or {}).get("selected"):
        return True  # as catalogs said it before there was metadata
    root = _root(entry)
    if root is None:
        return True
    if root.get("inclusion") in {"automatic", "unsupported"}:
        return bool(root["inclusion"] == "automatic")
    flags = (root.get("selected"), root.get("selected-by-default"))
    return next((flag for flag in flags if flag is not None), False)


def _speller(names: Iterable[str]) -> Callable[[str], str]:
    spelled = {name.casefold(): name for name in names}
    return lambda name: spelled.get(name.casefold(), name)


def _entry(entry: Mapping[str, Any], name: str, spell: Callable[[str], str]) -> dict[str, Any]:
    result = _renamed(entry, spell) | {"tap_stream_id": name}
    if "stream" in entry:
        result["stream"] = name
    schema = entry.get("schema")
    if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
        properties = {spell(each): kind for each, kind in schema["properties"].items()}
        result["schema"] = {**schema, "properties": properties}
    if isinstance(entry.get("metadata"), list):
        result["metadata"] = [_metadata(each, spell) for each in entry["metadata"]]
    return result


def _metadata(each: Mapping[str, Any], spell: Callable[[str], str]) -> dict[str, Any]:
    breadcrumb = list(each.get("breadcrumb") or ())
    if len(breadcrumb) > 1:
        breadcrumb[1] = spell(breadcrumb[1])
    return {**each, "breadcrumb": breadcrumb, "metadata": _renamed(each.get("metadata") or {}, spell)}


def _renamed(values: Mapping[str, Any], spell: Callable[[str], str]) -> dict[str, Any]:
    """The values with the names among them respelled, and without what should be a name and is none."""
    result = {name: value for name, value in values.items() if name not in {*_LISTS, *_NAMES}}
    for field in _LISTS:
        if isinstance(values.get(field), list | tuple):
            result[field] = [spell(each) for each in values[field] if isinstance(each, str)]
    for field in _NAMES:
        if isinstance(values.get(field), str):
            result[field] = spell(values[field])
    return {name: result[name] for name in values if name in result}
