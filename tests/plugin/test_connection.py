"""What a config means, and how everything that is wrong with it is said at once."""

from __future__ import annotations

import copy
import logging
import pickle

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.settings import ConnectionSettings, Secret
from dynamics_bc_plugin.connection import CONNECTION, read_connection
from dynamics_bc_plugin.settings import schema_of

APP = {"client_id": "app-1", "client_secret": "not-a-real-secret", "tenant_id": "acme.example"}


def settings(**config):
    return read_connection({**APP, **config}, environ={})


def problems(config, **options):
    with pytest.raises(ConfigurationError) as caught:
        read_connection(config, environ={}, **options)
    return caught.value.problems


def test_defaults_reach_production():
    root = settings().api_root
    assert root == "https://api.businesscentral.dynamics.com/v2.0/acme.example/Production/api/v2.0"


def test_without_a_tenant_the_token_implies_it():
    found = read_connection({"client_id": "app-1", "refresh_token": "r"}, environ={})
    assert found.api_root == "https://api.businesscentral.dynamics.com/v2.0/Production/api/v2.0"
    assert found.token_url == "https://login.microsoftonline.com/common/oauth2/v2.0/token"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("Sandbox", "/v2.0/acme.example/Sandbox/api/v2.0"),
        ("Production?tenant=x&y=z", "/v2.0/acme.example/Production/api/v2.0"),
        ("other.example/Production", "/v2.0/other.example/Production/api/v2.0"),
        (" /other.example/Test 1/ ", "/v2.0/other.example/Test%201/api/v2.0"),
    ],
)
def test_an_environments_name_may_carry_a_query_or_its_tenant(name, end):
    assert settings(environment_name=name).api_root.endswith(end)


def test_the_tenant_of_an_environments_name_also_signs_in_when_there_is_no_other():
    config = {"client_id": "a", "client_secret": "b", "environment_name": "acme.example/Production"}
    found = read_connection(config, environ={})
    assert found.token_url == "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token"


def test_a_full_url_replaces_host_tenant_environment_and_route():
    found = settings(full_url="https://onprem.example:7048/BC/api/v2.0/")
    assert found.api_root == "https://onprem.example:7048/BC/api/v2.0"
    assert found.environment_root == "https://onprem.example:7048/BC"
    assert found.host_root == "https://onprem.example:7048"


def test_other_routes_are_beside_the_standard_one():
    found = settings()
    assert found.route_root("microsoft/analytics/v1.0") == f"{found.environment_root}/api/microsoft/analytics/v1.0"
    assert found.route_root(None) == found.api_root
    assert found.web_services_root == f"{found.environment_root}/ODataV4"


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:5"])
def test_http_is_taken_on_this_machine(url):
    assert settings(api_url=url).api_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://bc.example",
        "http://127.0.0.1.evil.example",
        "ftp://bc.example",
        "bc.example",
        "https://",
        "https://u:p@h",
    ],
)
@pytest.mark.parametrize("name", ["api_url", "auth_url", "full_url"])
def test_any_other_url_is_refused_by_the_settings_name(name, url):
    assert [problem.split()[0] for problem in problems({**APP, name: url})] == [name]


def test_all_problems_are_said_at_once():
    found = problems(
        {
            **APP,
            "api_url": "http://bc.example",
            "timeout_seconds": "soon",
            "max_concurrent_requests": 0,
            "max_requests_per_window": 1.5,
            "client_id": 7,
            "ca_bundle": "/no/such/file.pem",
            "refresh_token_via_hg_api": "perhaps",
            "environment_name": "a/b/c",
            "expires_in": True,
        }
    )
    assert found == (
        'api_url must begin with https://; http is for this machine alone, and "bc.example" is another one.',
        'environment_name must be the name of an environment, such as Production, not "a/b/c".',
        "expires_in must be a number, not true or false.",
        "client_id must be text, not a number.",
        "max_concurrent_requests must be a whole number from 1 to 100, not 0.",
        "max_requests_per_window must be a whole number from 1 to 1000000000, not 1.5.",
        'timeout_seconds must be a number, not "soon".',
        'ca_bundle names a file that does not exist: "/no/such/file.pem".',
        'refresh_token_via_hg_api must be true or false, not "perhaps".',
    )


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "Nothing to sign in with"),
        ({"tenant_id": "t"}, "Nothing to sign in with"),
        ({"client_id": "a", "client_secret": "b"}, "tenant_id is missing"),
        ({"client_id": "a", "tenant_id": "t"}, "client_secret is missing"),
        ({"client_id": "a"}, "client_secret and tenant_id are missing"),
        ({"refresh_token": "r"}, "client_id is missing"),
        ({**APP, "tenant_id": "common"}, "tenant_id must be the tenant's own"),
    ],
)
def test_what_is_missing_to_sign_in_is_named(config, said):
    (problem,) = problems(config)
    assert problem.startswith(said)


def test_blank_and_null_mean_not_set():
    found = settings(full_url="", refresh_token=None, environment_name="  ", access_token="")
    assert (found.full_url, found.refresh_token, found.access_token) == (None, None, None)
    assert found.environment_name == "Production"


def test_unknown_keys_are_somebody_elses():
    assert settings(start_date="2026-01-01", stream_maps={}).client_id == "app-1"


def test_numbers_may_come_as_text():
    found = settings(max_concurrent_requests="3", timeout_seconds="12.5")
    assert (found.max_concurrent_requests, found.timeout_seconds) == (3, 12.5)


@pytest.mark.parametrize("value", [1_800_003_600, "1800003600", 1_800_003_600.0])
def test_a_large_expiry_is_a_moment(value):
    assert settings(access_token="t", expires_in=value).access_token_expires_at(5.0) == 1_800_003_600


@pytest.mark.parametrize("value", [3600, "3600"])
def test_a_small_expiry_is_a_duration_from_now(value):
    assert settings(access_token="t", expires_in=value).access_token_expires_at(100.0) == 3_700


def test_a_duration_in_a_config_file_counts_from_when_the_file_was_written(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    found = read_connection({"access_token": "t", "expires_in": 10}, config_path=path, environ={})
    assert found.access_token_expires_at(9e9) == path.stat().st_mtime + 10


def test_hotglues_name_of_a_setting_is_taken():
    assert settings(_refresh_token_via_hg_api=False).refresh_token_via_hg_api is False


JOB = {"API_URL": "https://hotglue.example", "API_KEY": "k", "ENV_ID": "e", "FLOW": "f", "TENANT": "t/1", "TAP": "bc"}


def test_a_hotglue_job_gets_its_tokens_from_hotglue():
    found = read_connection({}, environ=JOB)
    assert found.hotglue is not None
    expected = "https://hotglue.example/e/f/t%2F1/connectors/bc/accesstoken?include_properties=expires_in"
    assert found.hotglue.token_url == expected


def test_tap_and_target_of_a_job_are_different_connectors():
    both = {**JOB, "TARGET": "bc-target"}
    for kind, name in (("tap", "bc"), ("target", "bc-target")):
        found = read_connection({}, kind=kind, environ=both)
        assert found.hotglue is not None
        assert f"/connectors/{name}/" in found.hotglue.token_url


def test_hotglues_token_service_can_be_turned_off():
    config = {**APP, "_refresh_token_via_hg_api": False}
    assert read_connection(config, environ=JOB).hotglue is None


def test_a_job_without_all_its_variables_is_none():
    environ = {name: value for name, value in JOB.items() if name != "FLOW"}
    assert read_connection(APP, environ=environ).hotglue is None


def test_hotglues_key_is_not_sent_without_encryption():
    with pytest.raises(ConfigurationError, match=r"^The environment variable API_URL must begin with https"):
        read_connection(APP, environ={**JOB, "API_URL": "http://hotglue.example"})


def test_every_setting_is_published_with_a_title_and_a_description():
    properties = schema_of(CONNECTION)["properties"]
    assert all(each["title"] and each["description"] for each in properties.values())
    secret = {name for name, each in properties.items() if each.get("secret")}
    assert secret == {"access_token", "refresh_token", "client_secret"}
    assert set(properties) <= set(ConnectionSettings.__dataclass_fields__)


def test_published_defaults_are_the_real_ones():
    found = settings()
    for name, each in schema_of(CONNECTION)["properties"].items():
        if "default" in each:
            assert getattr(found, name) == each["default"]


def test_secrets_are_shown_nowhere(caplog):
    found = settings(access_token="hidden-1", refresh_token="hidden-2", client_secret="hidden-3")
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("%s %r", found, found)
    assert "hidden" not in repr(found) + str(found) + f"{found}" + caplog.text
    assert found.client_secret is not None
    assert found.client_secret.reveal() == "hidden-3"


def test_a_malformed_secret_is_not_quoted():
    (problem,) = problems({**APP, "client_secret": "hid\nden"})
    assert problem.startswith("client_secret holds a line break")
    assert "hid" not in problem.removeprefix("client_secret")


def test_a_secret_is_not_pickled():
    with pytest.raises(TypeError):
        pickle.dumps(Secret("x"))
    with pytest.raises(TypeError):
        copy.deepcopy(Secret("x"))


def test_secrets_compare_by_what_they_hide():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_command_that_gets_a_way_to_sign_in_need_not_have_one():
    found = read_connection({"client_id": "a"}, environ={}, sign_in_required=False)
    assert found.access_token is None
    with pytest.raises(ConfigurationError, match="timeout_seconds"):
        read_connection({"timeout_seconds": "soon"}, environ={}, sign_in_required=False)


def test_a_store_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert problems({**APP, "store_path": str(tmp_path / "file" / "deeper" / "store")}) == (
        f'store_path must name a folder, and "{tmp_path / "file"}" is a file.',
    )


def test_a_store_that_nobody_has_made_yet_is_taken_and_not_made(tmp_path):
    assert settings(store_path=str(tmp_path / "a" / "b")).store_path == tmp_path / "a" / "b"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mode", "said"), [(0o555, "cannot be written to"), (0o333, "cannot be read"), (0, "cannot be")]
)
@pytest.mark.parametrize("below", ["", "new/store"])
def test_a_store_without_the_permissions_is_refused(unprivileged_folder, mode, said, below):
    if below and mode == 0o333:
        said = None  # a folder that is made below it can be read
    unprivileged_folder.chmod(mode)
    path = unprivileged_folder / below
    if said is None:
        assert settings(store_path=str(path)).store_path == path
        return
    (found,) = problems({**APP, "store_path": str(path)})
    assert found.startswith(f'store_path names the folder "{path}", which {said}')
    assert "; give " in found


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("x" * 300, r"store_path names nothing that there could be \(File name too long\): \"x{200}\"\."),
        ("~nobody-of-that-name/store", r"store_path names the home of a user who is not known here: \"~nobody-of"),
    ],
)
def test_a_path_that_there_cannot_be_is_a_sentence(path, said):
    with pytest.raises(ConfigurationError, match=said):
        read_connection(
            {"client_id": "a", "tenant_id": "b", "client_secret": "not-a-secret", "store_path": path}, environ={}
        )


@pytest.mark.parametrize(
    "name", ["tenant_id", "client_id", "client_secret", "refresh_token", "environment_name", "api_url", "redirect_uri"]
)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_that_came_with_a_value_are_said_and_not_sent(name, quote):
    (problem,) = problems({**APP, name: f"{quote}https://a.example{quote}"})
    assert problem == f"{name} has quotes around it as part of its value; remove them."


@pytest.mark.parametrize("name", ["tenant_id", "client_id"])
def test_an_id_may_be_in_braces_as_business_central_shows_it(name):
    id_ = "7e1f5a9c-0b7d-4c57-9a64-2f6e5d8c1b30"
    assert getattr(settings(**{name: f" {{{id_}}} "}), name) == id_


@pytest.mark.parametrize(
    "address",
    [
        "https://api.businesscentral.dynamics.com/v2.0",
        "https://api.businesscentral.dynamics.com/v2.0/acme.example/Production/api/v2.0/",
        "https://api.businesscentral.dynamics.com/acme.example",
        "http://127.0.0.1:8765/v2.0",
    ],
)
def test_a_path_behind_the_host_of_the_api_is_said_and_not_sent(address):
    (problem,) = problems({**APP, "api_url": address})
    assert problem == (
        "api_url must be scheme and host alone, such as https://api.businesscentral.dynamics.com, not "
        f'"{address.rstrip("/")}"; tenant and environment have settings of their own, and full_url takes a whole '
        "address."
    )


def test_the_address_of_the_web_client_is_not_taken_for_that_of_the_api():
    (problem,) = problems({**APP, "api_url": "https://businesscentral.dynamics.com/acme.example/Production"})
    assert problem == (
        "api_url is the address of the web client; that of the API is https://api.businesscentral.dynamics.com, which "
        "is the default."
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://login.microsoftonline.com/acme.example",
        "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token",
        "http://127.0.0.1:8765/acme.example/oauth2/v2.0/token",
    ],
)
def test_a_path_behind_the_host_of_entra_is_said_and_not_sent(address):
    (problem,) = problems({**APP, "auth_url": address})
    assert problem == (
        f'auth_url must be scheme and host alone, such as https://login.microsoftonline.com, not "{address}"; '
        "tenant_id names the tenant."
    )


def test_a_gateway_may_have_a_path_of_its_own():
    assert settings(api_url="https://gateway.example/bc/").api_url == "https://gateway.example/bc"
