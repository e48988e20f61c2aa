"""Does the way to the data hold? Sign-in, environment, the application's entry, companies, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_cli.doctor.findings import Case, Check, FaultError, Finding
from dynamics_bc_client.companies import Company, match_companies
from dynamics_bc_client.errors import CONFIG_KEEPER, ENTRA_ADMINISTRATOR, SERVICE_ADMINISTRATOR, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_client.client import Environment


def sign_in(case: Case) -> Iterator[Finding]:
    """A token can be had."""
    case.client.sign_in.token()
    settings = case.client.settings
    tenant = f"tenant {settings.tenant_id}" if settings.tenant_id else "the tenant of the sign-in"
    yield Finding("sign-in", "ok", f"a token for {tenant} from {settings.auth_url}")


def environment(case: Case) -> Iterator[Finding]:
    """The environment exists, as far as this sign-in may list environments."""
    settings = case.client.settings
    if settings.full_url:
        yield Finding("environment", "note", f"full_url names the whole address: {settings.full_url}")
        return
    try:
        known = case.client.environments()
    except ServiceError as error:
        yield Finding("environment", "note", f"not listed for this sign-in ({error.status}); the next check finds out")
        return
    yield _environment_among(known, settings.environment_name)


def _environment_among(known: list[Environment], wanted: str) -> Finding:
    for each in known:
        if each.name.casefold() == wanted.casefold():
            return Finding("environment", "ok", f'"{each.name}", of type {each.type}')
    names = ", ".join(each.name for each in known) or "none"
    raise FaultError(
        f'There is no environment "{wanted}"; this sign-in sees {names}.',
        who=CONFIG_KEEPER,
        remedy="Set environment_name to the name of one of them.",
    )


def application_entry(case: Case) -> Iterator[Finding]:
    """The environment lets the token in."""
    case.companies = case.client.companies()
    yield Finding("entry in the environment", "ok", f'"{case.client.settings.environment_name}" accepts the token')


def companies(case: Case) -> Iterator[Finding]:
    """There are companies, and those that the config names are among them."""
    if not case.companies:
        raise FaultError(
            "The environment shows no company to this sign-in.",
            who=SERVICE_ADMINISTRATOR,
            remedy="Give it permission sets that hold for at least one company.",
            exit_code=1,
        )
    named = companies_to_read(case)
    listed = ", ".join(company.name for company in named)
    yield Finding("companies", "ok", f"{len(named)} of {len(case.companies)}: {listed}")


def companies_to_read(case: Case) -> list[Company]:
    """The companies that `company_ids` names, all when it names none.

    Raises:
        ConfigurationError: One of them is not there.
    """
    value = case.config.get("company_ids")
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return match_companies(case.companies, [str(text) for text in texts]) or case.companies


def metadata(case: Case) -> Iterator[Finding]:
    """The service describes itself."""
    found = case.client.metadata()
    yield Finding("metadata", "ok", f"{len(found.entity_sets)} entity sets")


CONNECTION_CHECKS = (
    Check(
        "sign-in",
        sign_in,
        f"{CONFIG_KEEPER}, or {ENTRA_ADMINISTRATOR}",
        "Compare tenant_id, client_id and client_secret with the app registration; secrets end after two years.",
    ),
    Check("environment", environment, CONFIG_KEEPER, "Correct environment_name or tenant_id."),
    Check("entry in the environment", application_entry, CONFIG_KEEPER, "Correct environment_name or tenant_id."),
    Check("companies", companies, CONFIG_KEEPER, "Correct company_ids; `dynamics-bc companies` lists them."),
    Check("metadata", metadata, SERVICE_ADMINISTRATOR, "Look at the environment's state in the admin center."),
)
