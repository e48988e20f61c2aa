"""The fixture `business_central`: a Business Central for tests, back at its seed for each of them.

    def test_customers_arrive(business_central):
        business_central.control.faults([{"path": "customers", "status": 503}])
        run_my_pipeline(business_central.tap_config(start_date="2026-01-01T00:00:00Z"))
        assert my_customers() == len(business_central.control.rows("CRONUS International Ltd.", "customers"))

It needs the extra `dynamics-bc-singer[emulator]`. What it is started with comes from a fixture
`business_central_options` of your own, and from marks:

    @pytest.mark.business_central("--companies", "1")
    def test_of_one_company(business_central): ...

A test that needs several at once asks `business_central_with(*options)` for them. There is one process for each set of
options and each worker of pytest-xdist, started when a test first asks for it.
`business_central_scope = module` in the configuration of pytest takes it back to the seed once per module (or class,
package, session) and not before every test.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from dynamics_bc_emulator.driver import BusinessCentral

_SCOPES = ("function", "class", "module", "package", "session")
_LAST_REQUESTS = 12


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one setting."""
    parser.addini(
        "business_central_scope",
        f"When business_central goes back to its seed: once per {', '.join(_SCOPES)}.",
        default="function",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known.

    Raises:
        pytest.UsageError: The scope is none.
    """
    config.addinivalue_line("markers", "business_central(*options): options of the emulator for these tests")
    scope = config.getini("business_central_scope")
    if scope not in _SCOPES:
        raise pytest.UsageError(f"business_central_scope is one of {', '.join(_SCOPES)}, not {scope!r}.")


def _scope(fixture_name: str, config: pytest.Config) -> Any:  # noqa: ARG001 - pytest names both
    return config.getini("business_central_scope")


@pytest.fixture(scope="session")
def business_central_options() -> tuple[str, ...]:
    """Options of the command; tests ask more in five minutes than the service allows."""
    return ("--requests-per-window", "1000000")


@pytest.fixture(scope="session")
def business_central_with() -> Iterator[Callable[..., BusinessCentral]]:
    """Gives an emulator at its seed for options of the command; the same options are one process of this worker."""
    running: dict[tuple[str, ...], BusinessCentral] = {}

    def at_its_seed(*options: str) -> BusinessCentral:
        if options not in running or running[options].process.poll() is not None:
            running[options] = _started(options)
        running[options].control.reset()
        return running[options]

    yield at_its_seed
    for one in running.values():
        one.stop()


@pytest.fixture(scope="session")
def business_central_process(
    business_central_with: Callable[..., BusinessCentral], business_central_options: tuple[str, ...]
) -> BusinessCentral:
    """The emulator of this worker, as the last test left it."""
    return business_central_with(*business_central_options)


@pytest.fixture(scope=_scope)
def business_central(
    request: pytest.FixtureRequest,
    business_central_with: Callable[..., BusinessCentral],
    business_central_options: tuple[str, ...],
) -> BusinessCentral:
    """The emulator at its seed: rows, clock, switches, permissions, no faults, an empty log."""
    marked = request.node.get_closest_marker("business_central")
    return business_central_with(*business_central_options, *(marked.args if marked else ()))


def _started(options: tuple[str, ...]) -> BusinessCentral:
    for name in ("starlette", "uvicorn"):
        if find_spec(name) is None:
            pytest.fail(f"The emulator needs {name}; install dynamics-bc-singer[emulator].", pytrace=False)
    from dynamics_bc_emulator import driver  # noqa: PLC0415 - only where a test asks for it

    try:
        return driver.start_business_central(*options)
    except RuntimeError as error:
        pytest.fail(f"{error}\nIts options are {' '.join(options)}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what was asked of the emulator to the report of a test that failed."""
    report = yield
    running = getattr(item, "funcargs", {}).get("business_central")
    if report.failed and call.when == "call" and running is not None:
        report.sections.append(("Business Central", _asked(running)))
    return report


def _asked(running: BusinessCentral) -> str:
    from dynamics_bc_emulator.driver import ControlError  # noqa: PLC0415 - only where a test asks for it

    code = running.process.poll()
    if code is not None:
        return f"The emulator has ended with {code}."
    try:
        requests = running.control.requests()
    except ControlError as error:
        return str(error)
    shown = [_line(one) for one in requests[-_LAST_REQUESTS:]]
    left = len(requests) - len(shown)
    before = [f"({left} requests before these)"] if left > 0 else []
    return "\n".join([*before, *shown]) or "Nothing was asked of it."


def _line(request: dict[str, Any]) -> str:
    query = "&".join(f"{name}={value}" for name, value in request["query"].items())
    status = request["status"] or "cut"
    return f"{status} {request['method']} {request['path']}{'?' if query else ''}{query}"
