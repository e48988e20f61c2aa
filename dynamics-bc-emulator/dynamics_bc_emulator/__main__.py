"""Run the emulator: `python -m dynamics_bc_emulator`."""

from dynamics_bc_emulator.command import emulator

if __name__ == "__main__":
    emulator()
