"""Can the target write where it is to write? Its company, and the dimensions that the mapping names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_cli.doctor.findings import Case, Check, FaultError, Finding
from dynamics_bc_client.errors import CONFIG_KEEPER
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.odata.urls import company_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_client.companies import Company

COMPANY_KEEPER = "an accountant of the company, or whoever keeps the mapping"


def target_company(case: Case) -> Iterator[Finding]:
    """There is one company that records go to which do not say."""
    case.target_company = _company(case)
    yield Finding("target company", "ok", f"{case.target_company.name} ({case.target_company.id})")


def _company(case: Case) -> Company:
    from target_dynamics_bc.finding.company import companies_allowed, default_company  # noqa: PLC0415

    settings = case.target_settings()
    company = default_company(case.companies, settings)
    if company is not None:
        return company
    allowed = companies_allowed(case.companies, settings)
    names = ", ".join(company.name for company in allowed)
    raise FaultError(
        f"There are {len(allowed)} companies ({names}) and no company is set to write to.",
        who=CONFIG_KEEPER,
        remedy="Set company to one of them.",
    )


def dimension_mapping(case: Case) -> Iterator[Finding]:
    """The mapping's dimensions exist in that company; those of the built-in mapping need not."""
    mapping, company = case.target_settings().dimension_mapping, case.target_company
    if company is None:  # the check before this one ends the chain
        return
    known = {
        _code(row["code"]) for row in case.client.rows(Query(company_path(company.id, "dimensions"), select=("code",)))
    }
    missing = {prefix: code for prefix, code in mapping.codes.items() if _code(code) not in known}
    listed = ", ".join(f"{prefix} -> {code}" for prefix, code in (missing or mapping.codes).items())
    if not missing:
        yield Finding("dimension mapping", "ok", f"{listed} exist in {company.name}")
    elif mapping.source is None:
        yield Finding(
            "dimension mapping",
            "note",
            f"of the built-in mapping, {company.name} lacks {listed}; only records that use it fail",
        )
    else:
        raise FaultError(
            f"{mapping.source} maps {listed}, but {company.name} has only the dimensions {', '.join(sorted(known))}.",
            who=COMPANY_KEEPER,
            remedy="Create the dimension in Business Central, or correct the mapping.",
        )


def _code(text: str) -> str:
    """Codes are compared trimmed and in upper case, as Business Central stores them."""
    return text.strip().upper()


TARGET_CHECKS = (
    Check(
        "target company",
        target_company,
        CONFIG_KEEPER,
        "Correct company or allowed_companies; `dynamics-bc companies` lists them.",
    ),
    Check("dimension mapping", dimension_mapping, CONFIG_KEEPER, "Correct dimension_mappings or tenant-config.json."),
)
