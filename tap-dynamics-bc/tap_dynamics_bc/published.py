"""Which streams do the routes publish that are to be read, and which of them could not be asked?

The standard API must answer. Any other route is a failure of its own: the rest is read, and what it had is missing and
not deleted. When the newest version of a route does not answer, the older ones are left alone as well: their sets would
stand in for its own under the same names.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError, DynamicsError, SignInError
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.odata.targets import WEB_SERVICES
from dynamics_bc_plugin.spelling import comes_close
from tap_dynamics_bc.streams.absences import Absence
from tap_dynamics_bc.streams.apis import ANY, STANDARD_API, chosen, is_of, needs_list, reads_standard
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.naming import NAMINGS
from tap_dynamics_bc.streams.replication import WHOLE
from tap_dynamics_bc.streams.routes import Route
from tap_dynamics_bc.streams.tracking import tracking_by

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.odata.metadata import Metadata
    from tap_dynamics_bc.settings import TapSettings
    from tap_dynamics_bc.streams.apis import Chosen, Family, Patterns
    from tap_dynamics_bc.streams.description import Stream

_LIST = "apicategoryroutes"
_NAMED_AT_MOST = 10
_OTHER_STREAMS, _SOURCE = "__else__", "__source__"
"""Words of the SDK in `stream_maps`."""


@dataclass(frozen=True, slots=True)
class Published:
    """What there is to read.

    Attributes:
        settings: What was to be read.
        streams: All streams by name.
        failures: Routes and services that should have been read and could not be asked.
        left_out: Why routes that no setting names are not there, by route: a failure only for who selects of them.
        unmatched: Patterns of `web_services` that fit none.
    """

    settings: TapSettings
    streams: Mapping[str, Stream]
    failures: tuple[Absence, ...]
    left_out: Mapping[str, str]
    unmatched: tuple[str, ...] = ()

    @property
    def unknown(self) -> Iterator[str]:
        """What settings name and is not there, a sentence for each setting; routes may be away, so none is a fault."""
        known = {name.casefold(): name for name in self.streams}
        for setting, names in (
            ("replication_keys", self.settings.replication_keys),
            ("full_reread_every", self.settings.full_reread_every.streams),
            ("confirm_deletions", self.settings.confirm_deletions),
        ):
            if lost := sorted(name for name in names if name.casefold() not in known):
                yield f"{setting} names streams that are not there: {', '.join(_meant(name, known) for name in lost)}."
        if self.unmatched:
            yield f"web_services names {', '.join(self.unmatched)}, and no published web service has that name."

    def unknown_maps(self, maps: Mapping[str, Any]) -> Iterator[str]:
        """The streams that `stream_maps` names and that are not there; a map with a source of its own makes one."""
        known = {name.casefold(): name for name in self.streams}
        named = (
            name
            for name, each in maps.items()
            if name != _OTHER_STREAMS and not (isinstance(each, dict) and _SOURCE in each)
        )
        if lost := sorted(name for name in named if not any(fnmatchcase(each, name) for each in self.streams)):
            yield (
                f"stream_maps names streams that are not there: {', '.join(_meant(name, known) for name in lost)}. "
                "Nothing is mapped by that."
            )

    def why_missing(self, name: str) -> str:
        """Why a stream of that name is not there."""
        naming = NAMINGS[self.settings.stream_naming]
        route = naming.elsewhere.get(name)
        if route is not None:
            return self.left_out.get(route, f"{route} does not have it in this environment")
        if naming.is_default(name) and not reads_standard(self.settings.apis):
            return f'it is of the standard API; name "{STANDARD_API}" in apis, too'
        if naming.is_default(name):
            meant = next((each for each in self.streams if comes_close(name, each)), None)
            return f"the metadata of the service does not have it{f'; did you mean {meant}?' if meant else ''}"
        return "no API that could be read has it"

    def is_default(self, name: str) -> bool:
        """Whether a stream of that name is selected when nobody says otherwise, also one that is not there."""
        if name in self.streams:
            return self.streams[name].selected
        naming = NAMINGS[self.settings.stream_naming]
        if naming.is_default(name):
            return reads_standard(self.settings.apis)
        if naming.services_prefix and name.startswith(naming.services_prefix):
            return _is_meant(self.settings.web_services, name.removeprefix(naming.services_prefix))
        return not any(name in each.names for each in NAMINGS.values()) and is_of(self.settings.apis, name)


def read_published(
    client: Client,
    settings: TapSettings,
    *,
    needed: Collection[str] | None = None,
    replication_keys: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Published:
    """The streams of all routes that are to be read.

    Args:
        client: Talks to the environment.
        settings: What to read.
        needed: Streams that are wanted of those that the naming has from other routes; None for all.
        replication_keys: What the catalog names as replication keys, by stream; the setting comes first.

    Raises:
        ConfigurationError: The setting `replication_keys` or the catalog names what cannot be one.
        DynamicsError: The standard API cannot be read, or nothing can.
    """
    reader = _Reader(client, settings)
    streams = reader.read(needed)
    by_setting = {name.casefold() for name in settings.replication_keys}
    by_catalog = {name: key for name, key in replication_keys.items() if name.casefold() not in by_setting}
    streams = _tracked(streams, by_catalog, "The catalog's replication key of")
    by_settings = {name: (key,) for name, key in settings.replication_keys.items()}
    streams = _tracked(streams, by_settings, "The setting replication_keys for")
    return Published(settings, streams, tuple(reader.failures), reader.left_out, tuple(reader.unmatched))


class _Reader:
    """Reads the metadata of routes and keeps what could not be had."""

    def __init__(self, client: Client, settings: TapSettings) -> None:
        self.failures: list[Absence] = []
        self.left_out: dict[str, str] = {}
        self.unmatched: list[str] = []
        self._client = client
        self._settings = settings
        self._documents: dict[str, Metadata | DynamicsError] = {}

    def read(self, needed: Collection[str] | None) -> dict[str, Stream]:
        """The streams of all routes by name, those of the standard API first."""
        settings = self._settings
        naming = NAMINGS[settings.stream_naming]
        standard = self._client.metadata() if reads_standard(settings.apis) else None
        wanted = self._chosen()
        elsewhere = {route for name, route in naming.elsewhere.items() if needed is None or name in needed}
        services = {WEB_SERVICES} if settings.web_services else set()
        versions = {version.name for family in wanted.families for version in family.versions}
        self._fetch(sorted(versions | services | (elsewhere if standard is not None else set())))
        streams = {} if standard is None else naming.describe(standard, dict(self._elsewhere(elsewhere)))
        for family in wanted.families:
            self._add(streams, self._of_family(family))
        if services:
            self._add(streams, self._services(settings.web_services))
        return streams

    def _add(self, streams: dict[str, Stream], more: Mapping[str, Stream]) -> None:
        """Add streams to those that there are; one whose name is taken, in any case, is a failure of its own."""
        taken = {name.casefold() for name in streams}
        for name, stream in more.items():
            if name.casefold() in taken:
                self.failures.append(Absence(f"{name} of {stream.route.name}", "another stream has that name"))
            else:
                streams[name] = stream

    def _chosen(self) -> Chosen:
        """The routes that the setting means; without the service's list those that it names."""
        patterns = self._settings.apis
        # Where the standard API is not read, this tells who is refused: the sign-in, or one of the routes.
        listed = (
            self._listed(is_needed=needs_list(patterns)) if needs_list(patterns) or not reads_standard(patterns) else []
        )
        found = chosen(patterns, listed or ())
        for pattern in () if listed is None else found.unmatched:
            others = ", ".join((listed or ())[:_NAMED_AT_MOST]) or "none"
            self.failures.append(Absence(f"routes like {pattern.name}", f"the environment lists none; it has {others}"))
        for family in found.doubled:
            name = family.versions[0].name
            self.failures.append(
                Absence(f"the route {name}", f"another one's streams are called {family.prefix}..., too")
            )
        return found

    def _listed(self, *, is_needed: bool) -> list[str] | None:
        """The routes that the environment lists; None when it does not tell."""
        try:
            return [str(row.get("route", "")) for row in self._client.rows(Query(_LIST))]
        except DynamicsError as error:
            if is_needed or self._is_of_all(error):
                self._fail("the list of routes", error)
            return None

    def _fetch(self, routes: Iterable[str]) -> None:
        """Read the documents of these routes, several at once."""

        def document(route: str) -> tuple[str, Metadata | DynamicsError]:
            try:
                return route, self._client.metadata(route)
            except DynamicsError as error:
                return route, error

        with ThreadPoolExecutor(self._client.settings.max_concurrent_requests) as pool:
            self._documents = dict(pool.map(document, routes))

    def _document(self, route: str) -> Metadata:
        found = self._documents[route]
        if isinstance(found, DynamicsError):
            raise found
        return found

    def _is_of_all(self, error: DynamicsError) -> bool:
        """Whether an error is about the sign-in or the environment, and not about one route's document."""
        if error.scope != "run":
            return False
        return isinstance(error, SignInError | ConfigurationError) or self._client.absence() is not None

    def _fail(self, what: str, error: DynamicsError) -> None:
        if self._is_of_all(error):
            raise error
        self.failures.append(Absence(what, error.explained))

    def _of_family(self, family: Family) -> dict[str, Stream]:
        """Every set as the newest version has it."""
        streams: dict[str, Stream] = {}
        for version in family.versions:
            route = Route(version.name, family.prefix, self._client.settings.route_root(version.name))
            try:
                streams = {**describe_streams(self._document(version.name), route), **streams}
            except DynamicsError as error:
                self._fail(f"the route {version.name}", error)
                return streams
        return streams

    def _elsewhere(self, routes: Iterable[str]) -> Iterator[tuple[Route, Metadata]]:
        """Routes that the naming has streams of, as far as the environment has them."""
        for name in sorted(routes):
            found = self._documents.get(name)
            if isinstance(found, DynamicsError):
                if self._is_of_all(found):
                    raise found
                self.left_out[name] = f"{name} could not be asked: {found.explained}"
            elif found is not None:
                yield Route(name, root=self._client.settings.route_root(name)), found

    def _services(self, patterns: Patterns) -> dict[str, Stream]:
        """The published web services that are meant."""
        naming, left_out = NAMINGS[self._settings.stream_naming], self._settings.web_services_left_out
        route = Route(WEB_SERVICES, naming.services_prefix, self._client.settings.route_root(WEB_SERVICES))
        try:
            found = describe_streams(self._document(WEB_SERVICES), route)
        except DynamicsError as error:
            self._fail("the published web services", error)
            return {}
        names = [stream.entity_set.name for stream in found.values()]
        for pattern in patterns:
            if any(_is_meant((pattern,), name) for name in names):
                continue
            if pattern == ANY:
                continue  # all there are, and there are none
            if ANY in pattern:
                self.unmatched.append(pattern)
            else:
                reason = "nothing of that name is published in this environment"
                self.failures.append(Absence(f"the web service {pattern}", reason))
        meant = {name for name in names if _is_meant(patterns, name) and not _is_meant(left_out, name)}
        made = (naming.service(stream) for stream in found.values() if stream.entity_set.name in meant)
        return {stream.name: stream for stream in made}


def _is_meant(patterns: Patterns, name: str) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)


def _meant(name: str, known: Mapping[str, str]) -> str:
    """A name that is not there, with the nearest that is; `known` has all by their lower case."""
    nearest = get_close_matches(name.casefold(), known, n=1, cutoff=0.8)
    return f"{name} (did you mean {known[nearest[0]]}?)" if nearest else name


def _tracked(streams: dict[str, Stream], keys: Mapping[str, tuple[str, ...]], whose: str) -> dict[str, Stream]:
    """The streams, those that somebody names a replication key of by what that says: the first that is not its own.

    Raises:
        ConfigurationError: With one sentence for each that cannot be.
    """
    spelled = {name.casefold(): name for name in streams}
    problems: list[str] = []
    for given, named in keys.items():
        name = spelled.get(given.casefold())
        if name is None:
            continue  # a route may be away
        own = (streams[name].replication.key or "").casefold()
        key = next((each for each in named if each.casefold() != own), None)
        if key is None:
            continue
        try:
            streams[name] = tracked(streams[name], key)
        except ValueError as fault:
            problems.append(f"{whose} {name} {fault}")
    if problems:
        raise ConfigurationError(" ".join(problems), problems=tuple(problems))
    return streams


def tracked(stream: Stream, key: str) -> Stream:
    """A stream whose changed rows are found again by a property, which may be spelled in any case.

    Raises:
        ValueError: It cannot be.
    """
    each = next((each for name, each in stream.properties.items() if name.casefold() == key.casefold()), None)
    if each is None:
        raise ValueError(f"must name a property of it, and {key} is not one.")
    if not stream.own_keys:
        raise ValueError("cannot hold: nothing in the metadata tells its rows apart, so it is read whole.")
    tracking = tracking_by(each)
    return replace(stream, tracking=tracking, replication=tracking if stream.own_keys else WHOLE)
