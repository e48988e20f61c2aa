"""Have atheris look for what comes from outside and is not taken as it must be.

Each surface of `tests/security/test_fuzz.py` is a property of hypothesis. Atheris follows which code its examples
reach, and changes the ones that reached something new; what it has learnt is kept in a corpus for the next time. A
finding ends with the example as hypothesis prints it, and the file of bytes that makes it again: `--only SURFACE
--again FILE`.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / ".cache" / "fuzz-corpus"
OURS = ["dynamics_bc_client", "dynamics_bc_plugin", "tap_dynamics_bc", "target_dynamics_bc", "dynamics_bc_cli"]
_LAST_LINES = 60


def surfaces() -> list[str]:
    """The names of all surfaces."""
    return sorted(_properties())


def _properties() -> dict[str, object]:
    sys.path.insert(0, str(ROOT / "tests"))
    from security.test_fuzz import SURFACES  # noqa: PLC0415 - once its folder can be found, and its code is followed

    return dict(SURFACES)


def look(name: str, arguments: list[str]) -> None:
    """Look at one surface; this ends the process."""
    import atheris  # noqa: PLC0415 - whoever starts this apart needs none

    with atheris.instrument_imports(include=OURS):
        made = _properties()[name]
    logging.disable(logging.CRITICAL)
    examined = made().hypothesis.fuzz_one_input  # type: ignore[operator]
    atheris.Setup([sys.argv[0], *arguments], examined)
    atheris.Fuzz()


def look_apart(name: str, seconds: int) -> bool:
    """Look at a surface in a process of its own; whether all was well."""
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=4096", f"-artifact_prefix={CORPUS}/{name}-"]
    command = [sys.executable, __file__, "--only", name, "--here", "--", *limits, "-print_final_stats=1", str(corpus)]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False, env=_environment()
    )
    told = ended.stderr.splitlines() + ended.stdout.splitlines()
    tried = next((line.rpartition(" ")[2] for line in told if "number_of_executed_units" in line), "no")
    found = ", A FINDING" if ended.returncode else ""
    print(f"{name}: {tried} examples, {len(list(corpus.iterdir()))} of them kept{found}", flush=True)
    if ended.returncode:
        print("\n".join(told[-_LAST_LINES:]))
    return ended.returncode == 0


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=20, help="for each surface")
    parser.add_argument("--only", help="name of a surface")
    parser.add_argument("--again", type=Path, help="a file that a finding left")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.here or told.again:
        look(told.only, [*told.arguments, *([str(told.again)] if told.again else [])])
    names = [name for name in surfaces() if told.only in {None, name}]
    if not names:
        print(f"There is no surface {told.only!r}; there are {', '.join(surfaces())}.", file=sys.stderr)
        return 2
    found = sum(not look_apart(name, told.seconds) for name in names)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
