"""How is JSON read that may be anything?

Whoever sent it may have broken it off, put a mark before it, or nested it deeper than anybody reads; a decoder says so
in four ways, and callers want one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.nesting import check_nesting

if TYPE_CHECKING:
    from typing import Protocol

    T_co = TypeVar("T_co", covariant=True)

    class Decoder(Protocol[T_co]):
        """A decoder of msgspec's."""

        def decode(self, body: bytes, /) -> T_co:
            """The value in a body."""
            ...


T = TypeVar("T")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def decode(decoder: Decoder[T], body: bytes, *, wanted: str, stays_raw: bool = False) -> T:
    """What is in a body.

    Args:
        decoder: Says of which type it must be.
        body: As it came.
        wanted: What it must be, for the message, such as "a page of rows".
        stays_raw: Most of it stays as it came, and what is looked into is decoded once more.

    Raises:
        UnexpectedAnswer: It is something else. Repeatable when it is no JSON at all: then it was broken off, or it came
            from somebody in between.
    """
    try:
        if not stays_raw:
            check_nesting(body)
        return decoder.decode(body.removeprefix(BYTE_ORDER_MARK))
    except ArithmeticError as error:
        raise UnexpectedAnswer(f"The response is not {wanted} (a number in it is too large for any).") from error
    except msgspec.ValidationError as error:
        raise UnexpectedAnswer(f"The response is not {wanted} ({error}).") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnexpectedAnswer(f"The response is not {wanted} ({error}).", repeatable=True) from error
