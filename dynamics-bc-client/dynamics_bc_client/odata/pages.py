"""What is in a page of rows, and where does the next one start?

A page is kept as the bytes that came: finding its next link builds nothing of the rows but their keys, so a thread that
reads ahead costs little, and whoever wants the rows decodes them once. The keys are looked at because status 200 is no
promise: the service has begun to answer before it has read the last row, and what goes wrong then stands in the page,
as an `error` beside the rows, in their place, or as one more of them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_client.errors import PageBroken, UnexpectedAnswer
from dynamics_bc_client.odata.decoding import decode
from dynamics_bc_client.odata.urls import company_in, environment_in, origin
from dynamics_bc_client.redaction import clean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it came.

    Attributes:
        body: The JSON, undecoded: `{"value": [...], ...}`.
        next_link: Where the next page is; None on the last one. A page without rows may have one.
        url: What was asked for.
        served_at: The service's own clock (`Date` header), UTC.
        page_size: The number of rows that was asked for; None when nobody said.
        row_count: The number of rows that came.
        ends: The keys of the first and the last row, as they came; empty without rows, or without keys to look for.
    """

    body: bytes = field(repr=False)
    next_link: str | None
    url: str
    served_at: datetime
    page_size: int | None
    row_count: int
    ends: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class RowKeys:
    """What every row of a page must have to be one.

    Attributes:
        names: The properties of its key, as far as they were asked for.
        expanded: The same for the rows of each navigation property that was expanded, by its name.
        many: Of what was expanded: whether it is a list, which every row then has, if only an empty one. One row may be
            missing: no source tells whether the service writes null or nothing.
    """

    names: tuple[str, ...] = ()
    expanded: tuple[tuple[str, RowKeys], ...] = ()
    many: bool = False


PAGE = "a page of rows"
TEXT_SHOWN = 500

ANY_ROWS = RowKeys()
"""Rows that need no key."""


class _Rows(msgspec.Struct):
    value: list[dict[str, Any]]


_ROWS = msgspec.json.Decoder(_Rows, float_hook=Decimal)
_ANYTHING = msgspec.json.Decoder()
_OBJECT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What there is to know of a page without its rows.

    Attributes:
        next_link: Where the next page is, verbatim: what the server put into it is its own business.
        row_count: The number of its rows.
        ends: The keys of its first and its last row, as they came; empty without rows, or without keys.
    """

    next_link: str | None
    row_count: int
    ends: tuple[bytes, ...] = ()


def check_page(body: bytes, *, root: str | None, keys: RowKeys = ANY_ROWS) -> PageFacts:
    """What there is to know of a page.

    Args:
        body: The page as it came.
        root: The URL that it came from; None where whoever asks looks at the link.
        keys: What its rows must have.

    Raises:
        PageBroken: There is an error in the page, or a row lacks a part of its key or a list that was expanded.
        UnexpectedAnswer: The body is no page, or its link is not to be followed, see `checked_link`.
    """
    try:
        page = decode(_decoder(keys), body, wanted=PAGE, stays_raw=True)
        if _has_error(page):
            _refuse_page(decode(_ANYTHING, body, wanted=PAGE))
        if _holds_error(page.value, keys):
            _refuse_errors(decode(_ANYTHING, body, wanted=PAGE))
    except PageBroken:
        raise
    except UnexpectedAnswer as error:
        raise _unusable(body, error, keys) from error
    link = page.next_link or None
    if link is not None and root is not None:
        checked_link(link, root)
    return PageFacts(link, len(page.value), _ends(page.value, keys))


def checked_link(link: str, root: str) -> str:
    """A next link that may be followed.

    Args:
        link: As it came.
        root: The URL of the page that it stands in.

    Raises:
        UnexpectedAnswer: It leads to another scheme, host or port (our token stays here), or to another company or
            environment, whose rows would be taken for this one's.
    """
    if origin(link) != origin(root):
        raise UnexpectedAnswer(
            f"The next link leads to {_host(link)}, not to {_host(root)}, so it was not followed; "
            "check api_url or full_url."
        )
    ours, theirs = (company_in(each) for each in (root, link))
    if ours and theirs and ours != theirs:
        raise UnexpectedAnswer(f"The next link leads from the company {ours} to {theirs}, so it was not followed.")
    # A copy of an environment has the companies of the first one, ids and all.
    here, there = (environment_in(each) for each in (root, link))
    if here and there and here != there:
        there = clean(there)[:TEXT_SHOWN]
        raise UnexpectedAnswer(f'The next link leads from environment "{here}" to "{there}", so it was not followed.')
    return link


def _ends(rows: Any, keys: RowKeys) -> tuple[bytes, ...]:
    """The keys of the first and the last row."""
    if not rows or not keys.names:
        return ()
    return tuple(
        bytes(getattr(row, f"key{number}")) for row in (rows[0], rows[-1]) for number in range(len(keys.names))
    )


@lru_cache
def _decoder(keys: RowKeys) -> msgspec.json.Decoder[Any]:
    rows: Any = list[_row_type(keys)]  # type: ignore[misc]
    fields: list[Any] = [("value", rows), ("next_link", str | None, None), *_optional(_ERRORS)]
    names = {"next_link": "@odata.nextLink", **_ERRORS}
    return msgspec.json.Decoder(msgspec.defstruct("Page", fields, rename=names, kw_only=True))


def _row_type(keys: RowKeys) -> type[msgspec.Struct]:
    """The struct of a row: its key, which must be there, and the rows that were expanded with it."""
    names = {f"key{number}": name for number, name in enumerate(keys.names)}
    names |= {_expansion(number): name for number, (name, _) in enumerate(keys.expanded)}
    fields: list[Any] = [(f"key{number}", msgspec.Raw) for number in range(len(keys.names))]
    for number, (_, below) in enumerate(keys.expanded):
        kind = _row_type(below)
        expansion = (_expansion(number), list[kind] if below.many else list[kind] | kind | None)  # type: ignore[valid-type]
        fields.append(expansion if below.many else (*expansion, None))
    errors = {attribute: name for attribute, name in _ERRORS.items() if name not in names.values()}
    fields += _optional(errors)
    return msgspec.defstruct("Row", fields, rename={**errors, **names}, kw_only=True, gc=False)


_ERRORS = {"error": "error", "named_error": "Error", "older_error": "odata.error"}
"""Under which names an error is told in what was to be a page: by OData 4, in the spelling of .NET, by OData 3."""


_ERROR_OF = {name: attrgetter(name) for name in _ERRORS}


def _optional(names: Iterable[str]) -> list[Any]:
    return [(name, Any, None) for name in names]


def _has_error(found: Any) -> bool:
    return any(getattr(found, name, None) is not None for name in _ERRORS)


def _expansion(number: int) -> str:
    return f"expansion{number}"


def _holds_error(rows: Any, keys: RowKeys) -> bool:
    """Whether some row has something under the name of an error: it may be a property of that name."""
    if not rows:
        return False
    for name, error_of in _ERROR_OF.items():
        # Of every row of every page: counted without a step of Python for each.
        if hasattr(rows[0], name) and [*map(error_of, rows)].count(None) < len(rows):
            return True
    for number, (_, below) in enumerate(keys.expanded):
        lists = map(attrgetter(_expansion(number)), rows)
        expanded = [each for found in lists if found for each in (found if isinstance(found, list) else (found,))]
        if _holds_error(expanded, below):
            return True
    return False


def _refuse_page(decoded: Any) -> None:
    """Raise the error of a page, which is one whatever its form: beside its rows a page has nothing of that name.

    Raises:
        PageBroken: Always.
    """
    error = next(decoded[name] for name in _ERRORS.values() if decoded.get(name) is not None)
    raise _broken_off(*(_told(error) or ("", error if isinstance(error, str) else json.dumps(error))))


def _refuse_errors(decoded: Any) -> None:
    """Raise the first error that is in a page, however deep.

    Raises:
        PageBroken: There is one.
    """
    if isinstance(decoded, list):
        for each in decoded:
            _refuse_errors(each)
    elif isinstance(decoded, dict):
        for name in _ERRORS.values():
            if (told := _told(decoded.get(name))) is not None:
                raise _broken_off(*told)
        for each in decoded.values():
            _refuse_errors(each)


def _told(error: Any) -> tuple[str, str] | None:
    """Code and text of an object that is an error; None for any other value."""
    if not isinstance(error, dict):
        return None
    members = {str(name).lower(): value for name, value in error.items()}
    if not members.keys() & {"code", "message"}:
        return None
    message = members.get("message") or ""
    text = message.get("value") or "" if isinstance(message, dict) else message  # as OData 3 has it
    return str(members.get("code") or ""), str(text)


def _broken_off(code: str, text: str) -> PageBroken:
    code, text = (clean(each)[:TEXT_SHOWN] for each in (code, text))
    said = ": ".join(each for each in (code, text) if each)
    return PageBroken(f"The service broke off a page with an error. It says: {said}", code=code, text=text)


def _unusable(body: bytes, error: UnexpectedAnswer, keys: RowKeys) -> UnexpectedAnswer:
    """Why a body that could not be decoded is no page."""
    if error.repeatable:
        return _broken_off_with(body) or error  # it is no JSON at all
    try:
        decoded = decode(_ANYTHING, body, wanted=PAGE)
        _refuse_errors(decoded)
    except PageBroken as broken:
        return broken
    except UnexpectedAnswer as broken_off:
        return _broken_off_with(body) or broken_off
    found = decoded.get("value") if isinstance(decoded, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found) or "$.value" not in str(error):
        return error
    told = (_told(row) for row in found if not row.keys() >= {*keys.names})
    if (said := next((each for each in told if each is not None), None)) is not None:
        return _broken_off(*said)
    return PageBroken(f"The service sent a row without its key or its expansions ({error.__cause__}).")


_IN_A_BROKEN_PAGE = re.compile(rb'"(?:odata\.)?error"\s*:\s*(?=\{)', re.IGNORECASE)


def _broken_off_with(body: bytes) -> PageBroken | None:
    """The error that a service wrote where it stopped in a page that it had begun: with it the page is no JSON."""
    places = [found.end() for found in _IN_A_BROKEN_PAGE.finditer(body)]
    if not places:
        return None
    try:
        told = _told(json.JSONDecoder().raw_decode(body[places[-1] :].decode(errors="replace"))[0])
    except (ValueError, RecursionError):
        return None
    return None if told is None else _broken_off(*told)


def _host(url: str) -> str:
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}" if host else "no readable host"


def rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of a page.

    Numbers with a fraction or an exponent come as `decimal.Decimal` with the service's digits, the others as int:
    both exact.

    Raises:
        UnexpectedAnswer: The body is no page.
    """
    return decode(_ROWS, body, wanted=PAGE).value


def row(body: bytes) -> dict[str, Any]:
    """One entity, decoded as in `rows`; an empty body is an empty entity.

    Raises:
        UnexpectedAnswer: The body is no JSON object.
    """
    return decode(_OBJECT, body, wanted="a JSON object") if body.strip() else {}
