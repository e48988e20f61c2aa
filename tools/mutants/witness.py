"""A plugin of pytest: which tests failed, by what, and whose code was it?

It runs inside the copy of the tree. A test has noticed a mutant when an assertion of the test fails. A module that
cannot be imported, or an error that nobody expected, is no such thing.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mutants.witness_names import REPORT, ROOT, TRACE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType
    from typing import TypeAlias

    Tracer: TypeAlias = Callable[[FrameType, str, Any], Any]

PACKAGES = ("dynamics_bc_", "tap_dynamics_bc", "target_dynamics_bc")
_ROOT = os.environ[ROOT]
_TESTS = os.path.join(_ROOT, "tests")  # noqa: PTH118 - compared with the file names of code, which are texts
_COPIED = {path.parent.name for path in Path(_ROOT).glob("*/*/__init__.py") if path.parent.name.startswith(PACKAGES)}
_TRACED = tuple(os.path.join(_ROOT, folder, "") for folder in os.environ.get(TRACE, "").split(os.pathsep) if folder)  # noqa: PTH118

ended: dict[str, dict[str, Any]] = {}
reached: dict[str, dict[str, int]] = {}
_now: dict[str, set[int]] = {}
_tracers: dict[str, Tracer | None] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Note how each test ended."""
    report = yield
    known = ended.setdefault(item.nodeid, {"outcome": "passed", "seconds": 0.0, "by": "", "asserted": False})
    known["seconds"] += call.duration
    if report.skipped:
        known["outcome"] = "skipped"
    elif report.failed and call.excinfo is not None:
        known |= {"outcome": "failed", "by": _text(call.excinfo), "asserted": _is_asserted(call)}
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Note which lines of ours a test reaches, where somebody asks for it."""
    if not _TRACED:
        return (yield)
    for lines in _now.values():
        lines.clear()
    sys.settrace(_trace)
    threading.settrace(_trace)
    try:
        return (yield)
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        reached[item.nodeid] = {file: sum(1 << line for line in lines) for file, lines in _now.items() if lines}


def _trace(frame: FrameType, event: str, argument: Any) -> Tracer | None:
    file = frame.f_code.co_filename
    if file not in _tracers:
        _tracers[file] = _tracer(file) if file.startswith(_TRACED) else None
    tracer = _tracers[file]
    return None if tracer is None else tracer(frame, event, argument)


def _tracer(file: str) -> Tracer:
    """What notes the lines of a file."""
    lines = _now.setdefault(file[len(_ROOT) + 1 :], set())

    def noted(frame: FrameType, event: str, argument: Any) -> Tracer:  # noqa: ARG001 - the signature of a trace function
        lines.add(frame.f_lineno)
        return noted

    return noted


def pytest_sessionfinish() -> None:
    """Write down how everything ended."""
    strays = [
        f"{name} from {module.__file__}"
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in _COPIED and not (module.__file__ or _ROOT).startswith(_ROOT)
    ]
    report = {
        "tests": ended,
        "strays": strays,
        "reached": reached,
    }
    Path(os.environ[REPORT]).write_text(json.dumps(report), encoding="utf-8")


def _is_asserted(call: pytest.CallInfo[None]) -> bool:
    """Whether it was an assertion of the test that failed: in its own file, or in one beside it."""
    if call.when != "call" or call.excinfo is None:
        return False
    error = call.excinfo
    last = str(error.traceback[-1].path)
    within = last.startswith(_TESTS) or "_pytest" in last
    return within and issubclass(error.type, (AssertionError, pytest.fail.Exception))


def _text(error: pytest.ExceptionInfo[BaseException]) -> str:
    return f"{error.typename}: {' '.join(str(error.value).split())[:200]}"
