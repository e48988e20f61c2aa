"""The body of a request, as far as the service takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

# Of the service's documented limits.
BODY_LIMIT = 350 * 1024 * 1024
# Of a form that signs in: an assertion is the longest thing in one.
FORM_LIMIT = 64 * 1024


class TooLarge(Exception):  # noqa: N818 - what is said of the body
    """The body is larger than the limit; the rest of it is not read."""

    @staticmethod
    def response() -> Response:
        """What is answered; the connection cannot be used again."""
        return Response(
            "<h1>413 Request Entity Too Large</h1>", 413, headers={"Connection": "close"}, media_type="text/html"
        )


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The whole body.

    Raises:
        TooLarge: It says that it is larger than the limit, or turns out to be.
    """
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit:
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge
    return bytes(body)
