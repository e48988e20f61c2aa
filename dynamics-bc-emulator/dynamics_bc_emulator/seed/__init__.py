"""The rows that every emulator begins with."""
