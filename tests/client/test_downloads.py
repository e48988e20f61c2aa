"""How is a file downloaded: with repeats, and told from no file?"""

from __future__ import annotations

import dataclasses

import pytest
from client.collected import Collected
from client.scripted_service import ROOT, answer, fault

from dynamics_bc_client.errors import ConnectionLost, ResourceNotFound
from dynamics_bc_client.transport import Request

PICTURE = "companies(c)/items(i)/picture/pictureContent"


def test_every_attempt_begins_anew(world):
    world.will_answer(ConnectionLost("It broke.", sent=True), answer(200, b"picture", **{"Content-Type": "image/png"}))
    sink = Collected()
    downloaded = world.client().download(PICTURE, sink)
    assert downloaded.content_type == "image/png"
    assert b"".join(sink.pieces) == b"picture"
    assert [request.url for request in world.requests] == [f"{ROOT}/{PICTURE}"] * 2


def test_no_content_is_no_file(world):
    world.will_answer(answer(204))
    assert world.client().download(PICTURE, Collected()) is None


def test_a_file_that_is_gone_is_told(world):
    world.will_answer(fault(404, "BadRequest_ResourceNotFound", "gone"))
    with pytest.raises(ResourceNotFound):
        world.client().download(PICTURE, Collected())


def test_a_request_shows_nothing_of_its_sink():
    request = Request("GET", ROOT)
    assert repr(dataclasses.replace(request, sink=Collected())) == repr(request)
