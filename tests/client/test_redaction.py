"""What is left of a text that leaves the process: no secret in any spelling, nothing that steers a terminal."""

from __future__ import annotations

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.redaction import FRAGMENT, KEPT, OUTGOING, Redaction, clean
from dynamics_bc_client.settings import Secret

SECRET = "Zq8~aB+c/D=e&f\"g'h<i>j?k%l m.9_w-7"
TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaSJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"  # not a secret
)


def redaction(*secrets):
    made = Redaction()
    for each in secrets or (SECRET,):
        made.add(each)
    return made


def net_style(text):
    """As .NET writes JSON: everything that HTML could stumble over as a number."""
    return "".join(each if each.isalnum() or each in " .-_~" else f"\\u{ord(each):04X}" for each in text)


SPELLINGS = {
    "plain": lambda text: text,
    "upper case": str.upper,
    "in a URL": lambda text: quote(text, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in a form, small letters": lambda text: quote_plus(text).lower(),
    "twice in a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[1:-1],
    "JSON with slashes escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON of .NET": net_style,
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "HTML by sixteens": lambda text: "".join(f"&#x{ord(each):x};" for each in text),
    "a URL in HTML": lambda text: html.escape(quote(text, safe="/")),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "basic auth": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "basic auth of another": lambda text: base64.b64encode(f"user1:{text}".encode()).decode(),
    "basic auth of a third": lambda text: base64.b64encode(f"user12:{text}:more".encode()).decode(),
    "cut off": lambda text: text[:FRAGMENT],
    "without its beginning": lambda text: text[-FRAGMENT:],
    "cut in the middle of an escape": lambda text: quote(text, safe="")[:-1],
    "with an escape sequence in it": lambda text: f"{text[:7]}\x1b[31m{text[7:]}",
    "with control characters in it": "\x00".join,
}


@pytest.mark.fault("P13")
@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("around", ["{}", "before {} after", '{{"a": "x{}y"}}', "key={}&more=1", "{}{}"])
def test_a_secret_is_masked_in_every_spelling(name, around):
    spelt = SPELLINGS[name](SECRET)
    said = redaction().clean(around.format(spelt, spelt))
    assert "***" in said
    others = 12 if name.startswith("basic auth") else 0  # what stands beside the secret is no secret
    pieces = [spelt[at : at + 10] for at in range(others, len(spelt) - 9 - others)]
    assert not [piece for piece in pieces if piece.lower() in said.lower()]


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60),
    st.sampled_from(sorted(set(SPELLINGS) - {"cut off", "without its beginning"})),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_no_ten_characters_of_any_secret_are_left(secret, spelling, before, behind):
    spelt = SPELLINGS[spelling](secret)
    said = redaction(secret).clean(f"{before} {spelt} {behind}")
    assert secret not in said
    if len(spelt) >= 20 and "\x00" not in spelt and "\x1b" not in spelt:
        assert spelt not in said


def test_tokens_of_others_are_masked_by_their_look():
    assert redaction().clean(f"Bearer {TOKEN} is not for you") == "Bearer *** is not for you"
    assert redaction().clean(TOKEN[:20]) == "***"


def test_a_short_secret_is_masked_as_a_whole_and_a_word_is_none():
    assert redaction("hunter2").clean("It was hunter2, Hunter2, hunter.") == "It was ***, ***, hunter."
    assert redaction("abc").clean("abc abcdef") == "abc abcdef"


@pytest.mark.parametrize("before", range(12))
def test_a_fragment_is_found_wherever_it_stands_up_to_the_very_end(before):
    for start in range(len(SECRET) - 9):
        fragment = SECRET[start : start + FRAGMENT]
        assert redaction().clean("-" * before + fragment) == "-" * before + "***"


def test_a_short_secret_is_found_at_the_very_beginning():
    assert redaction("hunter2").clean("hunter2 was it") == "*** was it"


def test_what_is_no_secret_stays_as_it_is():
    for text in (
        "",
        "GET companies(1)/customers returned 500: Ärger — “50 %” \U0001f600.",
        "a\tb\nc",
        "100%25 &amp; \\n",
    ):
        assert redaction().clean(text) == text


def test_what_is_masked_leaves_the_rest():
    assert redaction().clean(f'a "{SECRET}" b {SECRET}{SECRET} c') == 'a "***" b *** c'


ESCAPES = {
    "colour": "\x1b[31mred\x1b[0m",
    "cursor": "\x1b[2J\x1b[Hred",
    "title": "\x1b]0;evil\x07red",
    "link": "\x1b]8;;http://evil\x1b\\red",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07red",
    "one byte": "\x9b31mred",
    "device": "\x1bP1;2|evil\x1b\\red",
    "never ended": "red\x1b]0;evil",
    "reset": "\x1bcred",
    "bell": "\x07red",
    "carriage return": "red\r",
    "backspaces": "re\x08d",
    "right to left": "\u202ered",
}


@pytest.mark.fault("P13")
@pytest.mark.parametrize("text", ESCAPES.values(), ids=ESCAPES)
def test_nothing_steers_a_terminal(text):
    assert redaction().clean(text) == "red"


def test_a_half_of_a_character_that_no_file_takes_is_replaced():
    assert redaction().clean("a\ud83db\udcff").encode() == "a\ufffdb\ufffd".encode()


@given(st.text(st.sampled_from("\x1b\x9b\x9d\x07\\[];m0aB\x90\x00\r\n\t ")))
def test_no_sequence_comes_of_taking_others_out(text):
    said = redaction().clean(text)
    assert all(each.isprintable() or each in "\n\t" for each in said)


def test_old_secrets_are_forgotten_so_that_a_process_may_live_on():
    made = redaction(*(f"secret-number-{number:05}-{number * 7919:08}" for number in range(KEPT + 10)))
    assert made.clean(f"secret-number-00033-{33 * 7919:08}") == "***"
    assert len(made._forms) == KEPT


def test_a_secret_that_is_still_used_is_never_forgotten():
    client_secret = Secret("the-secret-of-the-app-4711")
    for number in range(3 * KEPT):
        Secret(f"an-access-token-{number:05}-{number * 7919:08}")
        client_secret.reveal()
    assert clean("It said the-secret-of-the-app-4711.") == "It said ***."


def test_what_is_a_secret_is_hidden_from_the_moment_it_is_one():
    Secret("the-value-of-a-secret-4711")
    assert clean("It said the-value-of-a-secret-4711.") == "It said ***."
    OUTGOING.forget()
    assert clean("It said the-value-of-a-secret-4711.") == "It said the-value-of-a-secret-4711."


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]" * 50_000,
        "eyJ" * 50_000,
        "%25" * 50_000,
        "\\" * 100_000,
        "&#" * 50_000,
        f"{SECRET} " * 3_000,
        SECRET[:9] * 10_000,
    ],
    ids=range(7),
)
def test_no_text_takes_long(text):
    began = time.process_time()
    redaction(SECRET, TOKEN * 10).clean(text)
    assert time.process_time() - began < 3
