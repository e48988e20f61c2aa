"""One life of a file: written under misfortunes, in one run and the next, and compared with what is there.

`one_life` is the whole of it. What it checks: each record has one outcome in every run that ends; at any time the
general ledger holds what the outcomes say, record by record; in the end every record is there once, as it says, or
nowhere; and what is sent once more changes nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from books.asked import number_of
from books.clerk import Clerk
from books.documents import POSTED, TRADES
from books.masters import MASTERS
from books.misfortunes import Misfortunes, UnluckyTransport
from books.records import newer, random_file
from books.truth import (
    agree,
    draft_books,
    journal_books,
    journal_drafts,
    journal_files,
    last_entry,
    ledger,
    open_amount,
)  # fmt: skip
from books.world import ASSET, ASSETS, CHARGE, ODD_CUSTOMER, ODD_ITEM, ODD_VENDOR, ROUNDED_ITEM, World
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport

from dynamics_bc_client.odata.targets import ACTION
from dynamics_bc_emulator.rules.dimensions import dimensions_of
from tests.target.desk_pipe import pipe_at
from tests.target.killing import let_minutes_pass

if TYPE_CHECKING:
    from pathlib import Path

    from books.asked import Asked
    from emulator.in_process import Desk

    from dynamics_bc_client.transport import Request
    from tests.target.conftest import Piped

DONE = frozenset({"posted", "existing", "unchanged"})
THERE = frozenset({"created", "updated", "unchanged", "existing", "posted"})
SETTLED = frozenset({"existing", "unchanged"})
_OF_CHARGE = {"taxGroupCode": "STANDARD", "generalProductPostingGroupCode": "RETAIL"}
LATE_FOR = 21
"""Minutes after which nothing that was sent is carried out any more."""


def one_life(
    seed: int, folder: Path, *, size: int = 12, store: bool | None = None, is_early: bool = False
) -> Counter[str]:
    """Write a random file under random misfortunes until it is done.

    Args:
        seed: Decides everything.
        folder: An empty folder for what the target keeps.
        size: How many records.
        store: Whether the target has a store; the seed decides when None.
        is_early: As of a `World`.

    Returns:
        How many records, runs and requests there were, and what befell them.

    Raises:
        AssertionError: A promise is broken; it names the seed.
    """
    try:
        return Life(seed, folder, size=size, store=store, is_early=is_early).live()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, size {size}, store {store}: {error}") from error


def drawn(
    seed: int, *, size: int, store: bool | None, is_early: bool = False, contact: str = ""
) -> tuple[random.Random, World, list[Asked]]:
    """The world and the file of a seed, and what decides all else; `is_early` and `contact` as of a `World`."""
    chance = random.Random(seed)
    has_store = chance.random() < 0.75
    world = World(
        has_store=has_store if store is None else store,
        is_odd=chance.random() < 0.4,
        orders_need_numbers=chance.random() < 0.3,
        contact=contact,
        is_early=is_early,
    )
    return chance, world, random_file(chance, size, world)


class Life:
    """A file, the company that it is written to, and somebody else who works there.

    Attributes:
        unheard: Names of records whose documents were turned into others, and the answer was another one.
    """

    def __init__(self, seed: int, folder: Path, *, size: int, store: bool | None, is_early: bool = False) -> None:
        self.folder = folder
        self.desk = open_desk()
        contact = self.desk.company.find("customerContacts")[0]["id"]
        self.chance, self.world, self.file = drawn(seed, size=size, store=store, is_early=is_early, contact=contact)
        if self.world.is_odd:
            make_odd(self.desk)
        self.desk.company.insert("_itemCharges", {"number": CHARGE, "description": "Freight", **_OF_CHARGE})
        self.desk.company.insert("_fixedAssetAccounts", {"fixedAssetNumber": ASSET, "acquisitionAccount": ASSETS})
        if not self.world.orders_need_numbers:
            self.desk.company.insert("_externalDocumentNumbers", {"party": "Vendor", "mandatory": False})
        self.since = last_entry(self.desk)
        self.clerk = Clerk(
            self.desk, self.chance, self.chance.choice(((), ("post",), ("post", "text", "line", "delete")))
        )
        self.settings: dict[str, Any] = {
            "max_concurrent_requests": 1 if self.chance.random() < 0.9 else 5,
            "dimension_mappings": {"class": "CLASS", "department": "DEPARTMENT"},
            "on_delete": "delete",
            "retry_dead_letters": self.world.has_store and self.chance.random() < 0.3,
        }
        self.was_killed = False
        self.unheard: set[str] = set()
        self.counts: Counter[str] = Counter(records=size)
        self.before = ledger(self.desk, self.since)

    def live(self) -> Counter[str]:
        if self.world.has_store and self.chance.random() < 0.2:
            self._preview()
        for _ in range(self.chance.randrange(1, 4)):
            self._unlucky_run()
        self._calm_run()
        if self.chance.random() < 0.6:
            self._new_versions()
            self._unlucky_run()
            self._calm_run()
        self._nothing_more()
        return self.counts

    def _preview(self) -> None:
        """Of a preview, whatever befalls it, nothing is left behind the next one."""
        before = self._all_rows()
        self._run(UnluckyTransport(self.desk, Misfortunes(self.chance, share=0.12, kills=0.5)), preview=True)
        assert ledger(self.desk, self.since) == self.before
        let_minutes_pass(self.folder / "store", LATE_FOR)
        piped = self._run(DeskTransport(self.desk), preview=True)
        assert piped is not None
        self._check_outcomes(piped)
        assert not piped.states, piped.states
        left = {name: ids - before[name] for name, ids in self._all_rows().items() if ids - before[name]}
        assert not left, (left, piped.outcomes)

    def _all_rows(self) -> dict[str, set[str]]:
        sets = {*POSTED, *TRADES, *MASTERS, "journalLines", "vendorPayments", "customerPayments"}
        return {name: {row["id"] for row in self.desk.company.find(name)} for name in sets}

    def _new_versions(self) -> None:
        """Some records say something else from now on; what a quote was turned into is posted."""
        for place, asked in enumerate(self.file):
            if asked.turned is not None and asked.posts and not (self._is_touched(asked) or asked.held_back):
                self.file[place] = asked.turned
                continue
            is_settled = not (asked.posts or asked.is_bad or asked.pays or asked.name in self.clerk.touched)
            if is_settled and asked.name.startswith("r") and self.chance.random() < 0.5:
                self.file[place] = newer(self.chance, asked, self.world)

    def _records(self) -> list[tuple[str, dict[str, Any]]]:
        pieces = [piece for asked in self.file for piece in asked.pieces]
        return [*((asked.stream, asked.record) for asked in self.file), *pieces]

    def _run(self, transport: DeskTransport, **settings: Any) -> Piped | None:
        self.before = ledger(self.desk, self.since)
        piped = pipe_at(
            transport, self._records(), self.folder, store=self.world.has_store, **self.settings, **settings
        )
        self.counts["runs"] += 1
        self.counts["requests"] += len(transport.asked)
        return piped

    def _unlucky_run(self) -> None:
        during = self.chance.random() < 0.5
        misfortunes = Misfortunes(
            self.chance,
            share=0.12,
            kills=0.5,
            late=self.world.has_store and self.chance.random() < 0.3,
            meddling=self.clerk.meddle if during else None,
            unheard=self.note_unheard,
        )
        transport = UnluckyTransport(self.desk, misfortunes)
        piped = self._run(transport)
        self.counts.update(misfortunes.counts)
        self.was_killed |= piped is None
        if piped is not None:
            self._check_outcomes(piped)
            self._check_ledger(piped)
        misfortunes.catch_up(transport)
        let_minutes_pass(self.folder / "store", LATE_FOR)
        if self.chance.random() < 0.5:
            self.clerk.meddle()

    def note_unheard(self, request: Request) -> None:
        """A request is carried out and its answer is another one: note whose documents it turns into others."""
        asked_for = f"{request.url} {(request.body or b'').decode(errors='replace')}"
        if ACTION in asked_for:
            turning = (each for each in self.file if each.place is not None and each.place.becomes)
            self.unheard |= {
                each.name for each in turning for row in each.place.rows(self.desk) if row["id"] in asked_for
            }

    def _calm_run(self) -> None:
        piped = self._run(DeskTransport(self.desk))
        assert piped is not None
        self._check_outcomes(piped)
        self._check_ledger(piped)
        for asked in self.file:
            self._check_end(asked, piped.outcome(asked.name))
        self._check_payments(piped)

    def _nothing_more(self) -> None:
        """What is sent once more changes nothing."""
        piped = self._run(DeskTransport(self.desk))
        assert piped is not None
        assert ledger(self.desk, self.since) == self.before
        for asked in self.file:
            outcome = piped.outcome(asked.name)
            untouched = not self._is_touched(asked)
            # Of what was turned into another by a run that could not note it, nobody can tell for certain whose it is.
            unnoted = self.was_killed or not self.world.has_store or asked.name in self.unheard
            turned = asked.place is not None and asked.place.becomes and unnoted
            if untouched and not asked.is_bad and not asked.held_back and not turned:
                assert outcome["outcome"] in SETTLED, outcome
            if untouched:
                self._check_end(asked, outcome)

    # --- checks ---

    def _check_outcomes(self, piped: Piped) -> None:
        by_record = Counter(outcome["external_id"] for outcome in piped.outcomes if outcome["position"])
        names = Counter(asked.name for asked in self.file)
        assert by_record == names, by_record - names or names - by_record
        internal = [each for each in piped.outcomes if any(error["code"] == "internal" for error in each["errors"])]
        assert not internal, internal

    def _check_ledger(self, piped: Piped) -> None:
        """The ledger holds what the outcomes of a run claim; of what is uncertain all or nothing."""
        found = ledger(self.desk, self.since)
        by_name = {asked.name: asked for asked in self.file}
        strangers = found.documents.keys() - by_name.keys()
        assert not strangers, strangers
        for name, asked in by_name.items():
            self._check_books(asked, piped.outcome(name), found.by_record.get(name, Counter()))

    def _check_books(self, asked: Asked, outcome: dict[str, Any], found: Any) -> None:
        kind, name = outcome["outcome"], asked.name
        told = (outcome, found, asked.books)
        if name in self.clerk.posted:
            as_the_clerk_saw_it = agree(found, self.clerk.posted[name])
            assert as_the_clerk_saw_it or agree(found, asked.books), told
            # A quote is done once it is an invoice, which is the clerk's to post.
            if kind in {"posted", "unchanged"} and not outcome["errors"] and asked.posts and asked.turned is None:
                assert agree(found, asked.books), told
        elif kind == "posted" and not outcome["errors"]:
            assert agree(found, asked.books), told
        elif kind in SETTLED and asked.posts:
            assert agree(found, asked.books) or name in self.clerk.touched, told
        elif kind == "posted":
            # It was refused and done all the same, or somebody was at it in that very moment, and it says so.
            assert agree(found, asked.books) or name in self.clerk.touched, told
        elif kind == "uncertain" or outcome_is_open(outcome):
            assert not found or agree(found, asked.books), told
        elif name not in self.clerk.touched:
            # An earlier run may have posted it and not have been told so; this one has not.
            assert agree(found, self.before.by_record.get(name, Counter())), told

    def _check_end(self, asked: Asked, outcome: dict[str, Any]) -> None:
        kind, codes = outcome["outcome"], {error["code"] for error in outcome["errors"]}
        unknown = not self.world.has_store or asked.name in self.unheard or (self.was_killed and asked.held_back)
        if unknown and codes == {"posted_differs"} and asked.place and asked.place.becomes:
            # Without a store, or the answer, nobody knows that it was turned into another by its own record; nor where
            # a discount that nobody asked for makes it come to something else.
            assert self._rows(asked) == (0, 1), (outcome, self._rows(asked))
            return
        touched = self._is_touched(asked)
        if asked.is_bad:
            assert kind == "rejected", outcome
            assert codes, outcome
            self._check_left_alone(asked, outcome)
            return
        if asked.is_gone:
            assert kind in {"deleted", *SETTLED} or asked.name in self.clerk.posted, outcome
            assert self._rows(asked) == (0, 0) or touched, (outcome, self._rows(asked))
            return
        if touched:
            assert max(self._rows(asked)) <= 1, (outcome, self._rows(asked))
            return
        if kind == "rejected":
            assert asked.posts, (asked.record, outcome)
            assert codes <= asked.held_back, (asked.record, outcome)
            assert self._rows(asked) == (1, 0), (outcome, self._rows(asked))
            return
        assert kind in THERE, outcome
        assert not (asked.posts and asked.is_surely_held_back), outcome
        if asked.posts:
            assert kind in DONE, outcome
        expected = (int(asked.is_in_part), 1) if asked.posts else (1, 0)
        if asked.place is None:
            self._check_journal(asked, outcome)
            return
        assert self._rows(asked) == expected, (asked.record, outcome, self._rows(asked))
        (row,) = asked.place.ended(self.desk) if asked.posts else asked.place.rows(self.desk)
        self._check_row(asked, outcome, row)

    def _is_touched(self, asked: Asked) -> bool:
        return not self.clerk.touched.isdisjoint({asked.name, *asked.pays})

    def _check_payments(self, piped: Piped) -> None:
        """Of each bill that is paid in the file so much is open as its payments leave."""
        paid: Counter[str] = Counter()
        for asked in self.file:
            if asked.posts and piped.outcome(asked.name)["outcome"] in DONE:
                paid.update(asked.pays)
        by_name = {asked.name: asked for asked in self.file}
        for name, part in paid.items():
            if name not in self.clerk.touched:
                total = by_name[name].total
                assert total is not None
                assert open_amount(self.desk, number_of(name)) == total - part, (name, total, part)

    def _check_left_alone(self, asked: Asked, outcome: dict[str, Any]) -> None:
        """What a rejected record would have changed is as it was."""
        before = asked.stays
        if before is None:
            assert self._rows(asked) == (0, 0), (outcome, self._rows(asked))
        elif before.name in self.clerk.touched:
            assert max(self._rows(asked)) <= 1, (outcome, self._rows(asked))
        elif before.place is None:
            self._check_journal(before, outcome)
        else:
            assert self._rows(before) == (1, 0), (outcome, self._rows(before))
            (row,) = before.place.rows(self.desk)
            self._check_row(before, outcome, row)

    def _check_row(self, asked: Asked, outcome: dict[str, Any], row: dict[str, Any]) -> None:
        assert asked.place is not None
        shown = {name: row[name] for name in asked.values}
        assert shown == dict(asked.values), (outcome, shown)
        assert asked.codes.items() <= dimensions_of(row).items(), (outcome, row)
        if asked.place.entity_set in TRADES and not asked.posts:
            there = draft_books(self.desk, asked.place.entity_set, row)
            if not asked.held_back:
                wanted = asked.books or there
                assert agree(there, wanted), (asked.record, outcome, there, asked.books)
        if asked.files:
            kept = self.desk.company.find("documentAttachments", parentId=row["id"])
            assert sorted(each["fileName"] for each in kept) == sorted(asked.files), (outcome, kept)

    def _check_journal(self, asked: Asked, outcome: dict[str, Any]) -> None:
        drafts = journal_drafts(self.desk, asked.number)
        leaves_copies = self.was_killed and not self.world.has_store
        if asked.files and not leaves_copies:
            files = journal_files(self.desk, asked.number)
            assert files == sorted(asked.files), (outcome, files)
        if asked.posts:
            assert not drafts or leaves_copies, (outcome, drafts)
            return
        wanted = len(asked.record.get("lineItems", asked.record.get("journalLines", [None])))
        assert len(drafts) == wanted, (outcome, drafts)
        assert agree(journal_books(drafts), asked.books), (outcome, drafts, asked.books)

    def _rows(self, asked: Asked) -> tuple[int, int]:
        """How many drafts, and how many posted documents or what it was turned into."""
        if asked.place is None:
            return len(journal_drafts(self.desk, asked.number)), 0
        return len(asked.place.rows(self.desk)), len(asked.place.ended(self.desk))


def outcome_is_open(outcome: dict[str, Any]) -> bool:
    """Whether a record was rejected for now, to be sent again as it is."""
    return outcome["outcome"] == "rejected" and any(error["code"] == "undecided" for error in outcome["errors"])


def make_odd(desk: Desk) -> None:
    """Give one vendor and one customer lines and discounts that no record asks for, and round pieces and totals."""
    line = {
        "party": "Vendor", "number": ODD_VENDOR, "entitySet": "purchaseInvoices", "lineType": "Account",
        "lineObjectNumber": "8450", "description": "Freight", "quantity": 1, "price": 12, "_place": 1,
    }  # fmt: skip
    desk.company.insert("_recurringLines", line)
    discount = {
        "party": "Vendor", "number": ODD_VENDOR, "itemNumber": ODD_ITEM, "minimumQuantity": 0, "discountPercent": 10,
    }  # fmt: skip
    desk.company.insert("_lineDiscounts", discount)
    whole = {
        "itemNumber": ROUNDED_ITEM, "unitOfMeasureCode": "PCS", "quantityPerUnitOfMeasure": 1,
        "quantityRoundingPrecision": 1,
    }  # fmt: skip
    desk.company.insert("_itemUnitsOfMeasure", whole)
    off_the_bill = {
        "party": "Customer", "code": ODD_CUSTOMER, "currencyCode": "", "minimumAmount": 100, "discountPercent": 10,
    }  # fmt: skip
    desk.company.insert("_invoiceDiscounts", off_the_bill)
    for party, currency, step in (("Customer", "", "0.05"), ("Customer", "SEK", "1"), ("Vendor", "SEK", "1")):
        rounding = {"party": party, "currencyCode": currency, "way": "Nearest", "account": "9140"}
        desk.company.insert("_invoiceRounding", {**rounding, "precision": Decimal(step)})
