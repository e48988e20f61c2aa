"""Which tables can the documents show, and what stands in them?

`TABLES` is the list: the name of a marked block -> the function that writes it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from campaign_table import campaign_lines
from conformance_table import TITLES, conformance_rows
from examples import own_examples, unified_examples
from mutants.results import TITLES as TITLES_OF_MUTANTS
from mutants.results import rows, summary
from plugin_facts import ALIASES, NEWEST, PUBLISHED, Setting, about, settings, streams

from dynamics_bc_cli.main import dynamics_bc
from dynamics_bc_emulator.rules.registry import described_actions
from tap_dynamics_bc.streams.hotglue import STREAMS as HOTGLUE_STREAMS
from target_dynamics_bc.describing.travelling import STAYS
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.kinds.unwritten import UNWRITTEN, why_not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_dynamics_bc.streams.description import Stream
    from tap_dynamics_bc.streams.hotglue import Expansions
    from target_dynamics_bc.describing.travelling import Stay
    from target_dynamics_bc.kinds.kind import Kind

TAP, TARGET = "tap-dynamics-bc", "target-dynamics-bc"


def connection_settings() -> str:
    """The settings that both plugins have."""
    return setting_table(each for each in settings(TAP) if each.name in shared_names())


def all_settings(plugin: str) -> Callable[[], str]:
    """A plugin's settings, its own before those that both have."""
    return lambda: setting_table(sorted(settings(plugin), key=lambda each: each.name in shared_names()))


def own_settings(plugin: str) -> Callable[[], str]:
    """A plugin's settings without those that both have."""
    return lambda: setting_table(each for each in settings(plugin) if each.name not in shared_names())


def shared_names() -> set[str]:
    return {each.name for each in settings(TAP)} & {each.name for each in settings(TARGET)}


def setting_table(rows: Iterable[Setting]) -> str:
    """Settings as a Markdown table."""
    return markdown_table(
        ("Setting", "Type", "Default", "Meaning"),
        ((f"`{each.name}`", type_text(each), default_text(each), meaning(each)) for each in rows),
    )


def type_text(setting: Setting) -> str:
    if setting.choices:
        return "one of " + ", ".join(f"`{choice}`" for choice in setting.choices)
    # Numbers and booleans may be text too, as in an environment variable; the table need not say so each time.
    return setting.kind if setting.kind.startswith(("array", "object")) else setting.kind.removesuffix(" or string")


def default_text(setting: Setting) -> str:
    return "" if setting.default is None else f"`{json.dumps(setting.default).strip(chr(34))}`"


def meaning(setting: Setting) -> str:
    return f"{setting.description} Secret." if setting.secret else setting.description


def stream_table() -> str:
    """The streams of the standard API; those that only the newest release has say so."""
    published = {each.name for each in streams(PUBLISHED)}
    return markdown_table(
        ("Stream", "Of", "Keys", "Replication key", "How it is read", "Selected", "Release"),
        (
            (
                f"`{each.name}`",
                "company" if each.in_company else "environment",
                ", ".join(f"`{key}`" for key in each.keys),
                f"`{each.replication.key}`" if each.replication.key else "",
                way_of(each),
                "yes" if each.selected else f"no: {each.reason}",
                "" if each.name in published else NEWEST,
            )
            for each in streams()
        ),
    )


PARENTS_SHOWN = 2


def way_of(stream: Stream) -> str:
    """How rows of a stream are had."""
    if not stream.ways:
        return "listed" if stream.replication.key else "listed, whole every time"
    parents = list(dict.fromkeys(f"`{way.parent_set}`" for way in stream.ways))
    more = len(parents) - PARENTS_SHOWN
    named = ", ".join(parents[:PARENTS_SHOWN])
    return f"with {named}{f' and {more} more' if more > 0 else ''}"


def entity_table() -> str:
    """What the target writes."""
    return markdown_table(
        ("Streams", "Entity set", "Found by", "Needed to create one"),
        (
            (
                ", ".join(f"`{name}`" for name in sorted(each.names(), key=each.name.__eq__)),
                f"`{each.batches}` / `{each.entity_set}`" if each.batches else f"`{each.entity_set}`",
                ", ".join(f"`{key}`" for key in each.key_names),
                ", ".join(f"`{name}`" for name in _needed(each)),
            )
            for each in standard_kinds()
        ),
    )


def unwritten_table() -> str:
    """The sets of the standard API that are not written as streams of their own."""
    names = sorted({each.name for each in streams()} | {each.name for each in streams(PUBLISHED)})
    written = {each.name for each in standard_kinds()}
    sets = {name: why_not(name, is_writable=False) for name in names if name not in written}
    rows = [([name for name, why in sets.items() if why == each.why], each.why) for each in UNWRITTEN]
    return markdown_table(
        ("Sets", "Why, and what to send instead"),
        ((", ".join(f"`{name}`" for name in found), why) for found, why in rows if found),
    )


def stay_table() -> str:
    """What cannot travel from one company to another."""
    return markdown_table(("What", "Why", "Rejected as"), ((each.what, each.why, _fault_of(each)) for each in STAYS))


def _fault_of(stay: Stay) -> str:
    return f"`{stay.code}` of `{stay.stream}`" if stay.code else ""


def _needed(kind: Kind) -> tuple[str, ...]:
    """What none is created without: the first of each group whose members stand for each other, then the kind's own."""
    ids = {group[0]: next((name for name in group if name.endswith("Id")), group[0]) for group in kind.facts.required}
    return tuple(dict.fromkeys((*ids.values(), *kind.needs)))


def hotglue_stream_table() -> str:
    """The streams of a HotGlue job."""
    return markdown_table(
        ("Stream", "Entity set", "Keys", "Only what changed", "Holds", "Selected"),
        (
            (
                f"`{name}`",
                f"`{each.entity_set}` of `{each.listed_with}`" if each.listed_with else f"`{each.entity_set}`",
                ", ".join(f"`{key}`" for key in each.keys),
                "yes" if each.incremental or each.listed_with else "",
                ", ".join(held(each.expansions)),
                "yes" if each.selected else "",
            )
            for name, each in HOTGLUE_STREAMS.items()
        ),
    )


def held(expansions: Expansions) -> Iterable[str]:
    """What a record holds of other entities, and what those hold in brackets."""
    for name, below in expansions.items():
        yield f"`{name}` ({', '.join(held(below))})" if below else f"`{name}`"


def alias_table() -> str:
    """HotGlue's names of settings and ours."""
    return markdown_table(("Name in a HotGlue job", "Setting"), ((f"`{a}`", f"`{b}`") for a, b in ALIASES.items()))


def command_table() -> str:
    """The commands of `dynamics-bc`."""
    context = click.Context(dynamics_bc)
    found = ((name, dynamics_bc.get_command(context, name)) for name in dynamics_bc.list_commands(context))
    return markdown_table(
        ("Command", "What it does"),
        ((f"`dynamics-bc {name}`", command.get_short_help_str(200)) for name, command in found if command),
    )


def emulator_option_table() -> str:
    """The options of `dynamics-bc emulator`."""
    context = click.Context(dynamics_bc)
    command = dynamics_bc.get_command(context, "emulator")
    shown = (
        [each for each in command.get_params(context) if isinstance(each, click.Option) and each.help]
        if command
        else []
    )
    return markdown_table(
        ("Option", "Default", "Meaning"),
        ((f"`{each.opts[0]}`", option_default(each), each.help or "") for each in shown if each.opts != ["--help"]),
    )


def emulator_action_table() -> str:
    """The bound actions that the emulator does."""
    rows = [
        (f"`{entity_set}`", f"`{name}`", checks, leaves)
        for (entity_set, name), (checks, leaves) in sorted(described_actions().items())
    ]
    return markdown_table(("Set", "Action", "Checks", "Leaves"), rows)


def conformance_table() -> str:
    """Microsoft's end-to-end tests and ours, by codeunit."""
    return markdown_table(TITLES, conformance_rows())


def campaign_table() -> str:
    """What the last campaign tried and found."""
    said, titles, rows, findings = campaign_lines()
    return "\n\n".join(part for part in (said, markdown_table(titles, rows), "\n".join(findings)) if part)


def mutant_table() -> str:
    """Which mechanism was taken out, and which tests have noticed."""
    return f"{summary()}\n\n{markdown_table(TITLES_OF_MUTANTS, rows())}"


def option_default(option: click.Option) -> str:
    return f"`{option.default}`" if option.show_default and not option.is_flag else ""


def meltano_settings(plugin: str) -> Callable[[], str]:
    """A plugin's settings as the `settings` list of meltano.yml."""
    return lambda: "\n".join(line for each in settings(plugin) for line in meltano_setting(each))


def meltano_capabilities(plugin: str) -> Callable[[], str]:
    """What a plugin can do, as the `capabilities` list of meltano.yml."""
    return lambda: "\n".join(f"- {each}" for each in about(plugin)["capabilities"])


def meltano_selection() -> str:
    """What the tap selects by itself, as the `select` list of meltano.yml."""
    left_out = [each.name for each in streams() if not each.selected]
    return "\n".join(["- '*.*'", *(f"- '!{name}.*'" for name in left_out)])


def meltano_setting(setting: Setting) -> Iterable[str]:
    yield f"- name: {setting.name}"
    yield f"  kind: {meltano_kind(setting)}"
    yield f"  label: {yaml_text(setting.title or setting.name.replace('_', ' ').capitalize())}"
    yield f"  description: {yaml_text(setting.description)}"
    if setting.secret:
        yield "  sensitive: true"
    if setting.choices:
        yield "  options:"
        yield from (f"  - {{value: {yaml_text(choice)}, label: {yaml_text(choice)}}}" for choice in setting.choices)


def meltano_kind(setting: Setting) -> str:
    """Meltano's kind for a setting: what its user interface and its reading of environment variables go by."""
    kinds = setting.kind.split(" or ")
    if setting.choices:
        return "options"
    for name, kind in MELTANO_KINDS.items():
        if name in kinds:
            return kind
    return "string"


# The first type that a setting takes decides: a list may also be given as text, and Meltano can write the list.
MELTANO_KINDS = {
    "date-time": "date_iso8601",
    "array": "array",
    "object": "object",
    "boolean": "boolean",
    "integer": "integer",
    "number": "decimal",
}


def yaml_text(text: Any) -> str:
    """A text as a YAML scalar that means the text and nothing else: JSON's quoting is YAML's too."""
    return json.dumps(str(text), ensure_ascii=False)


def markdown_table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Rows as a Markdown table; a bar in a cell is escaped."""
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


TABLES: Mapping[str, Callable[[], str]] = {
    "settings of both": connection_settings,
    "tap settings": all_settings(TAP),
    "target settings": all_settings(TARGET),
    "settings of the tap alone": own_settings(TAP),
    "settings of the target alone": own_settings(TARGET),
    "streams": stream_table,
    "entities": entity_table,
    "what stays behind": stay_table,
    "sets that are not written": unwritten_table,
    "examples of every kind": own_examples,
    "unified examples": unified_examples,
    "streams of HotGlue": hotglue_stream_table,
    "names from HotGlue": alias_table,
    "commands": command_table,
    "emulator options": emulator_option_table,
    "emulator actions": emulator_action_table,
    "conformance": conformance_table,
    "campaign": campaign_table,
    "mutants": mutant_table,
    "meltano tap settings": meltano_settings(TAP),
    "meltano target settings": meltano_settings(TARGET),
    "meltano selection": meltano_selection,
    "meltano tap capabilities": meltano_capabilities(TAP),
    "meltano target capabilities": meltano_capabilities(TARGET),
}
