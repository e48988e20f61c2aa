"""Pictures of customers, vendors, items, employees and contacts."""

from __future__ import annotations

from base64 import b64decode

import pytest

CODEUNIT = "APIV2 - Pictures E2E"
PARENTS = {
    "Customer": ("customers", {"displayName": "Shop"}),
    "Vendor": ("vendors", {"displayName": "Mill"}),
    "Item": ("items", {"displayName": "Desk"}),
    "Employee": ("employees", {"givenName": "Ada", "surname": "Lovelace"}),
    "Contact": ("contacts", {"displayName": "Ada Lovelace", "type": "Person"}),
}
# Two images of one pixel each.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nG"
RED, BLUE = (
    b64decode(PIXEL + rest) for rest in ("P4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC", "NgYPgPAAEDAQAIicLsAAAAAElFTkSuQmCC")
)


def for_each_parent(name: str, **otherwise: str):
    """A test for each kind of parent, whose name stands in Microsoft's."""
    return pytest.mark.parametrize(
        "kind",
        [
            pytest.param(kind, marks=pytest.mark.theirs(otherwise.get(kind) or name.format(kind)), id=kind)
            for kind in PARENTS
        ],
    )


def parent(api, kind: str, picture: bytes = b"") -> str:
    entity_set, body = PARENTS[kind]
    path = f"{entity_set}({api.post(entity_set, body)['id']})"
    if picture:
        api.put(f"{path}/picture/pictureContent", picture)
    return path


def size(api, path: str) -> tuple[int, int]:
    told = api.get(f"{path}/picture")
    return told["width"], told["height"]


@for_each_parent("TestGetPictureValue{}")
def test_a_picture_is_read_as_it_was_written(api, kind):
    assert api.content(f"{parent(api, kind, RED)}/picture/pictureContent") == RED


@for_each_parent("TestGetPictureMetadata{}")
def test_a_picture_tells_its_size(api, kind):
    path = parent(api, kind, RED)
    told = api.get(f"{path}/picture")
    assert (told["width"], told["height"], told["contentType"]) == (1, 1, "image/png")
    assert told["parentType"] == kind


@for_each_parent("TestGetPictureValue{}WithoutPicture")
def test_where_there_is_no_picture_there_is_no_content(api, kind):
    answer = api.call("GET", f"{parent(api, kind)}/picture/pictureContent")
    assert (answer.status, answer.content) == (204, b"")


@for_each_parent("TestGetPictureMetadata{}WithoutPicture", Item="TestGetPictureMetadatItemWithoutPicture")
def test_where_there_is_no_picture_its_size_is_nothing(api, kind):
    assert size(api, parent(api, kind)) == (0, 0)


@for_each_parent("TestPictureUpload{}")
def test_a_picture_is_uploaded(api, kind):
    path = parent(api, kind)
    content = f"{path}/picture/pictureContent"
    assert api.call("PATCH", content, RED, {"content-type": "application/octet-stream"}).status == 204
    assert api.content(content) == RED
    assert size(api, path) == (1, 1)


@for_each_parent("TestPictureReplace{}")
def test_a_picture_is_replaced(api, kind):
    path = parent(api, kind, RED)
    content = f"{path}/picture/pictureContent"
    assert api.call("PATCH", content, BLUE, {"content-type": "application/octet-stream"}).status == 204
    assert api.content(content) == BLUE
    assert size(api, path) == (1, 1)


@for_each_parent("TestPictureDelete{}")
def test_a_picture_is_deleted(api, kind):
    path = parent(api, kind, RED)
    api.delete(f"{path}/picture")
    assert size(api, path) == (0, 0)
