"""Whether the body of a control is what it must be: known names, values of their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_CALLED: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


def checked(raw: Any, what: str, types: Mapping[str, type]) -> dict[str, Any]:
    """The object as it came; a null is as good as nothing.

    Args:
        raw: Decoded JSON.
        what: What it should be, such as `a clock`.
        types: Its names with the types of their values; `float` takes whole numbers too, `object` anything.

    Raises:
        ValueError: It is no such object; the message says where.
    """
    if not isinstance(raw, dict):
        raise TypeError(f"{what} is an object, not {raw!r}")
    for name, value in raw.items():
        if name not in types:
            raise ValueError(f"{what} has no {name}; it has {', '.join(types)}")
        if value is not None and not is_a(value, types[name]):
            raise ValueError(f"{name} of {what} is {_CALLED[types[name]]}, not {value!r}")
    return {name: value for name, value in raw.items() if value is not None}


def is_a(value: Any, wanted: type) -> bool:
    """Whether a decoded JSON value is of a type; `true` is no number."""
    if wanted is object:
        return True
    if isinstance(value, bool) or wanted is bool:
        return isinstance(value, bool) and wanted is bool
    if wanted is float:
        return not isinstance(value, (str, list, dict))
    return isinstance(value, wanted)


def at_least_zero(told: Mapping[str, Any], what: str, *names: str) -> None:
    """Refuse negative numbers.

    Raises:
        ValueError: One of the values is below zero.
    """
    for name in names:
        if told.get(name, 0) < 0:
            raise ValueError(f"{name} of {what} is not below 0, as {told[name]} is")
