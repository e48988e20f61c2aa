"""Ctrl-C and SIGTERM, at whatever moment: the right end, and outcomes and STATE are complete for what is done."""

from __future__ import annotations

import io
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import open_desk

from dynamics_bc_plugin.ending import Terminated
from target_dynamics_bc.interrupting import Interruption
from target_dynamics_bc.target import TargetDynamicsBC
from tests.target.at_the_desk import CONFIG, DeskTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from emulator.in_process import Desk as Service

    from dynamics_bc_client.transport import Request, Response

RECORDS = 5
CHUNK = 2


class Piped:
    """One run of the command's body; a signal comes at the n-th of the moments that it passes, or from it on."""

    def __init__(
        self,
        service: Service,
        store: Path,
        *,
        number: int = signal.SIGINT,
        moment: int | None = None,
        once: bool = True,
        **config: Any,
    ) -> None:
        self.moments = self.received = 0
        self._signal, self._moment, self._once = number, moment, once
        self._folder = store
        self.output = io.StringIO()
        self.raised: BaseException | None = None
        transport = DeskTransport(service, self._asking)
        config = {**CONFIG, "store_path": str(store), "max_concurrent_requests": 1, **config}
        target = TargetDynamicsBC(config=config, transport=transport, output=self, sleep=lambda _: None)  # type: ignore[arg-type]
        try:
            with target.end_told():
                try:
                    target.listen(Lines(self))  # type: ignore[arg-type]
                finally:
                    target.close()
        except BaseException as error:  # noqa: BLE001 - that is what is looked at
            self.raised = error
        self.lines: list[Any] = [json.loads(line) for line in self.output.getvalue().splitlines()]

    @property
    def states(self) -> list[int]:
        """The STATE values that came."""
        return [line["n"] for line in self.lines]

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """All lines of the outcomes file."""
        path = self._folder / "outcomes.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def pass_moment(self) -> None:
        """A moment at which a signal may come."""
        self.moments += 1
        if (
            self._moment is not None
            and self.moments >= self._moment
            and (self.moments == self._moment or not self._once)
        ):
            os.kill(os.getpid(), self._signal)

    def write(self, text: str) -> None:
        """Standard output."""
        self.pass_moment()
        self.output.write(text)

    def flush(self) -> None:
        """Standard output."""
        self.pass_moment()

    def _asking(self, request: Request, send: Callable[[Request], Response]) -> Response:
        self.pass_moment()
        response = send(request)
        self.pass_moment()
        return response


class Lines:
    """Vendors, each with a STATE behind it, and a moment before each line."""

    def __init__(self, piped: Piped) -> None:
        self._piped = piped
        self._lines = self._written()

    def readline(self, _limit: int) -> str:
        """The next line; nothing at the end."""
        return next(self._lines, "")

    def _written(self) -> Iterator[str]:
        messages: list[Any] = [
            {"type": "SCHEMA", "stream": "Vendors", "schema": {"properties": {}}, "key_properties": []}
        ]
        for n in range(1, RECORDS + 1):
            record = {"externalId": f"v-{n}", "vendorName": f"Vendor {n}"}
            messages += [
                {"type": "RECORD", "stream": "Vendors", "record": record},
                {"type": "STATE", "value": {"n": n}},
            ]
        for message in messages:
            self._piped.pass_moment()
            if message["type"] == "STATE":
                self._piped.received = message["value"]["n"]
            yield json.dumps(message) + "\n"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few records are carried through at a time, so that there is a middle."""
    monkeypatch.setattr("target_dynamics_bc.order.CHUNK", CHUNK)


@pytest.mark.parametrize(
    ("number", "ends_as", "line", "once"),
    [
        (signal.SIGINT, KeyboardInterrupt, "exit code 130: interrupted. ", True),
        # Whoever cannot wait sends it again and again.
        (signal.SIGTERM, Terminated, "exit code 143: terminated. ", False),
    ],
)
def test_a_signal_at_any_moment_loses_and_doubles_nothing(  # noqa: PLR0917 - fixtures
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    number: int,
    ends_as: type[BaseException],
    line: str,
    once: bool,
) -> None:
    caplog.set_level("INFO")
    undisturbed = open_desk()
    before = len(undisturbed.company.find("vendors"))
    moments = Piped(undisturbed, tmp_path / "undisturbed").moments
    assert moments > 3 * RECORDS
    for moment in range(1 + once, moments + 1, 2):
        service, store = open_desk(), tmp_path / str(moment)
        caplog.clear()
        interrupted = Piped(service, store, number=number, moment=moment, once=once)
        assert isinstance(interrupted.raised, ends_as), moment
        assert [line in each for each in caplog.messages if "ended with" in each] == [True]
        done = [each["position"] for each in interrupted.outcomes]
        assert done == list(range(1, len(done) + 1)), moment
        reached = min(len(done), interrupted.received)
        assert interrupted.states[-1:] == ([reached] if reached else []), moment
        again = Piped(service, store)
        assert (again.raised, again.states[-1]) == (None, RECORDS), moment
        assert len(service.company.find("vendors")) == before + RECORDS, moment


def test_a_job_has_all_its_outcomes_on_its_last_line_whenever_a_signal_comes(tmp_path: Path) -> None:
    moments = Piped(open_desk(), tmp_path / "undisturbed", state_format="hotglue").moments
    for moment in range(moments, moments - 8, -1):
        store = tmp_path / str(moment)
        interrupted = Piped(open_desk(), store, moment=moment, state_format="hotglue")
        assert isinstance(interrupted.raised, KeyboardInterrupt), moment
        told = interrupted.lines[-1]["bookmarks"].get("Vendors", []) if interrupted.lines else []
        assert len(told) == len(interrupted.outcomes), moment


def test_a_second_signal_does_not_break_off_what_the_first_one_ends() -> None:
    interruption = Interruption()
    with pytest.raises(KeyboardInterrupt):
        interruption.take(signal.SIGINT)
    interruption.take(signal.SIGTERM)
    with interruption:
        interruption.take(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interruption.checkpoint()  # nothing more is asked for


def test_a_signal_while_the_target_is_made_ends_it_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TargetDynamicsBC, "setup_mapper", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(Terminated):
            TargetDynamicsBC(config=CONFIG)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
