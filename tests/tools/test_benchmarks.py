"""Do the benchmarks still run, and do they count what they say they count?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import turns  # noqa: E402 - a script's folder is no package


def printed(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("script", "arguments", "figures"),
    [
        ("emission.py", ["--rows", "200"], {"SDK as it comes", "default decoding", "raw_values"}),
        (
            "target_reading.py",
            ["--records", "200"],
            {"bills read", "unified entries read and mapped", "vendors in a dry run"},
        ),
    ],
)
def test_a_benchmark_without_a_network_gives_its_figures(script: str, arguments: list[str], figures: set[str]) -> None:
    found = json.loads(printed(script, "--once", "--repeats", "1", *arguments))
    assert figures <= found.keys()
    assert all(value > 0 for value in found.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("planning.py", ["--companies", "1"]),
        ("in_flight.py", ["--companies", "2", "--latency-ms", "1"]),
        ("emulator.py", ["--scale", "1"]),
    ],
)
def test_a_benchmark_measures_a_release_beside_itself(script: str, arguments: list[str]) -> None:
    assert "now : before" in printed(script, "--repeats", "1", "--against", sys.executable, *arguments)


@pytest.mark.slow
def test_a_first_read_is_measured_whole_and_after_a_kill() -> None:
    lines = printed("backfill.py", "--rows", "120000", "--latency-ms", "1").splitlines()
    assert [line for line in lines if line.startswith("killed at half")]
    assert [line for line in lines if line.startswith("the rest of it")]


def test_the_smallest_figure_of_each_release_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([5, 9, 7, 4])
    order = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        order.append(command[0])
        return subprocess.CompletedProcess(command, 0, f'log\n{{"span": {next(given)}}}\n', "")

    monkeypatch.setattr(turns.subprocess, "run", run)
    best = turns.in_turn("script.py", [], against=Path("other"), repeats=2)
    assert best == {turns.NOW: {"span": 7}, turns.BEFORE: {"span": 4}}
    assert order == ["other", sys.executable, sys.executable, "other"]


def test_a_rate_below_its_target_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    best = {turns.NOW: {"sdk": 0.5, "ours": 0.1}, turns.BEFORE: {"sdk": 0.5, "ours": 0.2}}
    assert turns.print_rates(best, beside={"ours": "sdk"}, targets={"ours": 5.0})
    assert not turns.print_rates(best, beside={"ours": "sdk"}, targets={"ours": 5.1})
    assert capsys.readouterr().out.splitlines()[2].split() == ["ours", "10", "5.00", "5.0", "5", "2.00"]
