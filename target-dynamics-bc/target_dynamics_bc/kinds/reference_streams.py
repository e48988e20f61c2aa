"""Which streams are only used where other records refer to them, and which of the names given for them is misspelt?

The names are the sender's, who may have streams that Business Central has not. So a name that nothing has is refused
only when a stream comes that it was probably meant for, whose records would be written.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin.spelling import comes_close

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_dynamics_bc.kinds.table import Kinds

log = logging.getLogger(__name__)


class ReferenceStreams:
    """The streams that the setting `reference_streams` names.

    Args:
        names: As they were given; streams have no case.
        kinds: The table of this run.
        publishes: Whether the tenant has an entity set of that name; asked for names that the table does not have.

    Raises:
        DynamicsError: The tenant could not be asked.
    """

    def __init__(
        self, names: Iterable[str] = (), kinds: Kinds | None = None, publishes: Callable[[str], bool] = lambda _: False
    ) -> None:
        given = sorted(names)
        self._names = frozenset(name.lower() for name in given)
        known = () if kinds is None else (*(each for kind in kinds for each in kind.names()), *kinds.facts)
        spelled = {each.lower() for each in known}
        strange = [name for name in given if name.lower() not in spelled and not publishes(name)]
        near = {name: [each for each in known if comes_close(name, each)] for name in strange}
        self._meant = {name: frozenset(each.lower() for each in meant) for name, meant in near.items()}
        self._come: set[str] = set()
        for name, meant in near.items():
            log.warning(
                'reference_streams names "%s", which Business Central has no stream for%s: it holds for a stream of '
                "just that name.",
                name,
                f" (did you mean {meant[0]}?)" if meant else "",
            )

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._names)

    def has(self, stream: str) -> bool:
        """Whether a stream is one of them."""
        return bool(self._names) and stream.strip().lower() in self._names

    def announce(self, stream: str) -> None:
        """Take the news that a stream is to come.

        Raises:
            ConfigurationError: It would be written, and is probably what a name stands for that nothing has.
        """
        come = stream.strip().lower()
        self._come.add(come)
        if come in self._names:
            return
        for name, meant in self._meant.items():
            if come in meant and name.lower() not in self._come:
                raise ConfigurationError(
                    f'reference_streams names "{name}", which neither Business Central nor the input so far has, and '
                    f'now "{stream}" comes, which would be written. If that one is meant, correct the name; else let '
                    f'"{name}" come first, or leave it out of reference_streams.'
                )
