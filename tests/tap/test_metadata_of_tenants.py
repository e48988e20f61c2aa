"""What does the tap make of metadata that is another than the demo company's?"""

from __future__ import annotations

import re

from tap.running import publish, run_tap, truth

ROUTES = """<EntityType Name="apicategoryroute"><Key><PropertyRef Name="route" /></Key>
<Property Name="route" Type="Edm.String" Nullable="false" /></EntityType>"""
ROUTES_SET = '<EntitySet Name="apicategoryroutes" EntityType="Microsoft.NAV.apicategoryroute" />'


def test_a_set_without_a_key_is_read_whole_with_all_its_rows_and_no_key_properties(frozen, caplog):
    publish(frozen, lambda xml: re.sub(r'(<EntityType Name="customer">)<Key>.*?</Key>', r"\1", xml))
    first = run_tap(frozen.config(), select=["customers"])
    second = run_tap(frozen.config(), select=["customers"], state=first.state)
    expected = sum(len(truth(frozen, company["name"], "customers")) for company in frozen.companies())
    (schema,) = [message for message in second.messages if message["type"] == "SCHEMA"]
    assert schema["key_properties"] == []
    assert len(first.records["customers"]) == len(second.records["customers"]) == expected
    assert "customers" not in second.state.get("bookmarks", {})
    assert caplog.text.count("without key properties") == 2


def test_a_set_of_the_environment_is_asked_at_the_root_and_has_no_company(frozen):
    publish(
        frozen,
        lambda xml: xml.replace("<EntityType ", f"{ROUTES}<EntityType ", 1).replace(
            "<EntitySet ", f"{ROUTES_SET}<EntitySet ", 1
        ),
    )
    before = len(frozen.requests())
    outcome = run_tap(frozen.config(), select=["apicategoryroutes"])
    paths = [each["path"] for each in frozen.requests()[before:] if "apicategoryroutes" in each["path"]]
    assert paths
    assert not [path for path in paths if "companies(" in path]
    (schema,) = [message for message in outcome.messages if message["type"] == "SCHEMA"]
    assert schema["key_properties"] == ["route"]
