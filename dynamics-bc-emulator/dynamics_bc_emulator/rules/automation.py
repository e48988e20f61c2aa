"""The bound actions of the automation API: configuration packages, extensions, users.

What the service does in a background session is done at once. Messages are those of the API app.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.stamps import to_milliseconds, to_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import ActionRule, Draft

_ROUTE = "api/microsoft/automation/v2.0"
_PACKAGES, _EXTENSIONS = f"configurationPackages of {_ROUTE}", f"extensions of {_ROUTE}"
_UPLOADS, _DEPLOYMENTS = f"extensionUpload of {_ROUTE}", f"extensionDeploymentStatus of {_ROUTE}"
_USERS, _JOBS = f"users of {_ROUTE}", f"scheduledJobs of {_ROUTE}"
# A package's file is compressed with gzip.
_GZIP = b"\x1f\x8b"


def import_package(draft: Draft, _: Mapping[str, Any]) -> Row:
    """Read the uploaded file; what is no package leaves the status at Error.

    Raises:
        Refusal: No file was uploaded.
    """
    content = b64decode(draft.row.get("_content") or "")
    if not content:
        raise refused("Please upload a Rapid Start File, before running the import.")
    good = content.startswith(_GZIP)
    error = "" if good else "The file is not a configuration package."
    return _kept(draft, importStatus="Completed" if good else "Error", importError=error, applyStatus="No")


def apply_package(draft: Draft, _: Mapping[str, Any]) -> Row:
    """Apply an imported package; the emulator takes nothing over from it.

    Raises:
        Refusal: It is not imported.
    """
    if draft.row["importStatus"] != "Completed":
        raise refused("Import Status is not completed. You must import the package before you apply it.")
    return _kept(draft, applyStatus="Completed", applyError="", numberOfErrors=0)


def install(draft: Draft, _: Mapping[str, Any]) -> Row:
    """Install a published extension.

    Raises:
        Refusal: It is installed.
    """
    if draft.row["isInstalled"]:
        raise refused(f"The extension {draft.row['displayName']} is already installed.")
    _deployed(draft, "Install", draft.row)
    return _kept(draft, isInstalled=True)


def uninstall(draft: Draft, _: Mapping[str, Any]) -> Row:
    """Take an extension out of use.

    Raises:
        Refusal: It is not installed.
    """
    if not draft.row["isInstalled"]:
        raise refused(f"The extension {draft.row['displayName']} is not installed.")
    return _kept(draft, isInstalled=False)


def unpublish(draft: Draft, _: Mapping[str, Any]) -> Row:
    """Remove an extension that nobody uses.

    Raises:
        Refusal: It is installed.
    """
    if draft.row["isInstalled"]:
        name = draft.row["displayName"]
        raise refused(f"The extension {name} cannot be unpublished because it is installed.")
    draft.company.delete(draft.entity_set, draft.row["id"])
    return draft.row


def upload(draft: Draft, _: Mapping[str, Any]) -> Row:
    """Publish and install what was uploaded.

    Raises:
        Refusal: There is no content.
    """
    if not draft.row.get("_content"):
        raise refused("Extension content is empty")
    _deployed(draft, "Upload", {"displayName": "Uploaded extension", "publisher": "Contoso"})
    return draft.row


def new_users(draft: Draft, _: Mapping[str, Any]) -> Row:
    """Look for new users; there are none, and the job that looked says so."""
    job = {"category": "APIUSERJOB", "status": "Finished", "description": "Create new users from Microsoft 365."}
    return draft.company.insert(_JOBS, {**job, "id": str(uuid4()), "startDateTime": _now(draft)})


def _deployed(draft: Draft, kind: str, extension: Mapping[str, Any]) -> None:
    version = [str(extension.get(f"version{part}", 0)) for part in ("Major", "Minor", "Build", "Revision")]
    operation = str(uuid4())
    row = {
        "id": operation,
        "operationID": operation,
        "name": extension["displayName"],
        "publisher": extension["publisher"],
        "operationType": kind,
        "status": "Completed",
        "schedule": "Current version",
        "appVersion": ".".join(version),
        "startedOn": _now(draft),
    }
    draft.company.insert(_DEPLOYMENTS, row)


def _kept(draft: Draft, **changes: Any) -> Row:
    return draft.company.update(draft.entity_set, draft.row["id"], changes)


def _now(draft: Draft) -> str:
    return to_stamp(to_milliseconds(draft.company.now()))


ACTIONS: Mapping[str, Mapping[str, ActionRule]] = {
    _PACKAGES: {"import": import_package, "apply": apply_package},
    _EXTENSIONS: {
        "install": install,
        "uninstall": uninstall,
        "uninstallAndDeleteExtensionData": uninstall,
        "unpublish": unpublish,
    },
    _UPLOADS: {"upload": upload},
    _USERS: {"GetNewUsersFromOffice365": new_users, "GetNewUsersFromOffice365Async": new_users},
}
"""By the set that the rows lie in. The service answers these actions 200, with an empty body."""
