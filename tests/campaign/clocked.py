"""Imported before our programs, by the process that forks them: they go by clocks of their own."""

from __future__ import annotations

from campaign.clocks import install

install()
