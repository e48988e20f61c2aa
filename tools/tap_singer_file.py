#!/usr/bin/env python3
"""A file of Singer messages, played as a tap: byte by byte as it stands there, so that amounts keep their digits."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help='JSON file with the setting "path"')
    config = json.loads(parser.parse_args().config.read_text(encoding="utf-8"))
    path = Path(config.get("path") or "")
    try:
        with path.open("rb") as messages:
            shutil.copyfileobj(messages, sys.stdout.buffer)
    except OSError as error:
        print(f"The Singer file {path} cannot be read: {error.strerror}. Set `path`.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
