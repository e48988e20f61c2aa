"""Which names are misspelt, which of them are dangerous, and which are somebody else's?"""

from __future__ import annotations

import logging

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin.spelling import check_spelling, check_variables, comes_close, from_variables, unread
from tap_dynamics_bc.settings import SETTINGS as OF_TAP
from target_dynamics_bc.settings import SETTINGS as OF_TARGET

GUARDS = (
    "dry_run", "preview", "posting", "company", "allowed_companies", "route_by_company", "on_delete", "lines",
    "match_keys", "fail_on", "dimension_mappings", "journal", "payment_journal", "reference_streams",
)  # fmt: skip


def test_the_settings_that_guard_the_books_are_those_of_the_contract():
    assert {each.name for each in OF_TARGET if each.guards_books} == set(GUARDS)


def slips(name):
    """A name with each slip of the pen that people make."""
    yield name.upper()
    yield name.replace("_", "-")
    yield name.replace("_", "")
    yield name.title().replace("_", "")
    yield f"{name}s"
    yield f" {name}"
    yield f"_{name}"
    yield name[:-1]
    yield name[1:]
    yield name[:2] + name[3] + name[2] + name[4:]
    yield name[:3] + "x" + name[4:]
    yield f"{name}_mode"


@pytest.mark.parametrize("name", GUARDS)
def test_every_slip_in_a_name_that_guards_the_books_is_refused(name):
    for slip in {*slips(name)} - {name}:
        with pytest.raises(ConfigurationError, match=rf"did you mean {name}\?"):
            check_spelling([slip], OF_TARGET)


@pytest.mark.parametrize("slip", ["company_id", "companyId", "company_name", "Company", "compnay"])
def test_the_ways_to_misspell_the_company_are_refused(slip):
    with pytest.raises(ConfigurationError, match=r"did you mean company\?"):
        check_spelling([slip], OF_TARGET)


@pytest.mark.parametrize("slip", ["export_compny_id", "exportCompanyId", "export_company_ids"])
def test_a_misspelt_name_from_hotglue_that_guards_the_books_is_refused(slip):
    with pytest.raises(ConfigurationError, match=r"did you mean export_company_id\?"):
        check_spelling([slip], OF_TARGET)


def test_one_company_for_many_is_a_slip_too():
    with pytest.raises(ConfigurationError, match=r"did you mean allowed_companies\?"):
        check_spelling(["allowed_company"], OF_TARGET)


def test_all_dangerous_names_are_refused_at_once():
    with pytest.raises(ConfigurationError) as caught:
        check_spelling(["dryrun", "postings"], OF_TARGET)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("rows", [OF_TAP, OF_TARGET])
def test_names_of_either_plugin_of_hotglue_and_of_the_sdk_are_no_misspellings(rows, caplog):
    names = [each.name for each in (*OF_TAP, *OF_TARGET)]
    names += ["export_company_id", "_refresh_token_via_hg_api", "report_periods", "enable_odata_discovery"]
    names += ["odata_discovery_include_prefixes", "odata_discovery_exclude_prefixes"]
    names += ["stream_maps", "stream_map_config", "flattening_enabled", "batch_config", "load_method"]
    check_spelling(names, rows)
    assert caplog.text == ""


@pytest.mark.parametrize("comment", ["_comment", "$schema", "//", "#page_size"])
def test_a_comment_is_no_setting(comment, caplog):
    check_spelling([comment], OF_TARGET)
    assert caplog.text == ""


def test_everything_else_is_named_in_one_line_with_the_nearest_that_is_read(caplog):
    with caplog.at_level(logging.WARNING):
        check_spelling(["compani_ids", "start_dat", "flow_of_mine", "page_size"], OF_TAP)
    (record,) = caplog.records
    assert record.getMessage() == (
        "Settings that nothing reads: compani_ids (did you mean company_ids?), start_dat (did you mean start_date?), "
        "flow_of_mine."
    )


def test_the_tap_ends_for_no_name():
    assert [str(each) for each in unread(["dryrun"], OF_TAP)] == ["dryrun (did you mean dry_run?)"]


@pytest.mark.parametrize(
    ("name", "guard"),
    [("company_logo", "company"), ("posting_date", "posting"), ("online", "lines"), ("companies", "company")],
)
def test_names_that_only_resemble_a_guard_are_none(name, guard):
    assert not comes_close(name, guard)


def test_a_variable_of_the_environment_names_a_setting():
    names = ["TARGET_DYNAMICS_BC_DRYRUN", "TARGET_DYNAMICS_BC_LOGLEVEL", "TARGET_DYNAMICS_BC__SELECT", "HOME", "TAP"]
    assert list(from_variables(names, "target-dynamics-bc")) == ["dryrun"]


@pytest.mark.parametrize(
    "variable",
    [
        "TARGET_DYNAMICS_BC_Dry_Run",
        "target_dynamics_bc_dry_run",
        "TARGET_DYNAMIC_BC_DRY_RUN",
        "TARGET_DYNAMICSBC_DRY_RUN",
        "TARGET_DYNAMICS_BC__DRY_RUN",
    ],
)
def test_a_variable_that_would_guard_the_books_and_that_nobody_reads_is_refused(variable):
    with pytest.raises(ConfigurationError) as caught:
        check_variables(["HOME", variable], "target-dynamics-bc", OF_TARGET)
    assert caught.value.message == (
        f"{variable} is not a setting; did you mean TARGET_DYNAMICS_BC_DRY_RUN? It decides what is written to the "
        "books, so correct the name or remove it."
    )


def test_a_variable_of_another_setting_that_nobody_reads_is_named(caplog):
    check_variables(["tap_dynamics_bc_page_size"], "tap-dynamics-bc", OF_TAP)
    assert caplog.messages == [
        "Environment variables that nothing reads: tap_dynamics_bc_page_size (did you mean TAP_DYNAMICS_BC_PAGE_SIZE?)."
    ]


def test_variables_that_are_read_and_those_of_others_are_no_misspellings(caplog):
    names = [f"TARGET_DYNAMICS_BC_{each.name.upper()}" for each in OF_TARGET]
    names += ["DRY_RUN", "COMPANY", "TARGET_POSTGRES_DRY_RUN", "TAP_DYNAMICS_BC_COMPANY", "TARGET_DYNAMICS_BC__SELECT"]
    names += ["TARGET_DYNAMICS_BC_EXPORT_COMPANY_ID", "TARGET_DYNAMICS_COMPANY", "DYNAMICS_BC_COMPANY"]
    check_variables(names, "target-dynamics-bc", OF_TARGET)
    assert caplog.messages == []
