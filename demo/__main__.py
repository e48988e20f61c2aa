"""What does the whole project do, shown in two minutes?

Starts a Business Central on a free loopback port, reads it into DuckDB, changes something, reads again, writes
documents and reads them back. Every step prints the command it runs; everything it makes stays in `demo-output/`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from pathlib import Path

from commands import OUTPUT, ROOT, console, tool
from reading import SCHEMA, WAREHOUSE, discover, read_back, read_changes, read_everything
from tenant import running_tenant
from writing import write_documents


def main() -> None:
    """Run the seven steps."""
    parser = argparse.ArgumentParser(description="Show what the project does, on the emulator.")
    parser.add_argument("--loader-python", required=True, help="Python of the environment that has target-duckdb")
    options = parser.parse_args()
    os.chdir(ROOT)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    started = time.monotonic()
    console.print("A local Business Central with two companies", style="bold")
    with running_tenant() as tenant:
        tap = [tool("tap-dynamics-bc"), "--config", str(OUTPUT / "tap.json")]
        loader = loader_command(options.loader_python)
        discover(tap, tenant)
        read_everything(tap, loader)
        read_changes(tap, loader, tenant)
        written = write_documents(tenant)
        read_back(tap, written)
    console.print(f"\nDone in {time.monotonic() - started:.0f} seconds. Everything it made is in {OUTPUT}/.")


def loader_command(python: str) -> list[str]:
    """The real loader, in its own environment."""
    config = OUTPUT / "loader.json"
    config.write_text(json.dumps({"path": str(WAREHOUSE), "default_target_schema": SCHEMA}))
    return [python, str(Path(__file__).with_name("load_duckdb.py")), "--config", str(config)]


if __name__ == "__main__":
    main()
