"""Is there anything secret in the files of the repository?

Looks for what secrets look like: private keys, tokens, client secrets as Microsoft Entra makes them, keys of other
services, passwords in URLs. A line that holds one on purpose, because a test needs it, says "not a secret". Prints one
sentence per finding, without the finding; exit code 1 if there is one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
ON_PURPOSE = "not a secret"
KINDS: dict[str, re.Pattern[str]] = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}"),
    "a token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a client secret of Entra": re.compile(r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}"),
    "a refresh token of Entra": re.compile(r"\b[01]\.A[A-Za-z0-9_-]{40,}\.Ag[A-Za-z0-9_-]{20,}"),
    "a key of AWS": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a key of Azure storage": re.compile(r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}"),
    "a token of GitHub": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{60,}"),
    "a token of a package index": re.compile(r"\bpypi-[A-Za-z0-9_-]{50,}"),
    "a key of Google": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    "a password in a URL": re.compile(
        r"\b[a-z][a-z0-9+]{2,20}://[^\s/:@\"'{}<>$]+:[^\s/:@\"'{}<>$*]{8,}@(?![\s\"'])[\w.-]+\.\w"
    ),
}


def findings(name: str, text: str) -> Iterator[str]:
    """What is in a file, one sentence each."""
    for kind, pattern in KINDS.items():
        for found in pattern.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            if ON_PURPOSE not in text.splitlines()[line - 1]:
                yield f'{name}:{line}: looks like {kind}; take it out, or say "{ON_PURPOSE}" in that line.'


def tracked(root: Path) -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True)
    yield from (root / name for name in listed.stdout.decode().split("\0") if name)


def main() -> int:
    found, files = [], 0
    for path in tracked(ROOT):
        if not path.is_file():
            continue
        files += 1
        found += findings(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace"))
    for each in found:
        print(each, file=sys.stderr)
    if not found:
        print(f"{files} files hold nothing that looks secret.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
