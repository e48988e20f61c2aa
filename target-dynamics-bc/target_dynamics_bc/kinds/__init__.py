"""What can be written, and what is particular to each kind of it."""
