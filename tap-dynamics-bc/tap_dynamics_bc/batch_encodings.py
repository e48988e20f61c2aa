"""Can the batches that `batch_config` asks for be written with what is installed?"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARQUET, _ITS_PACKAGE = "parquet", "pyarrow"


def check_batches(config: Mapping[str, Any]) -> None:
    """See that batches can be written, before anything is.

    Raises:
        ConfigurationError: They cannot.
    """
    batches = config.get("batch_config")
    encoding = batches.get("encoding") if isinstance(batches, dict) else None
    format_ = encoding.get("format") if isinstance(encoding, dict) else None
    if format_ == _PARQUET and find_spec(_ITS_PACKAGE) is None:
        problem = (
            "The setting batch_config asks for parquet, which needs pyarrow: install dynamics-bc-singer[parquet], or "
            "set the encoding's format to jsonl."
        )
        raise ConfigurationError(problem, problems=(problem,))
