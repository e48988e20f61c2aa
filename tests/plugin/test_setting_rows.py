"""How are rows of settings read and published?"""

from __future__ import annotations

import os

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin import values
from dynamics_bc_plugin.settings import (
    Setting,
    SettingFault,
    aliases_of,
    given,
    read_settings,
    read_together,
    refuse,
    schema_of,
)
from dynamics_bc_plugin.values import INTEGER, STRING

COMPANY = Setting("company", "Company", "Where to.", STRING, values.text, aliases=("export_company_id",))
SIZE = Setting("page_size", "Page size", "Rows.", INTEGER, values.count(10), default=5)
TOKEN = Setting("token", "Token", "Opens it.", STRING, values.secret, secret=True)


@pytest.mark.parametrize(
    ("config", "value"),
    [
        ({}, None),
        ({"company": "Mine"}, "Mine"),
        ({"export_company_id": "Theirs"}, "Theirs"),
        ({"export_company_id": "Theirs", "company": "Mine"}, "Mine"),
        ({"export_company_id": "Theirs", "company": None}, "Theirs"),
        ({"export_company_id": "Theirs", "company": " "}, "Theirs"),
        ({"company": ""}, None),
    ],
)
def test_a_settings_own_name_wins_over_an_alias_unless_it_is_blank(config, value):
    assert given(config, COMPANY) == value


def test_sound_values_are_read_and_the_faults_of_the_others_collected():
    problems = []
    read = read_settings((COMPANY, SIZE, TOKEN), {"company": " A ", "page_size": "11", "token": 7, "else": 1}, problems)
    assert read == {"company": "A"}
    assert problems == ["page_size must be a whole number from 1 to 10, not 11.", "token must be text, not a number."]


def test_rows_are_published_with_default_and_secret():
    properties = schema_of((COMPANY, SIZE, TOKEN))["properties"]
    assert properties["company"] == {"type": ["string", "null"], "title": "Company", "description": "Where to."}
    assert properties["page_size"]["default"] == 5
    assert properties["token"]["secret"] is properties["token"]["writeOnly"] is True
    assert aliases_of((COMPANY, SIZE)) == {"export_company_id": "company"}


def failing(*problems):
    def read():
        refuse(problems)

    return read


def test_the_faults_of_all_readings_are_named_together_and_each_once():
    with pytest.raises(ConfigurationError) as caught:
        read_together(failing("a is wrong."), failing("b is wrong.", "c is wrong."), failing("a is wrong."))
    assert caught.value.problems == ("a is wrong.", "b is wrong.", "c is wrong.")
    assert caught.value.message == "a is wrong. b is wrong. c is wrong."


def test_what_is_read_together_comes_in_its_order():
    assert read_together(lambda: 1, lambda: "x", lambda: None) == (1, "x")


@pytest.mark.parametrize(
    ("read", "value", "said"),
    [
        (values.text, "a\ud83d", "holds half of a character"),
        (values.text, "a\nb", "holds a line break"),
        (values.truth, "yes", 'must be true or false, not "yes".'),
        (values.one_of("a", "b"), "c", 'must be one of a, b, not "c".'),
        (values.json_object, "[1]", "must be a JSON object, not a list."),
        (values.json_object, "{", "must be a JSON object."),
        (values.amount, "-0.01", "must be an amount of at least 0"),
        (values.amount, "NaN", "must be an amount of at least 0"),
        (values.seconds, "1e999", "must be a number of seconds above 0"),
    ],
)
def test_a_value_that_is_not_sound_is_said(read, value, said):
    with pytest.raises(SettingFault) as caught:
        read(value)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (values.existing_file, 'names the file "{}", which cannot be read; give this user the right to read it.'),
        (values.existing_folder, 'names the folder "{}", which cannot be read; give this user the right to read it.'),
        (values.folder, 'names the folder "{}", which cannot be read; give this user the right to read it.'),
    ],
)
def test_what_is_there_and_may_not_be_read_is_told_from_what_is_not_there(tmp_path, monkeypatch, read, said):
    path = tmp_path / "there"
    path.write_text("") if read is values.existing_file else path.mkdir()
    monkeypatch.setattr("os.access", lambda _, mode, **__: not mode & os.R_OK)
    with pytest.raises(SettingFault) as caught:
        read(str(path))
    assert str(caught.value) == said.format(path)


@pytest.mark.parametrize(
    ("read", "given_value", "value"),
    [
        (values.truth, " TRUE ", True),
        (values.one_of("a", "b"), " B ", "b"),
        (values.code, " class ", "CLASS"),
        (values.json_object, '{"a": 1}', {"a": 1}),
        (values.count(10), 3.0, 3),
    ],
)
def test_a_value_may_come_in_the_form_of_a_variable(read, given_value, value):
    assert read(given_value) == value
