"""One call to a receiver: of this machine only, with an answer or without."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import TypeVar, cast
from urllib.parse import quote, urlsplit

Result = TypeVar("Result")
HANDSHAKE_SECONDS = 5.0
SENDING_SECONDS = 30.0
# What is read of an answer; a token is short.
_LONGEST_ANSWER = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said."""

    status: int
    body: bytes = b""


# Takes a url, a body, headers and seconds to wait; gives None where nobody answers.
Call = Callable[[str, bytes, dict[str, str], float], "Answer | None"]


def is_on_this_machine(url: str) -> bool:
    """Whether a url is plain HTTP to the loopback interface: the emulator calls nobody else."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "http":
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def call(url: str, body: bytes, headers: dict[str, str], seconds: float) -> Answer | None:
    """POST to a receiver; no proxy is asked and no redirect is followed."""
    if not is_on_this_machine(url):
        return None
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(HTTPConnection(parts.hostname or "", parts.port or 80, timeout=seconds)) as connection:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read(_LONGEST_ANSWER))
    except (OSError, HTTPException):
        return None


def shakes_hands(url: str, token: str, call: Call) -> bool:
    """Whether a receiver returns the token that it is given in its query, with 200."""
    joined = "&" if urlsplit(url).query else "?"
    asked = f"{url}{joined}validationToken={quote(token, safe='')}"
    answer = call(asked, b"", {"Content-Length": "0"}, HANDSHAKE_SECONDS)
    return answer is not None and answer.status == 200 and token in answer.body.decode(errors="replace")


async def in_thread(do: Callable[[], Result]) -> Result:
    """What a function returns that waits for somebody; an emulator that ends does not wait for it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def tell(result: Result | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast("Result", result))

    def run() -> None:
        result, error = None, None
        try:
            result = do()
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is waited for
            error = raised
        with suppress(RuntimeError):
            # The loop may have ended.
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await done
