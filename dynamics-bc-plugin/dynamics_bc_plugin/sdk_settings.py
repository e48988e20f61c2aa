"""What is wrong with the settings that the Singer SDK adds to every tap and target?

The SDK checks those of the tap with a JSON schema, whose validator speaks of types in Python's words, and is kept from
checking those of the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_WORDS = {
    "object": "a JSON object",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}


def sdk_problems(config: Mapping[str, Any], schema: Mapping[str, Any], own: Collection[str]) -> Iterator[str]:
    """What is wrong with settings of the SDK, a sentence for each.

    Args:
        config: The config.
        schema: The JSON schema of all settings, the SDK's among them.
        own: The names of the program's own settings, which check themselves.
    """
    for name, setting in schema["properties"].items():
        value = config.get(name)
        if name in own or value is None:
            continue
        errors = list(DEFAULT_JSONSCHEMA_VALIDATOR(setting).iter_errors(value))
        if not errors:
            continue
        error = min(errors, key=lambda each: len(each.absolute_path))
        if error.validator == "type" and not error.absolute_path:
            yield f"{name} must be {_WORDS[setting['type'][0]]}, not {_kind(value)}."
        else:
            place = f' at "{".".join(str(part) for part in error.absolute_path)}"' if error.absolute_path else ""
            yield f"{name} is not what the Singer SDK takes{place}; its documentation describes the setting."


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number", str: "text"}
    return kinds.get(type(value), type(value).__name__)
