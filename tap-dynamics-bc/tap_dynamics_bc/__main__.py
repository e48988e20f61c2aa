"""Where does the command `tap-dynamics-bc` begin?"""

from __future__ import annotations

from typing import NoReturn

from dynamics_bc_plugin.starting import start


def main() -> NoReturn:
    """The command; a signal that comes while it is being imported is one line and an exit code."""
    start("tap_dynamics_bc.tap")


if __name__ == "__main__":
    main()
