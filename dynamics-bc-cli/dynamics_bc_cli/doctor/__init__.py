"""The checks of `dynamics-bc doctor`: one file for each party of the chain."""
