"""What are files called that are downloaded?"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_dynamics_bc.files.names import extension_of, file_path

GUID = "018708b5-2355-4245-8cc9-42fff626f763"
HOSTILE = ["..", ".", "", "/etc/passwd", "C:\\x", "\\\\server\\x", "con", "NUL", "a\0b", "a\nb", "x" * 5_000, "\ud800"]
PARTS = st.lists(st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE)), min_size=1, max_size=4)


def test_a_file_is_called_by_its_key():
    assert file_path(["pictures", GUID, "item", GUID], "png") == f"pictures/{GUID}/item/{GUID}.png"


@given(PARTS, st.text(max_size=30), st.text(max_size=30))
@example(HOSTILE, "../../x.exe", "image/png")
def test_no_name_of_the_service_leads_out_of_the_folder(parts, name, content_type):
    path = file_path(parts, extension_of(name, content_type))
    assert len(path.split("/")) == len(parts)
    for segment in path.split("/"):
        assert re.fullmatch(r"[a-z0-9_][a-z0-9_-]{0,63}(\.[a-z0-9]{1,10})?", segment)
        assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", segment)
    for kind in (PurePosixPath, PureWindowsPath):
        assert not kind(path).is_absolute()
        assert ".." not in kind(path).parts
    assert Path("/media", path).resolve().is_relative_to("/media")


@given(PARTS, PARTS)
@example(["Item"], ["item"])
@example(["a_b"], ["a-b"])
@example(["a b"], ["a-b"])
@example(["con"], ["CON"])
@example(["x" * 70], ["x" * 71])
def test_two_keys_have_two_names_where_case_does_not_count(one, another):
    same = file_path(one, "bin").casefold() == file_path(another, "bin").casefold()
    assert same == (one == another)


@pytest.mark.parametrize(
    ("name", "content_type", "extension"),
    [
        ("Lease 2026.PDF", "", "pdf"),
        ("archive.tar.gz", "application/gzip", "gz"),
        ("noextension", "image/jpeg", "jpg"),
        ("", "image/png", "png"),
        ("", "IMAGE/PNG", "png"),
        ("", "application/octet-stream", "bin"),
        ("invoice.pdf.exe", "application/pdf", "bin"),
        ("x.p/df", "application/pdf", "pdf"),
        ("x.", "", "bin"),
        ("x.waytoolongextension", "", "bin"),
        ("x.pdf\0", "", "bin"),
        ("x.p\u0301df", "", "bin"),
    ],
)
def test_an_extension_is_short_plain_and_runs_nothing(name, content_type, extension):
    assert extension_of(name, content_type) == extension
