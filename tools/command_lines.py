"""Would the commands that a document shows be understood by the programs they name?"""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml
from local_emulator import run
from plugin_facts import BIN

from dynamics_bc_cli.main import dynamics_bc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
# Programs whose own options are not checked.
OTHERS = {
    *("cat", "cd", "curl", "duckdb", "export", "git", "grep", "head", "jq", "ls", "mkdir", "mv", "sed", "set", "sort"),
    *("source", "tail", "touch", "uv", "wc", "pip", "pipx", "python", "python3", "target-duckdb", "target-jsonl"),
    "target-postgres",
}
SEPARATORS = {"|", "&&", "||", ";", "&"}
OPTION = re.compile(r"--[a-z][a-z-]*")


def command_faults(text: str) -> Iterator[str]:
    """What is wrong with the commands of a shell block, one sentence each."""
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            words = shell_words(line)
        except ValueError as error:
            yield f"`{line}` cannot be read: {error}."
        else:
            yield from (fault for command in commands(words) for fault in faults_of(command))


def shell_words(line: str) -> list[str]:
    """The words of a line, with redirections and separators as words of their own."""
    return shlex.split(re.sub(r"(\|\||&&|[|;])", r" \1 ", line), comments=True)


def commands(words: list[str]) -> Iterator[list[str]]:
    """The commands of a line: what stands between separators, without assignments before it."""
    command: list[str] = []
    for word in [*words, ";"]:
        if word in SEPARATORS:
            if command:
                yield command
            command = []
        elif command or not re.match(r"[A-Z_]+=", word):
            command.append(word)


def faults_of(command: list[str]) -> Iterator[str]:
    # A program of another environment may be named by its path, as in `duckdb/bin/pip`.
    program, arguments = command[0].rpartition("/bin/")[2], command[1:]
    if program in KNOWN:
        yield from KNOWN[program](arguments)
    elif program not in OTHERS:
        yield f"`{program}` is no program that these documents may use; add it to the list if it is."


def dynamics_bc_faults(arguments: list[str]) -> Iterator[str]:
    context = click.Context(dynamics_bc)
    names = [word for word in arguments if not word.startswith("-")]
    command = dynamics_bc.get_command(context, names[0]) if names else dynamics_bc
    if command is None:
        yield f"`dynamics-bc` has no command {names[0]}."
        return
    if isinstance(command, click.Group):
        inner = command.get_command(context, names[1]) if len(names) > 1 else None
        if inner is None:
            yield f"`dynamics-bc {command.name}` has no command {' '.join(names[1:2]) or 'of no name'}."
            return
        command = inner
    known = {name for each in command.get_params(context) for name in (*each.opts, *each.secondary_opts)}
    yield from (
        f"`dynamics-bc {command.name}` has no option {each}." for each in options(arguments) if each not in known
    )


def plugin_faults(plugin: str) -> Callable[[list[str]], Iterator[str]]:
    def faults(arguments: list[str]) -> Iterator[str]:
        known = plugin_options(plugin)
        yield from (f"`{plugin}` has no option {each}." for each in options(arguments) if each not in known)

    return faults


@cache
def plugin_options(plugin: str) -> frozenset[str]:
    return frozenset(OPTION.findall(run([str(BIN / plugin), "--help"])))


def make_faults(arguments: list[str]) -> Iterator[str]:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = [word for word in arguments if "=" not in word and not word.startswith("-")]
    yield from (f"`make` has no target {name}." for name in named if name not in targets)


def meltano_faults(arguments: list[str]) -> Iterator[str]:
    """Plugins, jobs and environments that a Meltano command names must be in meltano.yml."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    plugins = {each["name"] for kind in project["plugins"].values() for each in kind}
    jobs = {each["name"] for each in project["jobs"]}
    environments = {each["name"] for each in project["environments"]}
    for word in arguments:
        if word.startswith(("tap-", "target-")) and word not in plugins:
            yield f"meltano.yml has no plugin {word}."
        if word.startswith(("read-", "write-", "copy-")) and word not in jobs:
            yield f"meltano.yml has no job {word}."
        if word.startswith("--environment=") and word.partition("=")[2] not in environments:
            yield f"meltano.yml has no environment {word.partition('=')[2]}."


def options(arguments: list[str]) -> list[str]:
    return [match[0] for word in arguments if (match := OPTION.match(word))]


KNOWN: Mapping[str, Callable[[list[str]], Iterator[str]]] = {
    "dynamics-bc": dynamics_bc_faults,
    "tap-dynamics-bc": plugin_faults("tap-dynamics-bc"),
    "target-dynamics-bc": plugin_faults("target-dynamics-bc"),
    "make": make_faults,
    "meltano": meltano_faults,
}
