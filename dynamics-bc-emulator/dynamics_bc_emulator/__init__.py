"""A Business Central that runs on your own machine."""
