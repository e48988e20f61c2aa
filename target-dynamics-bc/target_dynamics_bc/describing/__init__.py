"""What may be written, said beforehand."""
