"""What may a record of a stream hold? A JSON Schema, of the table and of what the tenant publishes.

What JSON Schema has no word for stands under names that begin with `x-`: how a record is found, how each reference is
found, what may be asked for, what a deletion does, which dimensions there are. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import decode_enum
from target_dynamics_bc.describing.unified_fields import unified_fields
from target_dynamics_bc.wanted.files import ATTACHMENTS, PICTURE
from target_dynamics_bc.wanted.keys import names_of
from target_dynamics_bc.wanted.shapes import shape_of, shape_of_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_dynamics_bc.describing.unified_fields import Fields
    from target_dynamics_bc.kinds.facts import EntitySet, Property
    from target_dynamics_bc.kinds.kind import Action, Child, Kind, LineType, Parents
    from target_dynamics_bc.wanted.shapes import Named, Shape

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {"Boolean": "boolean", "Decimal": "number", "Double": "number", "Single": "number"}
_FORMATS = {"Date": "date", "DateTimeOffset": "date-time", "Guid": "uuid"}
_TEXT = {"type": "string"}
_NAMING = {"type": ["string", "null"]}


def own_schema(kind: Kind, stream: str = "") -> dict[str, Any]:
    """The schema of records in Business Central's own names.

    Args:
        kind: The kind.
        stream: The name of the stream that was asked for; empty for the kind's own.
    """
    facts, shape, title = kind.facts, shape_of(kind), _title(kind, stream, kind.name)
    properties: dict[str, Any] = {}
    number = facts.properties.get(kind.number_property)
    if number is not None and kind.journal is None:
        properties[number.name] = {**_property(number), "description": _of_number(kind, number)}
    properties |= _properties(shape)
    if kind.parents is not None:
        properties |= _of_parent(kind.parents)
    if kind.journal is not None:
        properties |= {name: _property(facts.properties[name]) for name in (kind.number_property, "postingDate")}
    if kind.lines is not None:
        properties[kind.lines_name] = {"type": "array", "items": _lines(kind, kind.lines)}
    properties |= _in_every_record(kind)
    schema = {
        "$schema": DRAFT,
        "title": title,
        "description": f"{_becoming(kind, title)}{str(kind.noun).capitalize()} in Business Central's own names. Null "
        "blanks a property; what is absent stays as it is."
        f"{' The schema of unified records is in x-unified.' if kind.unified is not None else ''}",
        "type": "object",
        "properties": properties,
        "allOf": _required(kind),
        "x-becomes": facts.name if title != facts.name else None,
        "x-found-by": list(kind.key_names),
        "x-rights": rights_of(facts),
        "x-actions": [
            {"action": each.name, "becomes": each.leads_to or None, "needs": _needs_setting(kind, each)}
            for each in kind.actions
        ],
        "x-deletion": _deletion(kind),
    }
    return {name: value for name, value in schema.items() if value not in ([], {}, None)}


def unified_schema(kind: Kind, prefixes: Iterable[str] = (), stream: str = "") -> dict[str, Any] | None:
    """The schema of HotGlue's unified records; None for a kind that they do not speak of.

    Args:
        kind: The kind.
        prefixes: Prefixes of root fields that the dimension mapping knows, such as `class`.
        stream: The name of the stream that was asked for.
    """
    if kind.unified is None:
        return None
    title = _title(kind, stream, kind.unified.streams[0])
    title = title if title in kind.unified.streams else kind.unified.streams[0]
    fields = unified_fields(kind, prefixes)
    properties = _of_fields(fields, kind.unified.options)
    properties |= _files(kind)
    properties["_sdc_deleted_at"] = {"type": ["string", "null"], "description": "When it was deleted: a deletion."}
    if kind.actions:
        properties["action"] = {"enum": [*(each.name for each in kind.actions), None]}
    else:
        properties = {name: known for name, known in properties.items() if name not in {"action", "isDraft"}}
    schema = {
        "$schema": DRAFT,
        "title": title,
        "description": f"{str(kind.noun).capitalize()} as a unified record. What is null or absent stays as it is.",
        "type": "object",
        "properties": properties,
        "allOf": _of_groups(fields.required),
        "anyOf": [
            {"required": [name.split("|")[0] for name in key if name]} for key in (("externalId",), *kind.unified.keys)
        ],
        "x-streams": list(kind.unified.streams),
    }
    return {name: value for name, value in schema.items() if value != []}


def _title(kind: Kind, stream: str, otherwise: str) -> str:
    """The name of a stream as it is spelled here."""
    asked = stream.strip()
    alike = [name for name in kind.names() if name.lower() == asked.lower()]
    return asked if asked in alike else next(iter(alike), otherwise)


def _becoming(kind: Kind, title: str) -> str:
    """What the records of a stream become that is called otherwise than Business Central's entity set."""
    return f"{title} become {kind.facts.name} of Business Central. " if title != kind.facts.name else ""


def _of_fields(fields: Fields, options: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The properties of a record, or of a member of one of its lists."""
    properties = dict[str, dict[str, Any]]()
    for name, known in sorted(fields.types.items()):
        properties[name] = {"enum": [*options[name], None]} if name in options else dict(known)
        if (members := fields.members.get(name)) is not None:
            items = {"type": "object", "properties": _of_fields(members, options)}
            needs = _of_groups(members.required)
            properties[name]["items"] = {**items, "allOf": needs} if needs else items
    return properties


def _of_groups(groups: Iterable[Iterable[str]]) -> list[dict[str, Any]]:
    return [{"anyOf": [{"required": [name]} for name in group]} for group in groups]


def _property(of: Property) -> dict[str, Any]:
    if of.type == "Enum":
        texts = [decode_enum(each) for each in of.members]
        return {"enum": [*dict.fromkeys((*texts, *of.members)), None]}
    type_ = "integer" if of.is_whole else _TYPES.get(of.type, "string")
    schema: dict[str, Any] = {"type": [type_, "null"]}
    if of.length is not None:
        schema["maxLength"] = of.length
    if of.type in _FORMATS:
        schema["format"] = _FORMATS[of.type]
    return schema


def _properties(shape: Shape) -> dict[str, Any]:
    properties = {each.name: _property(each) for each in shape.plain}
    for named in shape.references.values():
        how = _how_found(named)
        properties |= {name: {"type": ["string", "null"], "description": how} for name in named.names}
    return properties


def _of_parent(parents: Parents) -> dict[str, Any]:
    """What a record belongs to."""
    how = f"What it belongs to, by {parents.id} or {parents.number}; the first that is given and found counts."
    return {
        parents.type: {"enum": [*parents.sets]},
        **{name: {"type": ["string", "null"], "description": how} for name in (parents.id, parents.number)},
    }


def _how_found(named: Named) -> str:
    """How a reference is found."""
    ways = [*([named.relation.id] if named.relation.id else []), *named.numbers[:1]]
    ways += [named.relation.name] if named.relation.name else []
    within = f", among those of {named.relation.within}" if named.relation.within else ""
    return (
        f"One of {named.relation.entity_set}, by {' or '.join(ways)}{within}; the first that is given and found counts."
    )


def _of_number(kind: Kind, number: Property) -> str:
    if not number.is_writable:
        return "Given by Business Central's number series; it finds a record and is not written."
    if number.name == "code":
        return f"What the {kind.noun.one} is called by; upper case."
    return "Blank or absent: the next one of Business Central's number series."


def _lines(kind: Kind, child: Child) -> dict[str, Any]:
    """A line: what it is for says which properties it takes."""
    return {"type": "object", "oneOf": [_line(kind, type_) for type_ in child.types]}


def _line(kind: Kind, type_: LineType) -> dict[str, Any]:
    properties = _properties(shape_of_line(kind, type_))
    if kind.journal is None:
        properties = {"lineType": {"enum": [*dict.fromkeys((type_.words, type_.name))]}, **properties}
    else:
        properties |= {name: dict(_TEXT) for name in (*kind.journal.sides, *kind.journal.sides.values())}
    properties["externalId"] = {**_TEXT, "description": "The sender's own id of the line."}
    if type_.object:
        properties |= _dimensions(_dimensions_of_lines(kind))
    line: dict[str, Any] = {"title": type_.words, "properties": properties}
    if type_.object:
        line["anyOf"] = [{"required": [name]} for name in dict.fromkeys((type_.object, type_.number))]
    needs = [type_.needs] if type_.needs and kind.journal is not None else []
    return {**line, "required": [*(["lineType"] if kind.journal is None else []), *needs]}


def _dimensions_of_lines(kind: Kind) -> Child | None:
    return next((child for child in kind.children if child.holds == "dimension_set"), None)


def _in_every_record(kind: Kind) -> dict[str, Any]:
    """What any record may say besides."""
    extra: dict[str, Any] = {"externalId": {**_TEXT, "description": "The sender's own id."}}
    extra["_sdc_deleted_at"] = {"type": ["string", "null"], "description": "When it was deleted: a deletion."}
    if kind.actions:
        extra["isDraft"] = {"type": ["boolean", "null"], "description": "false: post it."}
        extra["action"] = {"enum": [*(each.name for each in kind.actions), None]}
    return {**extra, **_dimensions(kind.dimensions), **_files(kind)}


def _dimensions(child: Child | None) -> dict[str, Any]:
    """Dimensions, as the service nests them and by any name of theirs."""
    if child is None:
        return {}
    nested = ("code", "valueCode") if child.holds == "dimension_set" else ("dimensionCode", "dimensionValueCode")
    named = ("id", "number", "name", "valueId", "valueNumber", "value")
    return {"dimensions": _list_of(named), child.navigation: _list_of(nested)}


def _list_of(names: Iterable[str]) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": {"type": "object", "properties": dict.fromkeys(names, _NAMING)}}


def _files(kind: Kind) -> dict[str, Any]:
    """The files that may come with a record."""
    file = {
        "type": "object",
        "properties": {
            "path": {**_TEXT, "description": "Below the folder that attachments_path names."},
            "content": {**_TEXT, "description": "The file in base64."},
            "name": {**_TEXT, "description": "Its name; without one, that of the path."},
        },
        "anyOf": [{"required": ["path"]}, {"required": ["content"]}],
    }
    attachments = {ATTACHMENTS: {"type": ["array", "null"], "items": file}} if kind.attachments else {}
    return {**attachments, **({PICTURE: file} if kind.has_picture else {})}


def _required(kind: Kind) -> list[dict[str, Any]]:
    """Of each group one property: a number or code, or the id that says the same."""
    groups: list[Iterable[str]] = list(kind.facts.required)
    for name in kind.needs:
        relation = kind.facts.relation(name)
        groups.append(relation.names if relation is not None else names_of(kind, name))
    natural = kind.natural_key
    if kind.parents is not None:
        groups.append((kind.parents.type,))
    elif natural is not None and natural.name != kind.number_property:
        groups.append((natural.name, kind.number_property, "id"))
    if kind.journal is not None and kind.number_property:
        groups.append((kind.number_property,))
    return _of_groups(groups)


def rights_of(facts: EntitySet) -> list[str]:
    """What a tenant lets people do with the rows of an entity set."""
    rights = {"insert": facts.insertable, "update": facts.updatable, "delete": facts.deletable}
    return [name for name, has in rights.items() if has]


def _needs_setting(kind: Kind, action: Action) -> str | None:
    """The setting that has to name an action, with what it has to hold where that is not the action's name alone."""
    if action.is_custom:
        return f"allowed_actions: {kind.name}.{action.name}"
    return "allowed_actions" if action.reaches_out else None


def _deletion(kind: Kind) -> Mapping[str, str]:
    removal = kind.removal
    if kind.journal is not None:
        return {"block": "rejected", "delete": "rejected"}
    states = " and ".join(f"{name} {value}" for name, value in removal.only_while.items())
    deletes = "not allowed" if not kind.facts.deletable else f"deleted while it has {states}" if states else "deleted"
    blocks = (
        "rejected" if removal.block is None else f"set to {', '.join(f'{k} {v}' for k, v in removal.block.items())}"
    )
    return {"block": blocks, "delete": deletes, "ignore": "left"}
