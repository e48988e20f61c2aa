"""Can the batches that `batch_config` asks for be written, and with what is installed?"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers._batch import StorageTarget

from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_JSONL, _PARQUET, _ITS_PACKAGE = "jsonl", "parquet", "pyarrow"


def check_batches(config: Mapping[str, Any]) -> None:
    """See that batches can be written, before anything is.

    Raises:
        ConfigurationError: They cannot.
    """
    batches = config.get("batch_config")
    problems = tuple(_faults(batches)) if isinstance(batches, dict) and batches else ()
    if problems:
        raise ConfigurationError(" ".join(problems), problems=problems)


def _faults(batches: Mapping[str, Any]) -> Iterator[str]:
    """What the schema of the setting lets pass; values of a wrong type are for the schema to refuse."""
    encoding, storage, size = (batches.get(name) for name in ("encoding", "storage", "batch_size"))
    if not encoding:
        yield 'The setting batch_config needs an encoding: {"format": "jsonl", "compression": "gzip"}.'
    elif isinstance(encoding, dict):
        yield from _faults_of_encoding(encoding)
    if not storage:
        yield 'The setting batch_config needs a storage: {"root": "file:///path/to/folder"}.'
    elif isinstance(storage, dict):
        yield from _faults_of_storage(storage)
    if isinstance(size, int) and size < 1:
        yield f"The setting batch_config must have a batch_size of at least 1, not {size}: no record would be written."


def _faults_of_encoding(encoding: Mapping[str, Any]) -> Iterator[str]:
    format_ = encoding.get("format")
    if format_ == _PARQUET and find_spec(_ITS_PACKAGE) is None:
        yield (
            "The setting batch_config asks for parquet, which needs pyarrow: install dynamics-bc-singer[parquet], or "
            "set the encoding's format to jsonl."
        )
    if format_ == _JSONL and encoding.get("compression") == "none":
        yield "The setting batch_config asks for jsonl that is not compressed: set the encoding's compression to gzip."


def _faults_of_storage(storage: Mapping[str, Any]) -> Iterator[str]:
    root, params = storage.get("root"), storage.get("params") or {}
    if not isinstance(root, str) or not isinstance(params, dict):
        return
    try:
        _ = StorageTarget(root, params=params)._root_path.fs  # noqa: SLF001 - it has no other way to say
    except (ImportError, ValueError, TypeError) as error:
        # A store whose package is not installed, or one that nobody knows.
        yield f'The setting batch_config cannot write to the storage\'s root "{root}" ({error}).'
