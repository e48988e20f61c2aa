"""A real browser without a window, driven through its own DevTools over two pipes: nothing is installed for it."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")

# A shell cannot hand on descriptors above 9.
_LAUNCH = """
import fcntl, os, sys
# Out of the way first, so that neither is overwritten.
theirs = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3]]
for place, one in enumerate(theirs, start=3):
    os.dup2(one, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


def executable() -> str | None:
    """Chromium of this machine, if it has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Browser:
    """One window of a browser.

    Attributes:
        errors: What the page's scripts threw, and what the browser complained of.
    """

    process: subprocess.Popen[bytes]
    to_browser: int
    from_browser: int
    session: str = ""
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _number: int = 0
    _left: bytes = b""

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol; gives its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]
            self._note(told)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + SECONDS
        while b"\0" not in self._left:
            ready, _, _ = select.select([self.from_browser], [], [], until - time.monotonic())
            assert ready, "the browser does not answer"
            chunk = os.read(self.from_browser, 1 << 20)
            assert chunk, "the browser has ended"
            self._left += chunk
        text, _, self._left = self._left.partition(b"\0")
        return json.loads(text)

    def _note(self, told: dict[str, Any]) -> None:
        if told.get("method") == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(told["params"]["exceptionDetails"]))
        if told.get("method") == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
            self.errors.append(told["params"]["entry"]["text"])
        if told.get("method") == "Network.requestWillBeSent":
            self.asked.append(told["params"]["request"]["url"])

    def evaluate(self, expression: str) -> Any:
        """What an expression of JavaScript is in the page."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """What an expression is, once it is true."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if value := self.evaluate(expression):
                return value
            time.sleep(0.02)
        raise AssertionError(f"never: {expression}\n{self.evaluate('document.body.innerText')}\n{self.errors}")

    def press(self, key: str, code: int, text: str = "") -> None:
        """A key goes down and up."""
        for kind in ("keyDown", "keyUp"):
            told = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **told)

    def show(self, url: str, width: int = 1280, height: int = 800, scheme: str = "light") -> None:
        """Load a page in a window of that size."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])
        self.call("Page.navigate", url=url)

    def picture(self, path: Path) -> None:
        """What the window shows, as a file."""
        path.write_bytes(b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(SECONDS)
        os.close(self.to_browser)
        os.close(self.from_browser)


def start_browser(program: str, profile: Path) -> Browser:
    """Start it with a profile of its own; the protocol runs over its descriptors 3 and 4."""
    their_input, to_browser = os.pipe()
    from_browser, their_output = os.pipe()
    flags = [
        "--headless=new",
        "--no-first-run",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-dev-shm-usage",
    ]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    ends = (str(their_input), str(their_output))
    options = [*flags, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
    command = [sys.executable, "-c", _LAUNCH, *ends, program, *options]
    process = subprocess.Popen(
        command, pass_fds=(their_input, their_output), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(their_input)
    os.close(their_output)
    browser = Browser(process, to_browser, from_browser)
    try:
        _open_window(browser)
    except BaseException:
        browser.stop()
        raise
    return browser


def _open_window(browser: Browser) -> None:
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.call(f"{domain}.enable")
