"""A line of the input that never ends does not fill the memory, and one that is no message is named."""

from __future__ import annotations

import contextlib
import io

import pytest
from emulator.in_process import open_desk
from tap.desk_service import DeskService

from target_dynamics_bc import messages, target
from target_dynamics_bc.kinds import published
from target_dynamics_bc.messages import InputError, MessageReader
from target_dynamics_bc.target import TargetDynamicsBC


class Endless(io.TextIOBase):
    """A text without a line break; it says how much of it was read."""

    taken = 0

    def readline(self, size=-1):
        assert size > 0, "somebody reads to the end"
        self.taken += size
        return "x" * size


def test_a_line_without_an_end_is_a_sentence(monkeypatch):
    monkeypatch.setattr(messages, "LINE_CHARACTERS", 100)
    source = Endless()
    with pytest.raises(
        InputError, match=r"^Line 1 of the input has more than 100 characters: x+ \.\.\. Singer messages"
    ):
        MessageReader().process_lines(source, {})
    assert source.taken == 100


def test_a_line_of_the_utmost_length_is_read(monkeypatch):
    line = '{"type": "STATE", "value": {}}\n'
    monkeypatch.setattr(messages, "LINE_CHARACTERS", len(line))
    read = []
    MessageReader().process_lines(io.StringIO(line), {"STATE": read.append})
    assert len(read) == 1


def schemas(count):
    return "".join(f'{{"type": "SCHEMA", "stream": "s{number}", "schema": {{}}}}\n' for number in range(count))


def listen(text):
    service = DeskService(open_desk())
    with contextlib.closing(TargetDynamicsBC(config=service.config(), transport=service)) as listening:
        listening.listen(io.StringIO(text))


def test_streams_without_an_end_are_a_sentence(monkeypatch):
    monkeypatch.setattr(target, "MOST_STREAMS", 20)
    listen(schemas(20) * 3)
    with pytest.raises(InputError, match=r"^The input announces more than 20 streams; no source has so many\."):
        listen(schemas(21))


def test_what_the_tenant_publishes_is_put_together_once_for_all_streams(monkeypatch):
    read = []
    put_together = published.overlaid
    monkeypatch.setattr(published, "overlaid", lambda facts, metadata: read.append(0) or put_together(facts, metadata))
    listen(schemas(9))
    assert len(read) == 1


def test_a_type_of_a_message_is_shown_in_short():
    with pytest.raises(InputError) as caught:
        MessageReader().process_lines(io.StringIO('{"type": "' + "x" * 10_000 + '"}\n'), {})
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_input_in_utf_16_is_called_so(encoding):
    source = io.TextIOWrapper(io.BytesIO('\ufeff{"type": "STATE", "value": {}}\n'.encode(encoding)))
    with pytest.raises(InputError, match=r"^The input is UTF-16"):
        MessageReader().process_lines(source, {"STATE": lambda _: None})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '{"type": "STATE" "value": 1}',
            r"is not JSON \(column 18: a comma is missing before this, or .*\): \{\"type\": \"STATE\"",
        ),
        ('{"type": "RECORD", ', r"is not JSON \(column \d+: it ends too early; .*\): \{\"type\": \"RECORD\","),
        ("[1]", r"is not a Singer message: \[1\]$"),
    ],
)
def test_a_line_that_is_no_message_is_named_by_its_number(line, said):
    source = io.StringIO('{"type": "STATE", "value": {}}\n\n' + line + "\n")
    with pytest.raises(InputError, match=f"^Line 3 of the input {said}"):
        MessageReader().process_lines(source, {"STATE": lambda _: None})
