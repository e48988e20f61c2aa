"""The tap reads through the recorder, then from the recording: is it the same tenant, with nothing of its own in it?"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dynamics_bc_emulator.driver import start_business_central

pytestmark = pytest.mark.slow

TAP = Path(sys.executable).with_name("tap-dynamics-bc")
EMULATOR = [sys.executable, "-m", "dynamics_bc_emulator"]
LIMITS = ("--requests-per-window", "1000000")


def read(folder: Path, name: str, settings: dict[str, Any]) -> Counter[str]:
    """How many records of each stream the tap reads."""
    config, catalog = folder / f"{name}.json", folder / f"{name}-catalog.json"
    config.write_text(json.dumps(settings))
    quiet = {"stderr": subprocess.DEVNULL, "timeout": 120}
    catalog.write_bytes(subprocess.check_output([TAP, "--config", config, "--discover"], **quiet))
    lines = subprocess.check_output([TAP, "--config", config, "--catalog", catalog], **quiet).splitlines()
    messages = map(json.loads, lines)
    return Counter(message["stream"] for message in messages if message["type"] == "RECORD")


def test_the_tap_reads_a_recording_as_it_read_the_tenant(tmp_path: Path) -> None:
    recording = tmp_path / "tenant.jsonl"
    tenant = start_business_central("--companies", "1", *LIMITS)
    command = [*EMULATOR, "record", "--from", tenant.url, "--to", str(recording)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout
        settings = tenant.tap_config(api_url=json.loads(proxy.stdout.readline())["url"])
        before = read(tmp_path, "tenant", settings)
        proxy.send_signal(signal.SIGTERM)
        proxy.communicate(timeout=30)
    tenant.stop()
    replayed = start_business_central("--recording", str(recording), *LIMITS)
    after = read(tmp_path, "replayed", replayed.tap_config())
    replayed.stop()
    assert before == after
    assert before["generalLedgerEntries"] > 2000
    assert "Adatum" not in recording.read_text()

    done = subprocess.run([*EMULATOR, "compare", str(recording)], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("answers were compared; 0 differences were found.\n"), done.stdout
