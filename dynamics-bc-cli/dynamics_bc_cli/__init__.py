"""The operator's command, `dynamics-bc`."""
