"""Questions that no source settles, or that differ between tenants: each one a switch with a default."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

_CHOICES = {
    "in_filter": ("refuse", "ignore"),
    "flat_parent_reads": ("refuse", "allow"),
    "same_set_expanded_twice": ("serve", "empty"),
    "atomicity_groups": ("honour", "ignore"),
    "if_match_on_actions": ("ignore", "check"),
    "unapplied_payments": ("show", "hide"),
}
_SECONDS = ("retry_after_on_429", "retry_after_on_503", "replica_lag_seconds")
_YEAR_SECONDS = 366 * 86_400


@dataclass(frozen=True, slots=True)
class Switches:
    """How the emulator behaves where the real service's behaviour is not certain.

    Attributes:
        retry_after_on_429: Seconds that a 429 names in `Retry-After`; 0: it names none, as the documentation has it.
        retry_after_on_503: Seconds that an injected 502 or 503 names.
        in_filter: `refuse`: `in` in a filter is answered 501; `ignore`: the clause is ignored and every row comes back,
            as builds of 2024 did.
        or_on_distinct_fields_status: Status of a filter that joins different fields with `or`.
        or_on_distinct_fields_code: Its code.
        duplicate_key_status: Status of a create whose key is taken: 400 or 409.
        entity_changed_status: Status of a stale etag: 409 or 412.
        replica_lag_seconds: Reads see the data as it was that long ago, unless they ask for `Data-Access-Intent:
            ReadWrite`.
        flat_parent_reads: `refuse`: sets for which sources disagree (`defaultDimensions`, `timeRegistrationEntries`)
            are refused without a parent; `allow`: they are served.
        count_batch_operations: Operations of a batch count one by one against the requests of the window.
        environments_need_consent: `/admin/...` answers 401, as for an application that the admin centre does not list.
        next_link_tenant: The service's own name of the tenant, which next links carry beside `aid`; none if blank.
        expanded_page_rows: Rows of an expanded collection before the rest is behind a next link of its own; 0: it comes
            whole.
        same_set_expanded_twice: `serve`: both are served; `empty`: only the one that is named first, as in release 27.
        atomicity_groups: `honour`: operations of a JSON batch with the same `atomicityGroup` are done all or none;
            `ignore`: each is done for itself.
        if_match_on_actions: `ignore`: a bound action is done whatever version `If-Match` names; `check`: a stale one is
            refused as a change is.
        unapplied_payments: `show`: vendor payments of people that are applied to nothing are listed; `hide`: they are
            not, as before August 2026.
        compress: Answers are packed with gzip for clients that can read it.
    """

    retry_after_on_429: int = 0
    retry_after_on_503: int = 1
    in_filter: str = "refuse"
    or_on_distinct_fields_status: int = 400
    or_on_distinct_fields_code: str = "BadRequest_MethodNotImplemented"
    duplicate_key_status: int = 400
    entity_changed_status: int = 409
    replica_lag_seconds: float = 0.0
    flat_parent_reads: str = "refuse"
    count_batch_operations: bool = False
    environments_need_consent: bool = False
    next_link_tenant: str = ""
    expanded_page_rows: int = 0
    same_set_expanded_twice: str = "serve"
    atomicity_groups: str = "honour"
    if_match_on_actions: str = "ignore"
    unapplied_payments: str = "show"
    compress: bool = False

    def retry_after(self, status: int) -> int:
        """Seconds that a response of that status names in `Retry-After`; 0 for none."""
        seconds = {429: self.retry_after_on_429, 502: self.retry_after_on_503, 503: self.retry_after_on_503}
        return seconds.get(status, 0)

    def changed(self, changes: dict[str, Any]) -> Switches:
        """A copy with some switches set.

        Raises:
            ValueError: A name is no switch, or a value has another type than the switch.
        """
        known = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no switch {name}; the switches are {', '.join(known)}")
            wanted = (int, float) if isinstance(known[name], float) else type(known[name])
            if not isinstance(value, wanted) or (isinstance(value, bool) != isinstance(known[name], bool)):
                raise ValueError(f"switch {name} takes a {type(known[name]).__name__}, not {value!r}")
            _check(name, value)
        return replace(self, **changes)


def _check(name: str, value: Any) -> None:
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ValueError(f"switch {name} is {' or '.join(_CHOICES[name])}, not {value!r}")
    if name.endswith("_status") and not 400 <= value < 600:
        raise ValueError(f"switch {name} is a status from 400 to 599, not {value}")
    if name in _SECONDS and not 0 <= value <= _YEAR_SECONDS:
        raise ValueError(f"switch {name} is a number of seconds up to a year, not {value}")
