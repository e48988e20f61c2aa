"""Whoever follows the service knows it: by its notifications, or through a replica that lags. Random histories."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from emulator.in_process import Desk, json_of, open_desk
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.notifying.calling import Answer
from dynamics_bc_emulator.notifying.notifier import Notifier
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("create"), PLACES),
    st.tuples(st.just("change"), PLACES),
    st.tuples(st.just("delete"), PLACES),
    st.tuples(st.just("fail"), PLACES),
    st.tuples(st.just("wait"), st.sampled_from((1, 7, 20, 31))),
)
HISTORIES = st.lists(STEPS, min_size=1, max_size=14)
settings.register_profile("histories", derandomize=True, deadline=None, max_examples=12)


def ids(desk: Desk, **headers: str) -> dict[str, str]:
    """The vendors of the histories, with their cities."""
    answer = desk.ask("GET", "vendors", headers=headers, filter="startswith(number,'F-')", select="id,city")
    return {row["id"]: row["city"] for row in json_of(answer)["value"]}


class History:
    """Vendors that come, change and go."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.count = 0

    def do(self, kind: str, number: int) -> None:
        getattr(self, kind)(number)

    def create(self, number: int) -> None:
        self.count += 1
        self.desk.ask("POST", "vendors", {"number": f"F-{number}", "displayName": "x", "city": f"{self.count}"})

    def change(self, number: int) -> None:
        self.count += 1
        row = self.desk.company.first("vendors", number=f"F-{number}")
        if row:
            self.desk.change(f"vendors({row['id']})", {"city": f"{self.count}"})

    def delete(self, number: int) -> None:
        row = self.desk.company.first("vendors", number=f"F-{number}")
        if row:
            self.desk.remove(f"vendors({row['id']})")

    def fail(self, number: int) -> None:
        """A snapshot that creates and changes, and is taken back."""
        url = f"companies({self.desk.company.id})/vendors"
        new = {"method": "POST", "url": url, "body": {"number": f"F-{number + 10}", "displayName": "x"}}
        bad = {"method": "POST", "url": url, "body": {"nope": 1}}
        self.desk.ask("POST", "$batch", {"requests": [new, bad]}, {"isolation": "snapshot"})

    def wait(self, seconds: int) -> None:
        self.desk.clock.advance(timedelta(seconds=seconds))


def with_desk(check: Callable[[Desk], None]) -> None:
    desk = open_desk()
    try:
        check(desk)
    finally:
        desk.service.store.close()


@settings(settings.get_profile("histories"))
@given(history=HISTORIES, answers=st.lists(st.sampled_from((None, 200, 200, 503)), max_size=4))
def test_a_receiver_that_reads_what_it_is_told_of_knows_the_set(
    history: list[tuple[str, int]], answers: list[int | None]
) -> None:
    def check(desk: Desk) -> None:
        known: dict[str, str] = {}
        left = list(answers)

        def call(_: str, body: bytes, __: dict[str, str], ___: float) -> Answer | None:
            status = left.pop(0) if left else 200
            for one in decode(body)["value"] if status == 200 else ():
                id_ = one["resource"].rpartition("(")[2].rstrip(")")
                answer = desk.ask("GET", f"vendors({id_})")
                if answer.status == 200:
                    known[id_] = json_of(answer)["city"]
                else:
                    known.pop(id_, None)
                assert (one["changeType"] == "deleted") <= (answer.status == 404)
            return None if status is None else Answer(status)

        desk.handshake = lambda _: True
        notifier = Notifier(desk.service, call)
        body: dict[str, Any] = {
            "notificationUrl": "http://127.0.0.1:9",
            "resource": f"companies({desk.company.id})/vendors",
        }
        assert desk.ask("POST", "/subscriptions", body).status == 201
        lived = History(desk)
        for kind, number in history:
            lived.do(kind, number)
            notifier.deliver()
        for _ in range(8):
            desk.clock.advance(timedelta(minutes=20))
            notifier.deliver()
        assert known == ids(desk)
        assert notifier.due() is None

    with_desk(check)


@settings(settings.get_profile("histories"))
@given(history=HISTORIES, lag=st.sampled_from((0.5, 5, 20)))
def test_a_replica_shows_what_was_there_as_long_ago_as_it_lags(history: list[tuple[str, int]], lag: float) -> None:
    def check(desk: Desk) -> None:
        desk.service.switches = desk.service.switches.changed({"replica_lag_seconds": lag})
        primary = {"data-access-intent": "ReadWrite"}
        ids(desk)
        states = [(desk.clock(), ids(desk, **primary))]
        lived = History(desk)
        for kind, number in history:
            lived.do(kind, number)
            states.append((desk.clock(), ids(desk, **primary)))
            seen_until = desk.clock() - timedelta(seconds=lag)
            expected = [state for at, state in states if at <= seen_until] or [states[0][1]]
            assert ids(desk) == expected[-1]

    with_desk(check)
