"""Where does the command `target-dynamics-bc` begin?"""

from __future__ import annotations

from typing import NoReturn

from dynamics_bc_plugin.starting import start


def main() -> NoReturn:
    """The command; a signal that comes while it is being imported is one line and an exit code."""
    start("target_dynamics_bc.target")


if __name__ == "__main__":
    main()
