"""How pages become lines: decoded, changed where they must be, written in order and whole."""
