"""How a program of this project is told, run, watched and ended: what tap, target and command have in common."""
