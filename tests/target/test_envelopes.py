"""Which writes share a request, and which wait for others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from target.planning import BILLS, CUSTOMERS, ENTRIES, unit_of

from target_dynamics_bc.wanted.files import WantedFile
from target_dynamics_bc.writing.envelopes import Queue, Size, parts_of
from target_dynamics_bc.writing.steps import Send
from target_dynamics_bc.writing.writes import Address, Write

CREATE = Write("POST", Address("purchaseInvoices"), {})


def bill(vendor, name="b"):
    return unit_of(BILLS, fields={"vendorId": vendor}, identity=f"own:{name}")


def customer(name):
    return unit_of(CUSTOMERS, identity=f"own:{name}")


def entry(name):
    return unit_of(ENTRIES, identity=f"own:{name}")


def created(unit):
    unit.history.add(Send((CREATE,), "create"), [(CREATE, "done", {"id": "1"})])
    return unit


def patches(count, of=""):
    writes = (Write("PATCH", Address("purchaseInvoiceLines", f"{of}{n}"), {"x": n}) for n in range(count))
    return Send(tuple(writes), "update")


def new(set_="purchaseInvoices"):
    return Send((Write("POST", Address(set_), {}),), "create")


def post(name):
    return Send((Write("POST", Address("journals", name), action="post"),), "post")


def queue_of(*steps, size=100, at_once=5):
    parts = [part for unit, step in steps for part in parts_of(unit, step)]
    return Queue(parts, {part.group: Size(size) for part in parts}, at_once)


def taken(queue, busy=frozenset()):
    envelope = queue.take(frozenset(busy))
    return None if envelope is None else [part.unit.key.identity for part in envelope.parts]


def all_of(queue):
    """The envelopes that are in flight together when nothing comes back."""
    envelopes, busy = [], frozenset()
    while (envelope := queue.take(busy)) is not None:
        envelopes.append(envelope)
        busy |= envelope.touches
    return envelopes


def test_new_records_that_do_not_depend_on_each_other_share_a_request():
    queue = queue_of(*((customer(str(n)), new("customers")) for n in range(250)))
    assert [len(each.parts) for each in all_of(queue)] == [100, 100, 50]


def test_new_bills_of_one_vendor_are_never_in_flight_together_and_keep_their_order():
    queue = queue_of(*((bill("v", str(n)), new()) for n in range(3)), size=1)
    first = queue.take(frozenset())
    assert [part.unit.key.identity for part in first.parts] == ["own:0"]
    assert taken(queue, first.touches) is None
    assert taken(queue) == ["own:1"]


def test_what_comes_later_does_not_overtake_what_has_to_wait_for_something_else():
    change = Send((Write("PATCH", Address("journals", "j"), {"x": 1}),), "update")
    queue = queue_of((entry("a"), post("j")), (entry("b"), change))
    assert taken(queue, {(entry("a").books.id, "posting")}) is None
    assert taken(queue) == ["own:a"]


def test_bills_of_several_vendors_are_in_flight_at_once():
    queue = queue_of(*((bill(f"v{n % 4}", str(n)), new()) for n in range(40)), size=10, at_once=4)
    envelopes = all_of(queue)
    assert [{part.unit.resolved.fields["vendorId"] for part in each.parts} for each in envelopes] == [
        {"v0"}, {"v1"}, {"v2"}, {"v3"}
    ]  # fmt: skip


def test_few_bills_of_several_vendors_share_one_request():
    queue = queue_of(*((bill(f"v{n}", str(n)), new()) for n in range(5)), size=10)
    assert [len(each.parts) for each in all_of(queue)] == [5]


def test_a_change_of_a_draft_that_was_there_is_a_transaction_of_its_own():
    queue = queue_of((bill("v", "a"), patches(2, "a")), (bill("v", "b"), patches(2, "b")))
    assert [(len(each.parts), each.snapshot) for each in all_of(queue)] == [(1, True), (1, True)]


def test_nothing_shares_a_transaction_and_is_undone_because_another_record_is_refused():
    queue = queue_of((bill("v", "a"), patches(2, "a")), (bill("v", "b"), patches(1, "b")))
    assert [(len(each.pairs), each.snapshot) for each in all_of(queue)] == [(2, True), (1, False)]


def test_what_is_new_is_put_right_together_with_others():
    queue = queue_of((created(bill("v", "a")), patches(2, "a")), (created(bill("v", "b")), patches(3, "b")))
    (envelope,) = all_of(queue)
    assert (len(envelope.parts), len(envelope.pairs), envelope.snapshot) == (2, 5, False)


def test_a_step_of_a_new_record_is_not_cut_apart_for_want_of_room():
    queue = queue_of((created(bill("v", "a")), patches(3, "a")), (created(bill("v", "b")), patches(3, "b")), size=4)
    assert [len(each.pairs) for each in all_of(queue)] == [3, 3]


def test_a_step_of_more_writes_than_a_request_takes_goes_in_several_one_after_the_other():
    queue = queue_of((bill("v"), patches(250)))
    first = queue.take(frozenset())
    assert (len(first.pairs), first.parts[0].is_last) == (100, False)
    assert taken(queue, first.touches) is None
    queue.stop(first.parts[0].unit)
    assert taken(queue) is None


def test_there_are_never_two_requests_that_post_in_a_company():
    queue = queue_of(*((entry(str(n)), post(str(n))) for n in range(30)), size=10)
    assert [len(each.parts) for each in all_of(queue)] == [10]


def test_lines_of_one_journal_are_never_in_flight_together():
    journal = Address("journals", "J").below("journalLines")
    steps = [(entry(str(n)), Send((Write("POST", journal, {}, "line"),) * 2, "create")) for n in range(2)]
    assert len(all_of(queue_of(*steps))) == 1


def test_a_bill_does_not_overtake_one_of_its_vendor_that_has_no_room():
    two = Send((CREATE, CREATE), "create")
    queue = queue_of((bill("w", "a"), new()), (bill("v", "b"), two), (bill("v", "c"), new()), size=2)
    assert [taken(queue), taken(queue), taken(queue)] == [["own:a"], ["own:b"], ["own:c"]]


def test_what_a_file_holds_is_a_request_of_its_own():
    file = WantedFile("attachments[0]", "a.pdf", 1, lambda: b"a")
    contents = (Write("PATCH", Address("attachments", f"{n}"), {"bytes": 1}, content=file) for n in range(3))
    queue = queue_of((bill("v"), Send(tuple(contents), "update")))
    assert [len(queue.take(frozenset()).pairs) for _ in range(3)] == [1, 1, 1]


def test_a_batch_grows_while_it_is_quick_and_is_halved_when_it_is_slow_or_lost():
    size = Size(10)
    size.learn(10, 10.0, answered=True)
    assert size.operations == 20
    size.learn(3, 10.0, answered=True)
    assert size.operations == 20  # it was nearly empty, which says nothing
    size.learn(11, 10.0, answered=True)
    assert size.operations == 40
    size.learn(40, 30.0, answered=True)
    assert size.operations == 40
    size.learn(40, 60.0, answered=True)
    assert size.operations == 40
    size.learn(40, 61.0, answered=True)
    assert size.operations == 20
    size.learn(8, 1.0, answered=False)
    assert size.operations == 4
    size.learn(4, 1.0, answered=True)
    assert size.operations == 16
    for _ in range(9):
        size.learn(1, 1.0, answered=False)
    assert size.operations == 1
    for _ in range(9):
        size.learn(size.operations, 1.0, answered=True)
    assert size.operations == 100


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), st.booleans()), max_size=40), st.data())
def test_nothing_in_flight_touches_what_something_else_in_flight_touches(bills, data):
    """Whatever comes back first: all is sent once, and of each vendor in its order."""
    steps = []
    for number, (vendor, writes, is_new) in enumerate(bills):
        unit = bill(f"v{vendor}", str(number))
        steps.append((unit, new() if is_new else patches(writes, f"{number}-")))
    queue = queue_of(*steps, size=3, at_once=3)
    flying, sent = [], []
    while True:
        while len(flying) < 3 and (envelope := queue.take(frozenset().union(*(e.touches for e in flying)))):
            assert all(envelope.touches.isdisjoint(other.touches) for other in flying)
            flying.append(envelope)
            sent += [part.unit for part in envelope.parts]
        if not flying:
            break
        flying.pop(data.draw(st.integers(0, len(flying) - 1)))
    assert sorted(unit.key.identity for unit in sent) == sorted(f"own:{n}" for n in range(len(bills)))
    assert not queue.parts
    for vendor in range(5):
        numbers = [int(unit.key.identity.removeprefix("own:")) for unit in sent]
        creates = [number for number in numbers if bills[number][0] == vendor and bills[number][2]]
        assert creates == sorted(creates)
