"""Where a real-time HotGlue job looks for its handler."""

from target_dynamics_bc.real_time import real_time_handler

__all__ = ["real_time_handler"]
