"""Settings are checked all at once, and the mapping comes from where it is set."""

from __future__ import annotations

import json
import os

import pytest

from dynamics_bc_client.errors import ConfigurationError
from target_dynamics_bc.finding.dimensions import DimensionCatalogue, check_mapping, resolve_dimensions
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.settings import TargetSettings, target_settings_schema
from target_dynamics_bc.wanted.records import WantedDimension

BILLS, ORDERS = (standard_kinds()[name] for name in ("purchaseInvoices", "salesOrders"))


def settings(**config):
    return TargetSettings.from_config(config, standard_kinds(), environ={})


def test_the_mapping_comes_from_the_tenant_config(tmp_path):
    content = {"dynamics-bc": {"dimension_mappings": {"class": " projekt "}}}
    (tmp_path / "tenant-config.json").write_text(json.dumps(content))
    mapping = settings(snapshot_dir=str(tmp_path)).dimension_mapping
    assert mapping.codes == {"class": "PROJEKT"}
    assert "tenant-config.json" in mapping.source


@pytest.mark.parametrize("content", [None, "{}", '{"dynamics-bc": {}}', '{"dynamics-bc": null}'])
def test_without_a_mapping_the_default_is_used_and_known_as_such(tmp_path, content):
    if content is not None:
        (tmp_path / "tenant-config.json").write_text(content)
    mapping = settings(snapshot_dir=str(tmp_path)).dimension_mapping
    assert mapping.codes == {"class": "CLASS", "department": "DEPARTMENT"}
    assert mapping.source is None


@pytest.mark.parametrize(
    ("name", "path", "other"),
    [
        ("results_stream", "store/outcomes.jsonl", "outcomes_path"),
        ("results_stream", "store/../store/dead-letter.singer", "dead_letter_path"),
        ("dead_letter_path", "store/outcomes.jsonl", "outcomes_path"),
    ],
)
def test_two_files_of_a_run_are_not_one(tmp_path, name, path, other):
    with pytest.raises(ConfigurationError, match=rf'^{name} and {other} name the same file, ".*": give each a file'):
        settings(store_path=str(tmp_path / "store"), **{name: f"{tmp_path}/{path}"})


def test_a_device_takes_outcomes_and_dead_letters(tmp_path):
    assert settings(outcomes_path=os.devnull, dead_letter_path=os.devnull).dead_letter_path is not None


def test_the_snapshot_folder_is_the_store(tmp_path):
    read = settings(snapshot_dir=str(tmp_path))
    assert read.store_path == tmp_path
    assert read.outcomes_path == tmp_path / "outcomes.jsonl"


def test_all_faults_are_named_at_once(tmp_path):
    (tmp_path / "tenant-config.json").write_text("{nonsense")
    with pytest.raises(ConfigurationError) as caught:
        settings(snapshot_dir=str(tmp_path), posting="sometimes", dry_run="perhaps", match_keys={"bills": ["colour"]})
    assert len(caught.value.problems) == 4


@pytest.mark.fault("W9")
def test_flattening_is_refused_with_the_other_faults():
    with pytest.raises(ConfigurationError) as caught:
        settings(flattening_enabled=True, flattening_max_depth=3, posting="sometimes")
    assert any("flattening_enabled" in problem for problem in caught.value.problems)
    assert len(caught.value.problems) == 2
    assert settings(flattening_enabled=False)


@pytest.mark.fault("W16")
@pytest.mark.parametrize("name", [kind.name for kind in standard_kinds() if kind.journal is not None])
def test_match_keys_of_what_stands_in_journals_are_refused_with_the_reason(name):
    with pytest.raises(ConfigurationError, match="found by their number and their date"):
        settings(match_keys={name: ["documentNumber"]})


def test_what_has_a_senders_id_is_looked_for_by_it_whatever_keys_are_chosen():
    vendors, bills = standard_kinds()["vendors"], standard_kinds()["purchaseInvoices"]
    read = settings(match_keys={"vendors": ["name"], "Bills": ["number"]})
    assert read.keys_of(vendors) == ("name", "external_id")
    assert read.keys_of(bills) == ("number",)
    assert settings().keys_of(vendors) == vendors.key_names


def test_a_hotglue_job_never_fails_for_a_record():
    read = TargetSettings.from_config({}, standard_kinds(), environ={"JOB_ID": "1"})
    assert (read.fail_on, read.state_format) == ("never", "hotglue")
    assert TargetSettings.from_config({"fail_on": "any"}, standard_kinds(), environ={"JOB_ID": "1"}).fail_on == "any"


@pytest.mark.parametrize(
    ("posting", "draft", "posts"),
    [
        ("never", False, False),
        ("if_requested", None, False),
        ("if_requested", False, True),
        ("if_requested", True, False),
        ("unless_draft", None, True),
        ("unless_draft", True, False),
    ],
)
def test_what_is_posted(posting, draft, posts):
    assert settings(posting=posting).posts(BILLS, draft=draft) is posts


@pytest.mark.parametrize(
    ("posting", "draft", "action", "posts"),
    [
        ("never", None, "shipAndInvoice", False),
        ("if_requested", None, "shipAndInvoice", True),
        ("if_requested", True, "shipAndInvoice", False),
        ("unless_draft", None, "", False),
        ("unless_draft", None, "shipAndInvoice", True),
        ("unless_draft", False, "", True),
    ],
)
def test_what_becomes_something_else_has_to_be_asked_for(posting, draft, action, posts):
    assert settings(posting=posting).posts(ORDERS, draft=draft, action=action) is posts


def test_every_setting_is_described():
    assert all(each["title"] and each["description"] for each in target_settings_schema()["properties"].values())


# --- dimensions ---

ROWS = {
    "dimensions": [
        {"id": "d1", "code": "CLASS", "displayName": "Class"},
        {"id": "d2", "code": "AREA", "displayName": "Area"},
    ],
    "d1": [
        {"id": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "code": "RETAIL", "displayName": "Retail", "dimensionId": "d1"},
        {"id": "v2", "code": "R2", "displayName": "Retail", "dimensionId": "d1"},
    ],
    "d2": [{"id": "v3", "code": "30", "displayName": "North", "dimensionId": "d2"}],
}


def catalogue():
    def read(query):
        if query.path.endswith("/dimensions"):
            return ROWS["dimensions"]
        value = query.filter.rpartition(" ")[2].strip("'")
        values = [*ROWS["d1"], *ROWS["d2"]]
        return [row for row in values if value in {row["dimensionId"], row["id"]}]

    return DimensionCatalogue("c", read)


def found(*wanted):
    dimensions, faults = resolve_dimensions(wanted, {"class": "CLASS", "project": "PROJECT"}, catalogue())
    return [(each.code, each.value_code) for each in dimensions], [(fault.field, fault.code) for fault in faults]


def test_a_value_is_found_by_id_then_code_then_name():
    assert found(WantedDimension("classNumber", "class", value_code="retail", value_name="nobody")) == (
        [("CLASS", "RETAIL")],
        [],
    )
    assert found(WantedDimension("x", name="Area", value_name="North")) == ([("AREA", "30")], [])


def test_a_value_id_alone_says_its_dimension():
    wanted = WantedDimension("dimensions[0]", value_id="AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa")
    assert found(wanted) == ([("CLASS", "RETAIL")], [])


def test_a_name_that_two_values_share_is_none():
    assert found(WantedDimension("className", "class", value_name="Retail")) == ([], [("className", "ambiguous")])


def test_a_root_field_wins_over_the_array():
    root = WantedDimension("classNumber", "class", value_code="R2")
    array = WantedDimension("dimensions[0]", code="CLASS", value_code="RETAIL")
    assert found(root, array) == ([("CLASS", "R2")], [])


def test_two_values_for_one_dimension_in_the_same_way_are_a_contradiction():
    one, same, other = (
        WantedDimension(f"dimensions[{place}]", code="CLASS", value_code=value)
        for place, value in enumerate(("RETAIL", "RETAIL", "R2"))
    )
    assert found(one, same) == ([("CLASS", "RETAIL")], [])
    dimensions, faults = found(one, same, other)
    assert dimensions == [("CLASS", "RETAIL")]
    assert faults == [("dimensions[2]", "contradiction")]
    of_line = WantedDimension("lineItems[0].dimensions[0]", code="CLASS", value_code="R2")
    assert found(of_line, one) == ([("CLASS", "R2")], [])


def test_a_mapped_dimension_that_the_company_lacks_fails_the_record_that_uses_it():
    assert found(WantedDimension("projectName", "project", value_name="x")) == ([], [("projectName", "not_found")])


def test_all_missing_codes_of_a_mapping_are_in_one_message(tmp_path):
    mapping = settings(dimension_mappings={"a": "NOPE", "b": "CLASS", "c": "NADA"}).dimension_mapping
    with pytest.raises(ConfigurationError, match=r"no dimension NOPE and no dimension NADA"):
        check_mapping(mapping, catalogue(), "CRONUS")


def test_the_default_mapping_asks_for_nothing():
    check_mapping(settings().dimension_mapping, catalogue(), "CRONUS")
