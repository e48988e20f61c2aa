"""Does a changed emulator answer as the one before it did?

Records every request that a command makes of the emulators it starts, controls included, and asks two versions of the
emulator the same requests again: status, headers and body are compared byte for byte. Ids, tokens and the clock come
from the recording, so that both versions have the same ones.

    git worktree add ../before COMMIT
    python benchmarks/compare_answers.py record RECORDING -- python -m pytest tests/emulator tests/emulator_writing
    python benchmarks/compare_answers.py compare RECORDING ../before/dynamics-bc-emulator dynamics-bc-emulator

`record` sets PYTHONPATH for the command; emulators that are started as `python -m dynamics_bc_emulator` write one file
each. A version's sources are the folder that has `dynamics_bc_emulator` in it. The exit code is 1 if an answer differs.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import itertools
import json
import os
import random
import secrets
import subprocess
import sys
import time
import uuid
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

FOLDER = "RECORD_EMULATOR_INTO"
# Options that name places of the machine that was recorded on.
_DROPPED_OPTIONS = ("--data", "--config-out", "--port")
_SITE = """
import os, sys
if "dynamics_bc_emulator" in sys.orig_argv:
    sys.path.append({benchmarks!r})
    import compare_answers
    compare_answers.record_here()
"""


class Fixed:
    """What is otherwise different in every run: the time, ids, tokens."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.random = random.Random(1)
        self.ids = itertools.count(1)

    def install(self) -> None:
        """Take the place of the machine's own."""
        from dynamics_bc_emulator.clock import Clock  # noqa: PLC0415 - the version is chosen by the path

        Clock.__init__.__defaults__ = (None, lambda: self.now)
        uuid.uuid4 = self._new_uuid
        time.time = self._seconds
        secrets.token_bytes = lambda size=32: bytes(size or 32)
        secrets.token_urlsafe = lambda size=32: base64.urlsafe_b64encode(self.random.randbytes(size or 32)).decode()
        secrets.token_hex = lambda size=32: self.random.randbytes(size or 32).hex()

    def begin(self, path: str, now: datetime) -> None:
        """A request begins; a reset makes ids and tokens begin again, too."""
        self.now = now
        if path.endswith("/_emulator/reset"):
            self.random = random.Random(1)
            self.ids = itertools.count(1)

    def _seconds(self) -> float:
        return self.now.timestamp()

    def _new_uuid(self) -> uuid.UUID:
        """Ids of rows count up, so that they do not depend on how many ids of requests are drawn between them."""
        of_a_row = Path(sys._getframe(1).f_code.co_filename).name == "store.py"
        return uuid.UUID(f"{next(self.ids) if of_a_row else 0xFACADE:08x}-0000-4000-8000-000000000000")


# -- recording
# -----------------------------------------------------------------------------------------------------------------


def record(folder: Path, command: list[str]) -> int:
    """Run a command whose emulators write down what they are asked."""
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    (site / "sitecustomize.py").write_text(_SITE.format(benchmarks=str(Path(__file__).parent)), encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, FOLDER: str(folder.resolve())}
    return subprocess.run(command, env=environment, check=False).returncode


def record_here() -> None:
    """Make this process write down what its emulator is asked."""
    import uvicorn  # noqa: PLC0415 - not in the processes that compare

    fixed = Fixed(datetime.now(timezone.utc))
    fixed.install()
    serve = uvicorn.Server.serve

    async def recorded(server: Any, *arguments: Any, **named: Any) -> None:
        with (Path(os.environ[FOLDER]) / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
            _write(file, {"argv": sys.argv[1:], "now": fixed.now.isoformat()})
            server.config.app = _recorder(server.config.app, fixed, file)
            await serve(server, *arguments, **named)

    uvicorn.Server.serve = recorded


def _recorder(app: Callable[..., Awaitable[None]], fixed: Fixed, file: TextIO) -> Callable[..., Awaitable[None]]:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = await _body(receive)
        fixed.begin(scope["path"], datetime.now(timezone.utc))
        kept = {name: scope[name] for name in ("method", "path", "scheme", "http_version")}
        octets = {name: scope[name].decode("latin-1") for name in ("raw_path", "query_string")}
        headers = [[part.decode("latin-1") for part in pair] for pair in scope["headers"]]
        request = {**kept, **octets, "headers": headers, "body": base64.b64encode(body).decode()}
        _write(file, {"now": fixed.now.isoformat(), "server": list(scope["server"]), **request})
        await app(scope, _messages(body), send)

    return application


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def _messages(body: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _write(file: TextIO, line: dict[str, Any]) -> None:
    file.write(json.dumps(line) + "\n")
    file.flush()


# -- asking again
# -----------------------------------------------------------------------------------------------------------------


def ask(recording: Path, answers: Path) -> None:
    """Ask this process's version what was recorded, and write down its answers."""
    import uvicorn  # noqa: PLC0415 - not in the processes that compare

    from dynamics_bc_emulator.command import emulator  # noqa: PLC0415 - the version is chosen by the path

    lines = (json.loads(line) for line in recording.read_text(encoding="utf-8").splitlines())
    start = next(lines)
    fixed = Fixed(datetime.fromisoformat(start["now"]))
    fixed.install()

    async def serve(server: Any, **_: Any) -> None:
        server.started = True
        await asyncio.sleep(0.01)
        asyncio.sleep = _no_sleep
        with answers.open("w", encoding="utf-8") as file:
            for request in lines:
                fixed.begin(request["path"], datetime.fromisoformat(request["now"]))
                _write(file, await _answer(server.config.app, request))

    uvicorn.Server.serve = serve
    emulator.main([*_options(start["argv"]), "--port", "0"], standalone_mode=False)


async def _no_sleep(_: float) -> None:
    """Delays are no part of an answer."""


def _options(argv: list[str]) -> Iterator[str]:
    words = iter(argv)
    for word in words:
        if word in _DROPPED_OPTIONS:
            next(words)
        else:
            yield word


async def _answer(app: Callable[..., Awaitable[None]], request: dict[str, Any]) -> dict[str, Any]:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "client": ["127.0.0.1", 1],
        "server": request["server"],
        "root_path": "",
        **{name: request[name] for name in ("method", "path", "scheme", "http_version")},
        **{name: request[name].encode("latin-1") for name in ("raw_path", "query_string")},
        "headers": [[part.encode("latin-1") for part in pair] for pair in request["headers"]],
    }
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asked = f"{request['method']} {request['path']}?{request['query_string']}"
    try:
        await app(scope, _messages(base64.b64decode(request["body"])), send)
    except Exception as error:  # noqa: BLE001 - a connection that is cut cannot be found here, which is an answer too
        return {"asked": asked, "raised": type(error).__name__}
    body = b"".join(message.get("body", b"") for message in sent)
    return {
        "asked": asked,
        "status": sent[0]["status"] if sent else None,
        "headers": sorted([part.decode("latin-1") for part in pair] for pair in sent[0]["headers"]) if sent else [],
        "sha256": hashlib.sha256(body).hexdigest(),
        "body": body[:2000].decode("utf-8", "replace"),
    }


# -- comparing
# -----------------------------------------------------------------------------------------------------------------


def compare(folder: Path, versions: list[Path], shown: int, *, reuse: bool) -> int:
    """Ask both versions all that was recorded; gives the number of answers that differ."""
    asked: Counter[str] = Counter()
    different: Counter[str] = Counter()
    for recording in sorted(folder.glob("*.jsonl")):
        first = _answers(versions[0], recording, folder / "first", reuse=reuse)
        second = _answers(versions[1], recording, folder / "second", reuse=False)
        for before, after in itertools.zip_longest(first, second):
            kind = _kind(before or after or {})
            asked[kind] += 1
            if before != after:
                different[kind] += 1
                if different.total() <= shown:
                    print(f"- {json.dumps(before)}\n+ {json.dumps(after)}")  # one line each, to be compared by eye
    for kind, number in sorted(asked.items()):
        print(f"{kind}: {number} answers, {different[kind]} different")
    print(f"all: {asked.total()} answers, {different.total()} different")
    return different.total()


def _answers(version: Path, recording: Path, folder: Path, *, reuse: bool) -> list[dict[str, Any]]:
    folder.mkdir(exist_ok=True)
    answers = folder / recording.name
    if not (reuse and answers.exists()):
        environment = {**os.environ, "PYTHONPATH": str(version.resolve()), "PYTHONHASHSEED": "0"}
        command = [sys.executable, __file__, "ask", str(recording), str(answers)]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]


def _kind(answer: dict[str, Any]) -> str:
    method, _, place = answer["asked"].partition(" ")
    where = "control" if "/_emulator/" in place else "data" if "/v2.0/" in place[:8] else "sign-in and environments"
    return f"{where} {method} {answer.get('status', 'cut')}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record")
    recording.add_argument("folder", type=Path)
    recording.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    asking = commands.add_parser("ask")
    asking.add_argument("recording", type=Path)
    asking.add_argument("answers", type=Path)
    comparing = commands.add_parser("compare")
    comparing.add_argument("folder", type=Path)
    comparing.add_argument("versions", type=Path, nargs=2, metavar="SOURCES")
    comparing.add_argument("--reuse", action="store_true", help="take the first version's answers of the last time")
    comparing.add_argument("--show", type=int, default=20, help="differences to print")
    given = parser.parse_args()
    if given.command == "record":
        return record(given.folder, [word for word in given.words if word != "--"])
    if given.command == "ask":
        ask(given.recording, given.answers)
        return 0
    return 1 if compare(given.folder, given.versions, given.show, reuse=given.reuse) else 0


if __name__ == "__main__":
    sys.exit(main())
