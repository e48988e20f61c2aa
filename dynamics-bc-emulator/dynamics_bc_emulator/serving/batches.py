"""What `$batch` does with its operations.

Where the service was measured: without preferences the first failure ends the batch, and what was done before it stays
done. Under `Isolation: snapshot` one failure takes everything back, and yet the operations that were taken back answer
as if they had been done; if the very first one fails it is the only reply, else every operation has one. Posting
commits: what a snapshot did up to an action that succeeded stays.

Groups, dependencies and references to earlier operations are as OData describes them: an operation of a group that
failed, or that depends on one, is answered 424; `$1` at the beginning of a url is what operation 1 made. No source says
whether the service honours groups outside of `multipart/mixed`, so a switch can ignore them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from dynamics_bc_emulator.odata.requests import DataRequest, DataResponse
from dynamics_bc_emulator.refusals import Refusal, method_not_allowed
from dynamics_bc_emulator.serving import json_batch, multipart_batch
from dynamics_bc_emulator.serving.operations import Operation, Reply, check_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dynamics_bc_emulator.rows.service import Service

Respond = Callable[[DataRequest], DataResponse]
_FAILED_DEPENDENCY = 424


class _TakenBack(Exception):  # noqa: N818 - ends a transaction, nothing has gone wrong
    """A snapshot or a group had a failure."""


def respond(
    service: Service, request: DataRequest, respond_to_one: Respond
) -> tuple[DataResponse, list[dict[str, object]]]:
    """Answer a batch, and say what its operations were.

    Args:
        service: The emulated service.
        request: The envelope.
        respond_to_one: Answers an operation as if it had come alone.

    Returns:
        The response, and for the request log one `{"method", "path", "status"}` per operation that was executed.

    Raises:
        Refusal: The envelope itself is refused.
    """
    if request.method != "POST":
        raise method_not_allowed("$batch")
    content_type = request.headers.get("content-type", "")
    is_multipart = multipart_batch.is_multipart(content_type)
    if is_multipart:
        operations = multipart_batch.read_operations(request.body, content_type)
    else:
        operations = json_batch.read_operations(request.body)
        if service.switches.atomicity_groups == "ignore":
            operations = [replace(one, group=None) for one in operations]
    check_number(operations)
    replies = _Batch(service, request, respond_to_one).run(operations)
    log: list[dict[str, object]] = [
        {"method": one.operation.method, "path": one.operation.url, "status": one.response.status} for one in replies
    ]
    told = _of_failed_change_sets(replies) if is_multipart else replies
    return (multipart_batch if is_multipart else json_batch).write_replies(told), log


def _of_failed_change_sets(replies: Sequence[Reply]) -> list[Reply]:
    """A change set that failed has one reply: the refusal that made it fail."""
    told: list[Reply] = []
    for group, members in groupby(replies, key=lambda one: one.operation.group):
        of_group = list(members)
        failed = [one for one in of_group if one.has_failed and one.response.status != _FAILED_DEPENDENCY]
        told += failed[:1] if group is not None and failed else of_group
    return told


class _Batch:
    """One batch under way."""

    def __init__(self, service: Service, request: DataRequest, respond_to_one: Respond) -> None:
        self.store = service.store
        self.request = request
        self.respond_to_one = respond_to_one
        self.goes_on = _goes_on(request.headers)
        self.replies: list[Reply] = []
        # Where what an operation made or changed is, by the operation's id.
        self._places: dict[str, str] = {}

    def run(self, operations: Sequence[Operation]) -> list[Reply]:
        """Do the operations, and give the replies to those that were done."""
        if self.request.headers.get("isolation", "").strip().lower() == "snapshot":
            self._snapshot(operations)
        else:
            self._one_by_one(operations)
        return self.replies

    # -- one after the other ------------------------------------------------------------------------------------------

    def _one_by_one(self, operations: Sequence[Operation]) -> None:
        for group, members in groupby(operations, key=lambda one: one.group):
            of_group = list(members)
            if group is None:
                if not self._until_failure(of_group):
                    return
            elif not self._all_or_none(of_group) and not self.goes_on:
                return

    def _until_failure(self, operations: Sequence[Operation]) -> bool:
        """Do operations; False if one failed and the batch ends with it."""
        return not any(self._do(one).has_failed and not self.goes_on for one in operations)

    def _all_or_none(self, operations: Sequence[Operation]) -> bool:
        """Do a group; False if it was taken back."""
        begin = len(self.replies)
        try:
            with self.store.transaction():
                _take_back(if_so=any(self._do(one).has_failed for one in operations))
        except _TakenBack:
            failed = self.replies[-1]
            self.replies[begin:] = [
                failed if one is failed.operation else Reply(one, _failed_dependency(failed.operation.id))
                for one in operations
            ]
            return False
        return True

    # -- as a snapshot ------------------------------------------------------------------------------------------------

    def _snapshot(self, operations: Sequence[Operation]) -> None:
        for part in _committed_parts(operations):
            # Nothing of what comes after a failure stays either.
            has_failed = any(one.has_failed for one in self.replies)
            if not self._part_of_snapshot(part, has_failed=has_failed):
                return

    def _part_of_snapshot(self, operations: Sequence[Operation], *, has_failed: bool) -> bool:
        """Do a part that is committed as a whole; False if the batch ends with it."""
        may_stop, begin = not self.replies and not self.goes_on, len(self.replies)
        try:
            with self.store.transaction():
                for number, operation in enumerate(operations):
                    if self._do(operation).has_failed and may_stop and number == 0:
                        break
                _take_back(if_so=has_failed or any(one.has_failed for one in self.replies[begin:]))
        except _TakenBack:
            pass
        return len(self.replies) - begin == len(operations)

    # -- one operation ------------------------------------------------------------------------------------------------

    def _do(self, operation: Operation) -> Reply:
        url = self._below_root(self._referred(operation.url))
        reply = Reply(operation, self._response(operation, url))
        self.replies.append(reply)
        if operation.id is not None and not reply.has_failed:
            self._places[operation.id] = reply.response.headers.get("Location", url.partition("?")[0])
        return reply

    def _response(self, operation: Operation, url: str) -> DataResponse:
        for name in operation.depends_on:
            needed = [one for one in self.replies if name in {one.operation.id, one.operation.group}]
            if not needed or any(one.has_failed for one in needed):
                return _failed_dependency(name)
        path, _, query = url.partition("?")
        if path.startswith("/") or "://" in path or path.strip("/").lower() == "$batch":
            # A path from the root is looked for outside the API.
            message = f"No HTTP resource was found that matches the request URI '{operation.url}'."
            return DataResponse(404, {"Message": message})
        inner = replace(
            self.request,
            method=operation.method,
            url_path=unquote(path),
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers={**dict(_inherited(self.request.headers)), **operation.headers},
            body=operation.body,
        )
        return self.respond_to_one(inner)

    def _referred(self, url: str) -> str:
        """A url with what an earlier operation made in place of the reference to it."""
        if not url.lstrip("/").startswith("$"):
            return url
        name, slash, rest = url.lstrip("/")[1:].partition("/")
        place = self._places.get(name)
        return url if place is None else f"{place}{slash}{rest}"

    def _below_root(self, url: str) -> str:
        """A url below the API's root where it is spelled as a whole, or from the host on."""
        root = self.request.base_url
        for beginning in (f"{root}/", f"{urlsplit(root).path}/"):
            if len(beginning) > 1 and url.startswith(beginning):
                return url[len(beginning) :]
        return url


def _take_back(*, if_so: bool) -> None:
    """End a transaction with nothing left of it."""
    if if_so:
        raise _TakenBack


def _goes_on(headers: Mapping[str, str]) -> bool:
    """Whether the batch asks to go on after a failure."""
    preferences = [part.strip().lower() for part in headers.get("prefer", "").split(",")]
    return any(
        part in ("odata.continue-on-error", "odata.continue-on-error=true", "continue-on-error") for part in preferences
    )


def _inherited(outer: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Of the envelope's headers an operation has who and in what language, not what and how."""
    for name in ("authorization", "accept-language", "company"):
        if name in outer:
            yield name, outer[name]


def _committed_parts(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """The operations, cut behind every action: actions commit."""
    part: list[Operation] = []
    for operation in operations:
        part.append(operation)
        if operation.commits:
            yield part
            part = []
    if part:
        yield part


def _failed_dependency(name: str | None) -> DataResponse:
    about = f"request '{name}'" if name else "another request of its group"
    refusal = Refusal(_FAILED_DEPENDENCY, "BadRequest", f"The request was not done: {about} failed.")
    return DataResponse(refusal.status, refusal.body())
