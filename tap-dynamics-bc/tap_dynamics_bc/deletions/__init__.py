"""How rows that are gone are found: known keys, sweeps, and a certificate that source and index agree."""
