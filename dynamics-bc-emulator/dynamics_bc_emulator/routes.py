"""Which APIs the service has, and where the rows of their sets are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.catalogue import DEFAULT_RELEASE, load_catalogue
from dynamics_bc_emulator.odata.routes import Route
from dynamics_bc_emulator.rows.applied_payments import AppliedPayments
from dynamics_bc_emulator.rows.made import Made
from dynamics_bc_emulator.rows.makers import contacts, dimensions, media, payments, receivables, statements, technical
from dynamics_bc_emulator.rows.stored import Stored
from dynamics_bc_emulator.rows.twin import Twin
from dynamics_bc_emulator.rules import journals
from dynamics_bc_emulator.rules.apply_entries import choose_entry
from dynamics_bc_emulator.rules.dimension_set_lines import keep_line

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.catalogue import Catalogue
    from dynamics_bc_emulator.rows.rows import Rows


def standard_route(release: int = DEFAULT_RELEASE) -> Route[Rows]:
    """The standard API of a release; the rows of a set are stored, once or with a twin, unless they are made."""
    return _built(release)


@cache
def _built(release: int) -> Route[Rows]:
    catalogue = load_catalogue(release)
    stored: dict[str, Rows] = {name: Stored(entity_set) for name, entity_set in catalogue.sets.items()}
    twins: dict[str, Rows] = {name: Twin(catalogue.sets[name], journals.twins) for name in journals.SETS}
    payments = {"vendorPayments": AppliedPayments(catalogue.sets["vendorPayments"])}
    return Route("api/v2.0", catalogue, {**stored, **twins, **payments, **_made(catalogue)})


def _made(catalogue: Catalogue) -> dict[str, Rows]:
    makers = {
        "agedAccountsPayables": receivables.aged_payables,
        "agedAccountsReceivables": receivables.aged_receivables,
        "apicategoryroutes": technical.api_category_routes,
        "balanceSheets": statements.balance_sheet,
        "cashFlowStatements": statements.cash_flow_statement,
        "contactsInformation": contacts.contacts_information,
        "customerFinancialDetails": receivables.customer_financial_details,
        "customerSales": receivables.customer_sales,
        "entityDefinitions": technical.entity_definitions,
        "externalbusinesseventdefinitions": technical.event_definitions,
        "incomeStatements": statements.income_statement,
        "retainedEarningsStatements": statements.retained_earnings_statement,
        "trialBalances": statements.trial_balance,
        "vendorPurchases": receivables.vendor_purchases,
    }
    sets = catalogue.sets
    return {
        **{name: Made(sets[name], make) for name, make in makers.items()},
        "applyVendorEntries": Made(
            sets["applyVendorEntries"], payments.apply_vendor_entries, hangs_on_parents=True, keep=choose_entry
        ),
        "dimensionSetLines": Made(
            sets["dimensionSetLines"],
            dimensions.dimension_set_lines,
            hangs_on_parents=True,
            make_of=dimensions.lines_of,
            keep=keep_line,
        ),
        "pdfDocument": Made(sets["pdfDocument"], media.pdf_documents, hangs_on_parents=True),
        "pictures": Made(sets["pictures"], media.pictures, hangs_on_parents=True, keep=media.keep_picture),
    }
