"""The port: the data API, sign-in, environments and controls over HTTP."""
