"""Where a real-time HotGlue job looks for its handler."""  # noqa: INP001 - a job loads this file by its path

from target_dynamics_bc.real_time import real_time_handler

__all__ = ["real_time_handler"]
