"""What does a check find, and when does the chain of checks end?

A check is a function that yields findings and raises what it cannot go past. The chain runs the checks in their order
and stops at the first fault: what comes after it could only fail for the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from dynamics_bc_cli.connection import client_for
from dynamics_bc_client.errors import DynamicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.companies import Company
    from target_dynamics_bc.settings import TargetSettings

Status = Literal["ok", "note", "fault", "not checked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: What was looked at, such as "sign-in".
        status: "note" is worth knowing and stops nothing.
        found: What came back.
        who: Who can put a fault right.
        remedy: What they do.
        exit_code: Of a fault: what the command ends with.
    """

    check: str
    status: Status
    found: str = ""
    who: str = ""
    remedy: str = ""
    exit_code: int = 0


@dataclass
class Case:
    """What is being examined; checks leave here what later checks need.

    Attributes:
        config: The config file's settings.
        config_path: Where it is.
        plugins: For whom: "tap", "target" or both.
        catalog_path: A catalog that says which streams are selected; None: those selected by default.
        companies: The companies of the environment, once they are known.
        target_company: Where the target writes, once it is known.
    """

    config: dict[str, Any]
    config_path: Path
    plugins: tuple[str, ...]
    catalog_path: Path | None = None
    companies: list[Company] = field(default_factory=list)
    target_company: Company | None = None

    @cached_property
    def client(self) -> Client:
        """A client for the config.

        Raises:
            ConfigurationError: With one sentence for each fault of the settings that connect.
        """
        return client_for(self.config, self.config_path)

    def close(self) -> None:
        """Close the client's connections."""
        if "client" in self.__dict__:
            self.client.close()

    def target_settings(self) -> TargetSettings:
        """The target's own reading of the config.

        Raises:
            ConfigurationError: With one sentence for each fault.
        """
        # Only for checks of the target.
        from target_dynamics_bc.kinds.standard import standard_kinds  # noqa: PLC0415
        from target_dynamics_bc.settings import TargetSettings  # noqa: PLC0415

        return TargetSettings.from_config(self.config, standard_kinds())


class FaultError(DynamicsError):
    """A fault that a check itself found, with who can put it right."""

    def __init__(self, found: str, *, who: str, remedy: str, exit_code: int = 2) -> None:
        super().__init__(found, who=who, remedy=remedy, exit_code=exit_code)


@dataclass(frozen=True, slots=True)
class Check:
    """One link of the chain.

    Attributes:
        name: What is looked at.
        look: Looks, yields findings, raises a fault.
        who: Who can put right what an error of the client is about.
        remedy: What they do.
    """

    name: str
    look: Callable[[Case], Iterator[Finding]]
    who: str
    remedy: str


def examine(case: Case, checks: Sequence[Check]) -> Iterator[Finding]:
    """Run the chain.

    Yields:
        Every finding as it is made; after a fault one "not checked" for each link behind it.
    """
    for position, check in enumerate(checks):
        try:
            yield from check.look(case)
        except DynamicsError as error:  # noqa: PERF203 - a handful of checks
            yield fault(check, error)
            yield from (Finding(later.name, "not checked") for later in checks[position + 1 :])
            return


def fault(check: Check, error: DynamicsError) -> Finding:
    """An error as a finding: who puts it right, and how, is the error's own matter where it knows, else the check's."""
    who, remedy = (error.who, error.remedy) if error.remedy else (check.who, check.remedy)
    found = f"{error.message} [{error.support_ids}]" if error.support_ids else error.message
    return Finding(check.name, "fault", found, who, remedy, error.exit_code)
