"""The commands `record` and `compare` of the emulator."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dynamics_bc_emulator.recording.exchanges import Unreadable, read
from dynamics_bc_emulator.unusable import Unusable

if TYPE_CHECKING:
    from dynamics_bc_emulator.recording.exchanges import Exchange
    from dynamics_bc_emulator.recording.parity import Parity
    from dynamics_bc_emulator.recording.recorder import Recorder

_SERVICE = "https://api.businesscentral.dynamics.com"
_SHOWN_QUESTIONS = 3


@click.command()
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option("--from", "service", default=_SERVICE, show_default=True, help="Address of the service.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port to listen on.")
def record(target: Path, service: str, port: int) -> None:
    """Record what a tenant answers, without what is secret in it.

    A proxy on this machine: your own program asks it instead of the service, with a token of its own. What is answered
    is passed on unchanged, and kept with every text replaced. Runs until it is told to end.
    """
    from dynamics_bc_emulator.recording.proxy import check_service, make_proxy  # noqa: PLC0415 - loads TLS
    from dynamics_bc_emulator.recording.recorder import Recorder  # noqa: PLC0415 - loads the catalogue

    try:
        check_service(service)
        with target.open("xb") as file:
            recorder = Recorder(file, service)
            recorder.begin()
            proxy = make_proxy(recorder, port)
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            click.echo(json.dumps({"url": f"http://127.0.0.1:{proxy.server_port}", "recording": str(target)}))
            with proxy, suppress(KeyboardInterrupt):
                proxy.serve_forever()
    except FileExistsError as error:
        raise Unusable(f"{target} is there already. Choose another --to, or remove it.") from error
    except ValueError as error:
        raise Unusable(f"{error}. Choose another --from.") from error
    except OSError as error:
        raise Unusable(f"Cannot record into {target} on port {port}: {error.strerror or error}.") from error
    click.echo(_summary(recorder, target), err=True)


def _summary(recorder: Recorder, target: Path) -> str:
    left = (
        f" {recorder.left_out} were left out, because they repeat a secret or could not be read."
        if recorder.left_out
        else ""
    )
    return f"{recorder.kept} answers are in {target}.{left}"


@click.command(
    short_help="List how the emulator answers a recording differently.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("recording", type=click.Path(path_type=Path))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def compare(recording: Path, options: tuple[str, ...]) -> None:
    """Put a recording's questions to the emulator, and list how its answers differ.

    Compared are status, names of headers, error codes, names and types of properties, numbers of rows and next links.
    Further OPTIONS, such as --release 29, are those of the emulator. Exit code 1 says that something differs.
    """
    from dynamics_bc_emulator.driver import start_business_central  # noqa: PLC0415 - where it is needed
    from dynamics_bc_emulator.recording.parity import compare as compare_with  # noqa: PLC0415 - likewise

    exchanges = readable(recording)
    limits = ("--requests-per-window", "1000000")
    try:
        running = start_business_central("--recording", str(recording), "--no-recorded-answers", *limits, *options)
    except RuntimeError as error:
        raise Unusable(str(error)) from error
    try:
        parity = compare_with(exchanges, running)
    finally:
        running.stop()
    for line in report(parity):
        click.echo(line)
    if parity.found:
        raise click.exceptions.Exit(1)


def readable(recording: Path) -> list[Exchange]:
    """The exchanges of a recording.

    Raises:
        Unusable: It cannot be read.
    """
    try:
        return read(recording)
    except Unreadable as error:
        raise Unusable(f"{error}.") from error
    except OSError as error:
        raise Unusable(f"Cannot read {recording}: {error.strerror or error}.") from error


def report(parity: Parity) -> list[str]:
    """What a parity run found, the most frequent difference first."""
    found = sorted(parity.found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    lines = [f"{difference} ({_at(questions)})" for difference, questions in found]
    left = [f"{count} questions were not put: {reason}." for reason, count in parity.left.items()]
    return [*lines, *left, f"{parity.compared} answers were compared; {len(found)} differences were found."]


def _at(questions: list[str]) -> str:
    more = len(questions) - _SHOWN_QUESTIONS
    return ", ".join(questions[:_SHOWN_QUESTIONS]) + (f", and {more} more" if more > 0 else "")
