"""Does a package that an installation brings have a weakness that is publicly known?

Asks pip-audit about `requirements/runtime.lock`. Where its data cannot be reached, says so and lets it pass: it is the
network that is missing, and another run will have it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 45


def told(report: str) -> tuple[str, int]:
    """What a report of pip-audit comes to, and the exit code.

    Args:
        report: In JSON.
    """
    packages = json.loads(report)["dependencies"]
    weak = [
        f"{each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}, mended in "
        f"{', '.join(version for one in each['vulns'] for version in one['fix_versions']) or 'no version yet'}."
        for each in packages
        if each.get("vulns")
    ]
    unknown = sum("skip_reason" in each for each in packages)
    if weak:
        return "\n".join(weak), 1
    if unknown == len(packages):
        return "Known weaknesses were not looked up: the index does not tell them.", 0
    return f"{len(packages) - unknown} of {len(packages)} packages were looked up; none has a known weakness.", 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--python", required=True, help="interpreter that has pip-audit")
    asked = [parser.parse_args().python, "-m", "pip_audit", "--requirement", "requirements/runtime.lock"]
    asked += ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    try:
        ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
        said, code = told(ended.stdout)
    except subprocess.TimeoutExpired:
        said, code = f"Known weaknesses were not looked up: the data did not come within {SECONDS} seconds.", 0
    except ValueError:
        last = (ended.stderr.strip().splitlines() or ["no reason was given"])[-1]
        said, code = f"Known weaknesses were not looked up: {last[:200]}", 0
    print(said, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
