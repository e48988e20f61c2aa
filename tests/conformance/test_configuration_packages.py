"""Configuration packages (RapidStart) of the automation API."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from conformance.plain_http import Api

CODEUNIT = "APIV2 - Automation RS Package"
PACKAGE = gzip.compress(b"<DataList />")
PACKAGES = "configurationPackages"


@pytest.fixture
def automation(api) -> Api:
    return Api(replace(api.desk, api="api/microsoft/automation/v2.0"))


def package(automation: Api, content: bytes = b"") -> str:
    path = f"{PACKAGES}({automation.post(PACKAGES, {'code': 'GRAPHRS'})['id']})"
    if content:
        upload(automation, path, content)
    return path


def upload(automation: Api, path: str, content: bytes) -> None:
    file = f"{path}/file('GRAPHRS')/content"
    answer = automation.call("PATCH", file, content, {"content-type": "application/octet-stream"})
    assert (answer.status, answer.content) == (204, b"")


def run(automation: Api, path: str, action: str) -> None:
    answer = automation.call("POST", f"{path}/Microsoft.NAV.{action}")
    assert (answer.status, answer.content) == (200, b"")


@pytest.mark.theirs("TestCreateRSPackage")
def test_a_package_is_created(automation):
    created = automation.post(PACKAGES, {"code": "GRAPHRS"})
    assert created["code"] == "GRAPHRS"
    assert automation.get(f"{PACKAGES}({created['id']})")["importStatus"] == "No"


@pytest.mark.theirs("TestUploadRSPackageFile")
def test_a_packages_file_is_uploaded(automation):
    path = package(automation, PACKAGE)
    assert automation.content(f"{path}/file('GRAPHRS')/content") == PACKAGE


@pytest.mark.theirs("TestImportRSPackage")
def test_a_package_is_imported(automation):
    path = package(automation, PACKAGE)
    run(automation, path, "import")
    assert automation.get(path)["importStatus"] == "Completed"


@pytest.mark.theirs("TestImportWrongRSPackage")
def test_what_is_no_package_is_not_imported(automation):
    path = package(automation, b"71f8d1f3-1a02-4f7b-8d6f-6f6f0d6b3d11")
    run(automation, path, "import")
    assert automation.get(path)["importStatus"] == "Error"


@pytest.mark.theirs("TestApplyRSPackage")
def test_an_imported_package_is_applied(automation):
    path = package(automation, PACKAGE)
    run(automation, path, "import")
    run(automation, path, "apply")
    applied = automation.get(path)
    assert (applied["applyStatus"], applied["numberOfErrors"]) == ("Completed", 0)
