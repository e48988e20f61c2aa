"""Which kinds, keys and actions do the settings name, and what is meant by a name that there is not?

Names of streams, properties and actions have no case. A name that nothing has is answered with the nearest ones.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_plugin.settings import SettingFault
from target_dynamics_bc.kinds.kind import MatchKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.kinds.table import Kinds

_NEAREST = 3


def did_you_mean(name: str, known: Iterable[str], *, always: bool = False) -> str:
    """The names that come near to one, as the end of a sentence: `; did you mean customers?`, else a full stop.

    Args:
        name: A name that nothing has.
        known: The names that there are.
        always: Where none comes near, name those that are nearest all the same.
    """
    spelled = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.strip().lower(), spelled, _NEAREST)
    if near:
        return f"; did you mean {' or '.join(spelled[each] for each in near)}?"
    nearest = difflib.get_close_matches(name.strip().lower(), spelled, _NEAREST, cutoff=0) if always else []
    return f"; the nearest names are {', '.join(spelled[each] for each in nearest)}." if nearest else "."


def chosen_keys(value: Mapping[str, Any], kinds: Kinds) -> dict[str, tuple[str, ...]]:
    """The keys that the setting `match_keys` chooses, by kind.

    Args:
        value: Lists of keys by stream.
        kinds: The table. A stream that it does not have keeps its name: the tenant's metadata tells of it, see
            `keys_of_published`.

    Raises:
        SettingFault: A kind has no such key.
    """
    chosen: dict[str, tuple[str, ...]] = {}
    for name, keys in value.items():
        if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
            raise SettingFault(f'must list keys of {name}, such as ["number"].')
        kind = kinds.of_stream(name)
        if kind is None:
            chosen[name] = tuple(keys)
        else:
            chosen[kind.name] = _keys_of(kind, keys)
    return chosen


def _keys_of(kind: Kind, keys: Iterable[str]) -> tuple[str, ...]:
    if kind.journal is not None:
        raise SettingFault(
            f"cannot name {kind.name}: {kind.noun.many} are found by their number and their date alone, in the "
            "journal and in the general ledger."
        )
    known = {name.lower(): name for name in kind.choosable_keys}
    wrong = [key for key in keys if key.strip().lower() not in known]
    if wrong:
        meant = did_you_mean(wrong[0], known.values())
        raise SettingFault(f'must list keys of {kind.name} out of {", ".join(known.values())}, not "{wrong[0]}"{meant}')
    return tuple(known[key.strip().lower()] for key in keys)


def keys_of_published(
    chosen: Mapping[str, tuple[str, ...]], kinds: Kinds, kind_of: Callable[[str], Kind | str]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The chosen keys, of kinds that the table does not have, too; those are added to it, and know these keys.

    Args:
        chosen: What `chosen_keys` gives.
        kinds: The table of this run.
        kind_of: Finds the kind of a stream, or says why there is none.

    Returns:
        The keys by kind, and a sentence for each name that is none.
    """
    found, problems = dict(chosen), list[str]()
    for name in chosen:
        if (known := kinds.of_stream(name)) is not None:
            kinds.add(_with_keys(known, chosen[name]))
            continue
        kind = kind_of(name)
        if isinstance(kind, str):
            problems.append(f'match_keys names "{name}". {kind}')
            continue
        keys = found.pop(name)
        try:
            found[kind.name] = _keys_of(kind, keys)
        except SettingFault as fault:
            problems.append(f"match_keys {fault}")
            continue
        kinds.add(replace(kind, keys=tuple(MatchKey(key) for key in found[kind.name])))
    return found, problems


def _with_keys(kind: Kind, chosen: Iterable[str]) -> Kind:
    """A kind whose records are told apart by the chosen properties, too; the same one where it knows them all."""
    new = [name for name in chosen if name in kind.facts.properties and name not in kind.key_names]
    return replace(kind, keys=(*kind.keys, *(MatchKey(name) for name in new))) if new else kind


def makeable(names: Iterable[str], kinds: Kinds) -> frozenset[str]:
    """The kinds that the setting `create_missing` names, by any name of their streams.

    Raises:
        SettingFault: None of such a kind can be made of a number and a name.
    """
    can_be_made = {kind.name: kind for kind in kinds if kind.is_made_of_a_name}
    found = {name: kinds.of_stream(name) for name in sorted(names)}
    wrong = [name for name, kind in found.items() if kind is None or kind.name not in can_be_made]
    if wrong:
        known = ", ".join(sorted(can_be_made))
        meant = did_you_mean(wrong[0], can_be_made)
        raise SettingFault(f"cannot name {', '.join(wrong)}; {known} can be made{meant}")
    return frozenset(kind.name for kind in found.values() if kind is not None)


def allowed(names: Iterable[str], kinds: Kinds) -> frozenset[str]:
    """The actions that `allowed_actions` names, in lower case; those with a stream as given, to be checked later.

    Raises:
        SettingFault: No kind has such an action.
    """
    known = {action.name.lower(): action.name for kind in kinds for action in kind.actions}
    wrong = sorted(name for name in names if name.lower() not in known and "." not in name)
    if wrong:
        need = ", ".join(sorted({each.name for kind in kinds for each in kind.actions if each.reaches_out}))
        meant = did_you_mean(wrong[0], known.values())
        raise SettingFault(f"cannot name {', '.join(wrong)}; those that need it are {need}{meant}")
    return frozenset(name if "." in name else name.lower() for name in names)


def actions_of_published(
    names: Iterable[str], kinds: Kinds, kind_of: Callable[[str], Kind | str]
) -> tuple[frozenset[str], list[str]]:
    """The allowed actions, each with its stream as the kind is called, in lower case.

    Args:
        names: What `allowed` gives.
        kinds: The table of this run.
        kind_of: Finds the kind of a stream, or says why there is none.

    Returns:
        The actions, and a sentence for each name that is none.
    """
    found, problems = set[str](), list[str]()
    for name in sorted(names):
        stream, dot, action_name = name.rpartition(".")
        kind = (kinds.of_stream(stream) or kind_of(stream)) if dot else None
        if kind is None:
            found.add(name.lower())
        elif isinstance(kind, str):
            problems.append(f'allowed_actions names "{name}". {kind}')
        elif not action_name or (action := kind.action(action_name)) is None:
            known = [each.name for each in kind.actions]
            meant = did_you_mean(action_name, known)
            has = f"has the actions {', '.join(known)}" if known else "has no actions"
            problems.append(f'allowed_actions names "{name}", and {kind.name} {has}{meant}')
        else:
            found.add(f"{kind.name}.{action.name}".lower())
    return frozenset(found), problems
