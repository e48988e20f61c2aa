"""What is taken out of an answer before it is recorded, and what stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.recording.recorder import Answered, Asked, Recorder
from dynamics_bc_emulator.recording.scrubbing import Scrubber

KEY = b"a key of the tests"
HOST = "api.businesscentral.dynamics.com"
TENANT = "5b6c1111-2222-4333-8444-555566667777"
ROOT = f"https://{HOST}/v2.0/{TENANT}/Live"
GUID = "9a8b7c6d-1111-4222-8333-444455556666"


@pytest.fixture
def scrub() -> Scrubber:
    return Scrubber(KEY, HOST)


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "_x0020_", "Draft", "Sales_x0020_Tax", "GBP", "DE", "2026-01-31", "2026-01-31T08:00:00.123Z", "PT0S",
        "00000000-0000-0000-0000-000000000000",
    ],
)  # fmt: skip
def test_what_is_the_same_everywhere_stays(scrub: Scrubber, value: str) -> None:
    assert scrub.text(value) == value


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("Adatum Corporation", "Aaaaaa Aaaaaaaaaaa"),
        ("C-00017", "A-99999"),
        ("DE89 3704 0044 0532 0130 00", "AA99 9999 9999 9999 9999 99"),
        ("+44 (0)20 7946 0000", "+99 (9)99 9999 9999"),
    ],
)
def test_a_text_becomes_another_of_its_shape(scrub: Scrubber, value: str, shape: str) -> None:
    replaced = scrub.text(value)
    assert replaced != value
    drawn = ("A" if one.isupper() else "a" if one.isalpha() else "9" if one.isdigit() else one for one in replaced)
    assert "".join(drawn) == shape


def test_the_same_text_has_one_replacement_and_another_text_another(scrub: Scrubber) -> None:
    values = [f"{number:02d}" for number in range(100)] + list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    replaced = [scrub.text(value) for value in values]
    assert replaced == [scrub.text(value) for value in values]
    assert len(set(replaced)) == len(values)
    assert Scrubber(b"another key", HOST).text("Adatum Corporation") != scrub.text("Adatum Corporation")


def test_keys_join_wherever_they_stand(scrub: Scrubber) -> None:
    row = scrub.body({"id": GUID, "number": "C-17", "customerNumber": "C-17"})
    assert row["number"] == row["customerNumber"]
    assert scrub.path(f"api/v2.0/companies({GUID.upper()})/customers") == f"api/v2.0/companies({row['id']})/customers"
    assert scrub.query({"$filter": "number eq 'C-17' and amount gt 3.5"}) == {
        "$filter": f"number eq '{row['number']}' and amount gt 3.5"
    }
    spelled = scrub.text("O'Hara").replace("'", "''")
    assert scrub.path("ODataV4/Company('O''Hara')/x") == f"ODataV4/Company('{spelled}')/x"


def test_mail_addresses_and_sites_lead_nowhere(scrub: Scrubber) -> None:
    assert scrub.text("ada@adatum.com").endswith("@example.com")
    assert scrub.text("ada@adatum.com") == scrub.text("Ada@Adatum.com")
    assert scrub.text("https://adatum.com/about").startswith("https://example.com/")
    assert "adatum" not in scrub.text("ada@adatum.com") + scrub.text("https://adatum.com/about")


def test_links_lead_to_the_environment_of_whoever_serves_them(scrub: Scrubber) -> None:
    link = f"{ROOT}/api/v2.0/companies({GUID})/items?$filter=number eq 'X-1'&aid=FIN&$skiptoken=Adatum-token"
    replaced = scrub.body({"@odata.nextLink": link})["@odata.nextLink"]
    assert replaced.startswith(f"{{root}}/api/v2.0/companies({scrub.guid(GUID)})/items?$filter=number%20eq%20%27")
    assert "$skiptoken=" in replaced
    for secret in (TENANT, "Live", GUID, "X-1", "Adatum"):
        assert secret not in replaced
    context = scrub.body({"@odata.context": f"{ROOT}/api/v2.0/$metadata#companies({GUID})/items/$entity"})
    assert context["@odata.context"] == f"{{root}}/api/v2.0/$metadata#companies({scrub.guid(GUID)})/items/$entity"


@pytest.mark.parametrize(
    ("message", "kept", "gone"),
    [
        ("The field Vendor No. of table Purchase Header contains a value (V-4711)", "Vendor", "V-4711"),
        ("Customer Adatum is blocked.  CorrelationId:  9a8b7c6d-1111-4222-8333-444455556666.", "blocked", "Adatum"),
        ("Cannot send to ada@adatum.com", "Cannot", "ada@adatum"),
    ],
)  # fmt: skip
def test_of_a_message_the_services_own_words_stay(scrub: Scrubber, message: str, kept: str, gone: str) -> None:
    body = scrub.body({"error": {"code": "Application_DialogException", "message": message}}, is_error=True)
    assert body["error"]["code"] == "Application_DialogException"
    assert kept in body["error"]["message"]
    assert gone not in body["error"]["message"]
    assert "9a8b7c6d" not in body["error"]["message"]


def test_etags_are_replaced_and_stay_etags(scrub: Scrubber) -> None:
    etag = 'W/"JzE5OzEyMzQ1Njc4OTs="'
    replaced = scrub.body({"@odata.etag": etag})["@odata.etag"]
    assert replaced.startswith('W/"')
    assert replaced != etag
    assert scrub.asked({"if-match": etag, "authorization": "Bearer x"}) == {"if-match": replaced}
    assert scrub.asked({"if-match": "*"}) == {"if-match": "*"}


def test_of_most_headers_the_name_alone_is_kept_and_of_cookies_nothing(scrub: Scrubber) -> None:
    told = {"set-cookie": "a=b", "x-tenant": "Adatum", "content-type": "application/json", "www-authenticate": "Bearer"}
    assert scrub.headers(told) == {"x-tenant": "***", "content-type": "application/json"}


MARK = "Qzxjvkwq"
NAMES = (
    "displayName",
    "@odata.etag",
    "@odata.nextLink",
    "@odata.context",
    "message",
    "code",
    "error",
    "url",
    "x y",
    "id",
)
SAID = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "The ", "a@", "https://", f"https://{HOST}/v2.0/", "'", "W/", "(", "Internal_", "Error: "]),
    st.sampled_from([MARK, MARK.lower(), MARK.upper(), f"{MARK}@{MARK}.com", f"{MARK}-1", f"O''{MARK}"]),
    st.sampled_from(["", ".com", "/api/v2.0/items?$filter=n eq 'x'", "'", ")", "_NotFound", " not found"]),
)
TOLD = st.recursive(
    st.one_of(SAID, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=40)
@given(TOLD, st.booleans())
def test_nothing_marked_is_left_wherever_it_stands(told: object, is_error: bool) -> None:
    scrub = Scrubber(KEY, HOST)
    operation = {"id": told, "method": told, "url": told, "headers": {"x": told, "if-match": told}, "body": told}
    batch = {"requests": [operation, {**operation, "status": 400}]}
    for scrubbed in (scrub.body(told, is_error=is_error), scrub.batch(told), scrub.batch(batch)):
        assert MARK.lower() not in json.dumps(scrubbed).lower()


@given(SAID)
def test_nothing_marked_is_left_in_an_address_or_a_header(said: str) -> None:
    scrub = Scrubber(KEY, HOST)
    left = [scrub.query({"$search": said, "tenant": said, "$skiptoken": said}), scrub.link(f"https://{said}")]
    left += [scrub.query({"$filter": f"name eq '{said.replace(chr(39), chr(39) * 2)}'"})]
    left += [scrub.headers({"x-any": said, "etag": said, "set-cookie": said}), scrub.message(said)]
    assert MARK.lower() not in json.dumps(left).lower()


def note(tmp_path, asked: Asked, answered: Answered) -> tuple[Recorder, str]:
    path = tmp_path / "recording.jsonl"
    with path.open("wb") as file:
        recorder = Recorder(file, f"https://{HOST}", KEY)
        recorder.begin()
        recorder.note(asked, answered)
    return recorder, path.read_text()


JSON = {"content-type": "application/json"}


def test_an_answer_that_still_repeats_a_secret_is_not_kept(tmp_path) -> None:
    # A metadata document is kept as it is.
    asked = Asked("GET", f"/v2.0/{TENANT}/Live/api/v2.0/$metadata", {"authorization": "Bearer marked-token"})
    for secret in ("marked-token", TENANT):
        answered = Answered(200, {"content-type": "application/xml"}, f"<edmx>{secret}</edmx>".encode())
        recorder, text = note(tmp_path, asked, answered)
        assert (recorder.kept, recorder.left_out) == (0, 1)
        assert secret not in text


@pytest.mark.parametrize("path", [f"/{TENANT}/oauth2/v2.0/token", "/v2.0/environments", "/admin/v2.29/applications"])
def test_only_the_data_api_is_recorded(tmp_path, path: str) -> None:
    answered = Answered(200, JSON, b'{"access_token": "secret"}')
    recorder, text = note(tmp_path, Asked("POST", path, JSON, b"client_secret=x"), answered)
    assert recorder.kept == 0
    assert len(text.splitlines()) == 1


def test_operations_of_a_batch_stay_operations_without_what_is_secret(tmp_path) -> None:
    sent = {"requests": [
        {"id": "1", "method": "POST", "url": f"companies({GUID})/customers", "body": {"displayName": "Adatum"},
         "headers": {"Authorization": "Bearer marked", "If-Match": "*"}, "atomicityGroup": "g"},
        {"id": "2", "method": "GET", "url": f"companies({GUID})/customers?$filter=displayName eq 'Adatum'",
         "dependsOn": ["1"]},
    ]}  # fmt: skip
    told = {"responses": [
        {"id": "1", "status": 201, "headers": {"Location": f"{ROOT}/api/v2.0/companies({GUID})/customers({GUID})"},
         "body": {"displayName": "Adatum"}},
        {"id": "2", "status": 404,
         "body": {"error": {"code": "Internal_RecordNotFound", "message": "Adatum is not there"}}},
    ]}  # fmt: skip
    asked = Asked("POST", f"/v2.0/{TENANT}/Live/api/v2.0/$batch", JSON, json.dumps(sent).encode())
    _, text = note(tmp_path, asked, Answered(200, JSON, json.dumps(told).encode()))
    exchange = json.loads(text.splitlines()[1])
    (create, look), (made, missing) = exchange["sent"]["requests"], exchange["body"]["responses"]
    assert (create["method"], look["method"], create["headers"]) == ("POST", "GET", {"if-match": "*"})
    name = create["body"]["displayName"]
    assert look["url"].endswith(f"customers?$filter=displayName%20eq%20%27{name}%27")
    assert look["dependsOn"] == [create["id"]] == [made["id"]]
    assert made["body"]["displayName"] == name
    assert made["headers"]["location"].startswith("{root}/api/v2.0/companies(")
    assert missing["body"]["error"]["code"] == "Internal_RecordNotFound"
    for secret in ("Adatum", "marked", GUID, TENANT):
        assert secret not in text


def test_content_is_not_kept(tmp_path) -> None:
    target = f"/v2.0/Live/api/v2.0/companies({GUID})/pictures({GUID})/pictureContent"
    _, text = note(tmp_path, Asked("GET", target, {}), Answered(200, {"content-type": "image/png"}, b"marked content"))
    exchange = json.loads(text.splitlines()[1])
    assert exchange["body"] is None
    assert "marked" not in text
