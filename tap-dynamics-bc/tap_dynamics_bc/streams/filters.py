"""Can a stream be filtered, and does a filter make sense for it?

A filter is the service's own language (OData), so what it means is the service's affair. What it cannot mean is said
before anything is read: a property that is not there, brackets or quotes that do not close, and what the service
ignores in silence, which would export what somebody meant to keep back: `in` (older builds) and lambdas (Microsoft's
page on OData's known limitations).
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.streams.routes import ENVIRONMENT_LIST

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from tap_dynamics_bc.streams.description import Stream

_TOKEN = re.compile(
    r"""
    (?P<text>'(?:[^']|'')*')
    | (?P<open_text>'.*)
    | (?P<value>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[-+]?\d[\w:.+-]*)
    | (?P<name>[A-Za-z_][\w.]*(?:/[A-Za-z_][\w.]*)*)
    | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = frozenset({"and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "true", "false", "null"})
_IGNORED = frozenset({"in", "any", "all"})
_SHOWN = 3


def checked_filters(
    filters: Mapping[str, str], streams: Mapping[str, Stream], read_before: Container[str] = ()
) -> dict[str, str]:
    """The filters by the names of their streams, all names spelled as the service spells them.

    Args:
        filters: As they were given.
        streams: All streams by name.
        read_before: Streams that the state knows. One that is not there any more is a failure of the run, and no
            mistake in the settings.

    Raises:
        ConfigurationError: With one sentence for each that makes no sense.
    """
    spelled = {name.casefold(): name for name in streams}
    found: dict[str, str] = {}
    problems: list[str] = []
    for given, text in filters.items():
        name = spelled.get(given.casefold())
        if name is None:
            nearest = _nearest(given, streams)
            # A stream of another route may not be needed in this run, so that nobody asked what there is.
            if given not in read_before and ("_" not in given or nearest != "."):
                problems.append(f"The setting filters names {given}, and there is no such stream{nearest}")
            continue
        try:
            found[name] = checked_filter(streams[name], text)
        except ValueError as fault:
            problems.append(f"The filter of {name} {fault}")
    if problems:
        raise ConfigurationError(" ".join(problems), problems=tuple(problems))
    return found


def checked_filter(stream: Stream, text: str) -> str:
    """A filter of a stream, its properties spelled as the service spells them.

    Raises:
        ValueError: It makes no sense.
    """
    if stream.route is ENVIRONMENT_LIST:
        raise ValueError("cannot be asked for: the list of environments is not OData.")
    if any(not leg.many for way in stream.ways for leg in way.legs[-1:]):
        raise ValueError("cannot be asked for: its rows come one with each parent, and only lists can be filtered.")
    _check_brackets(text)
    names = {name.casefold(): name for name in (*stream.properties, *stream.entity_set.type.navigation)}
    return "".join(_spelled(match, text, names, stream) for match in _tokens(text))


def _tokens(text: str) -> Iterator[re.Match[str] | str]:
    """The tokens of a filter, and what is between them."""
    position = 0
    for match in _TOKEN.finditer(text):
        yield text[position : match.start()]
        yield match
        position = match.end()
    yield text[position:]


def _spelled(token: re.Match[str] | str, text: str, names: Mapping[str, str], stream: Stream) -> str:
    if isinstance(token, str):
        return token and " "
    if token["open_text"]:
        raise ValueError(f"has a quote that does not close: {token['open_text']}. A quote in a text is doubled.")
    if token["name"] is None:
        return token[0]
    name, behind = token["name"], text[token.end() :].lstrip()
    *_, last = name.split("/")
    if last in _IGNORED and behind.startswith("("):
        raise ValueError(f'uses "{last}", which the service may ignore and then return every row. Use eq and or.')
    # A function, an operator, or a type such as Microsoft.NAV.status'Open'.
    if name in _WORDS or behind.startswith(("(", "'")) or "." in name:
        return name
    first, slash, rest = name.partition("/")
    if first.casefold() not in names:
        raise ValueError(f"names {first}, which is not a property of {stream.name}{_nearest(first, names.values())}")
    return f"{names[first.casefold()]}{slash}{rest}"


def _check_brackets(text: str) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth < 0:
            break
    if depth:
        raise ValueError("has brackets that do not match.")


def _nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not known."""
    folded = {each.casefold(): each for each in known}
    close = [folded[each] for each in get_close_matches(name.casefold(), folded, n=_SHOWN)]
    return f"; did you mean {' or '.join(close)}?" if close else "."
