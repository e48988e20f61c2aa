"""How pages come: read ahead of their turn, with expansions that fail found and left out."""
