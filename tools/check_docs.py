"""Is what the documents show true?

Every code block is read by its language: JSON and YAML must parse, config files must hold settings that exist, Singer
files messages, commands must name programs, options and plugins that exist. Blocks marked to be run are run, in a
folder of their page, on an emulator that starts at its seed. Links are checked by `mkdocs build --strict`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from code_blocks import CodeBlock, code_blocks
from command_lines import command_faults
from local_emulator import local_emulator
from plugin_facts import ALIASES, BIN, about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = {"tap.json": "tap-dynamics-bc", "target.json": "target-dynamics-bc"}
# Config files that stand beside those: their settings must exist, and they do not say how to connect.
SECOND_CONFIGS = {
    "from.json": "tap-dynamics-bc",
    "to.json": "target-dynamics-bc",
    "dry.json": "target-dynamics-bc",
    "store.json": "target-dynamics-bc",
}
MESSAGES = {"SCHEMA": {"stream", "schema", "key_properties"}, "RECORD": {"stream", "record"}, "STATE": {"value"}}


def pages(root: Path) -> list[Path]:
    return [*sorted(root.glob("*.md")), *sorted(root.glob("docs/**/*.md"))]


def faults(page: Path, *, only_read: bool) -> Iterator[str]:
    """What is wrong on a page, with its lines."""
    blocks = [block for block in code_blocks(page.read_text(encoding="utf-8")) if not block.is_shown_only]
    for block in blocks:
        yield from (f"{page.relative_to(ROOT)}:{block.line}: {fault}" for fault in block_faults(block))
    if not only_read and any(block.is_run for block in blocks):
        yield from (f"{page.relative_to(ROOT)}:{fault}" for fault in run_faults(blocks))


def block_faults(block: CodeBlock) -> Iterator[str]:
    if block.title.endswith(".singer"):
        yield from singer_faults(block.text)
    elif block.language in READERS:
        yield from READERS[block.language](block)


def json_faults(block: CodeBlock) -> Iterator[str]:
    try:
        content = json.loads(block.text)
    except ValueError as error:
        yield f"is not JSON: {error}."
        return
    plugin = {**CONFIGS, **SECOND_CONFIGS}.get(block.title)
    if plugin:
        known = about(plugin)["settings"]["properties"].keys() | ALIASES.keys()
        yield from (f"{plugin} has no setting {name}." for name in content if name not in known)


def yaml_faults(block: CodeBlock) -> Iterator[str]:
    try:
        yaml.safe_load(block.text)
    except yaml.YAMLError as error:
        yield f"is not YAML: {' '.join(str(error).split())}."


def shell_faults(block: CodeBlock) -> Iterator[str]:
    """Commands must exist; of a whole script the syntax is looked at."""
    if not block.title:
        yield from command_faults(block.text)
        return
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"is no shell script: {' '.join(done.stderr.split())}."


def singer_faults(text: str) -> Iterator[str]:
    """A Singer file: one message on each line, a schema before the records of a stream."""
    known: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        message = singer_message(line)
        missing = MESSAGES.get(message.get("type", ""), {"type"}) - message.keys()
        if missing:
            yield f"line {number} is no Singer message: {', '.join(sorted(missing))} is missing."
        elif message["type"] == "SCHEMA":
            known.add(message["stream"])
        elif message["type"] == "RECORD" and message["stream"] not in known:
            yield f"line {number} is a record of {message['stream']} before its schema."


def singer_message(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


READERS: Mapping[str, Callable[[CodeBlock], Iterator[str]]] = {
    "json": json_faults,
    "yaml": yaml_faults,
    "shell": shell_faults,
}


def run_faults(blocks: list[CodeBlock]) -> Iterator[str]:
    """Write the page's files and run its commands, in their order, until one fails."""
    with tempfile.TemporaryDirectory() as name, local_emulator(Path(name)):
        folder = Path(name)
        connection = {each: json.loads((folder / each).read_text(encoding="utf-8")) for each in CONFIGS}
        for block in blocks:
            if block.title:
                write_file(folder, block, connection)
            elif block.is_run:
                done = shell(block.text, folder)
                if done.returncode != block.exit_code:
                    yield f"{block.line}: ended with {done.returncode}:\n{done.stdout}{done.stderr}"
                    return


def write_file(folder: Path, block: CodeBlock, connection: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a block to the file it is; a config file is pointed at the emulator."""
    text = block.text
    if block.title in CONFIGS:
        text = json.dumps({**json.loads(text), **connection[block.title]})
    path = folder / block.title
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run commands in a folder, with the programs of this environment before all others."""
    variables = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "-e", "-o", "pipefail", "-c", text]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only-read", action="store_true", help="run nothing")
    parser.add_argument("pages", nargs="*", type=Path, help="these pages alone")
    arguments = parser.parse_args()
    checked = [page.resolve() for page in arguments.pages] or pages(ROOT)
    found = [fault for page in checked for fault in faults(page, only_read=arguments.only_read)]
    for fault in found:
        print(fault, file=sys.stderr)
    if not found:
        print(f"The code blocks of {len(checked)} pages are true.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
