"""What an image's header says: every format, every way to be cut off."""

from __future__ import annotations

import struct

import pytest

from dynamics_bc_emulator.writes.images import Image, image_of

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480)
GIF = b"GIF89a" + struct.pack("<HH", 12, 34)
BMP = b"BM" + bytes(12) + struct.pack("<Iii", 40, 5, -7)
OLD_BMP = b"BM" + bytes(12) + struct.pack("<IHH", 12, 5, 7)
JPEG_FRAME = b"\xff\xc2" + struct.pack(">HBHH", 17, 8, 300, 200)
JPEG = b"\xff\xd8\xff\xe0\x00\x06JFIF\xff\xff\x01\xff\xc4\x00\x04xy" + JPEG_FRAME


@pytest.mark.parametrize(
    ("content", "image"),
    [
        (PNG, Image("image/png", 640, 480)),
        (GIF, Image("image/gif", 12, 34)),
        (GIF.replace(b"89a", b"87a"), Image("image/gif", 12, 34)),
        (BMP, Image("image/bmp", 5, 7)),
        (OLD_BMP, Image("image/bmp", 5, 7)),
        (JPEG, Image("image/jpeg", 200, 300)),
        (b"", None),
        (b"%PDF-1.4", None),
        (b"\xff\xd8\xff\xe0\x00\x04xxnothing like a segment", None),
        *((whole[:-1], None) for whole in (PNG, GIF, BMP, OLD_BMP, JPEG)),
    ],
)
def test_a_header_says_type_and_size(content, image):
    assert image_of(content) == image


@pytest.mark.parametrize(("content", "told"), [(PNG, ("image/png", 640, 480)), (b"text", ("text/plain", 0, 0))])
def test_a_picture_tells_what_its_content_says(desk, content, told):
    vendor = f"vendors({desk.create('vendors', {})['id']})"
    assert desk.ask("PATCH", f"{vendor}/picture/pictureContent", content, {"content-type": "text/plain"}).status == 204
    picture = desk.read(f"{vendor}/picture")
    assert (picture["contentType"], picture["width"], picture["height"]) == told
    desk.remove(f"{vendor}/picture")
    picture = desk.read(f"{vendor}/picture")
    assert (picture["contentType"], picture["width"], picture["height"]) == ("", 0, 0)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("companyInformation", "picture"),
        ("salesInvoices({})/pdfDocument", "pdfDocumentContent"),
        ("jobQueueLogEntries", "errorCallStack"),
    ],
)
def test_what_cannot_be_written_has_no_link_to_write_it(desk, path, name):
    told = desk.read(path.format(desk.rows("salesInvoices", top=1)[0]["id"]))
    row = told["value"][0] if "value" in told else told
    assert f"{name}@odata.mediaReadLink" in row
    assert f"{name}@odata.mediaEditLink" not in row


def test_content_that_is_read_only_is_not_written(desk):
    (company,) = desk.rows("companyInformation")
    refusal = desk.refused("PATCH", f"companyInformation({company['id']})/picture", PNG)
    assert refusal == (400, "BadRequest_InvalidOperation", "Control 'picture' is read-only.")
