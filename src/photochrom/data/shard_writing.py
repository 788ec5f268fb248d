"""Shards as bytes: Parquet in the Hugging Face image convention, or a WebDataset tar. Same samples, same bytes."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from photochrom.data.pack_work import Record

SHARD_ENDINGS = {"parquet": ".parquet", "tar": ".tar"}
ROWS_IN_GROUP = 100  # read at once by those who want one photograph

Sample = tuple[str, Record, bytes]  # file name, what is known of it, its bytes


def write_shard(samples: Sequence[Sample], kind: str) -> bytes:
    """A shard of these samples.

    Args:
        samples: in their order; file names are unique.
        kind: a key of SHARD_ENDINGS.
    """
    return tar_bytes(samples) if kind == "tar" else parquet_bytes(samples)


def parquet_bytes(samples: Sequence[Sample]) -> bytes:
    """Columns image{bytes, path}, name, source, width, height."""
    import pyarrow
    import pyarrow.parquet as parquet

    kinds = {"name": "string", "source": "string", "width": "int32", "height": "int32"}
    columns = {
        "image": pyarrow.array(
            [{"bytes": data, "path": file} for file, _, data in samples],
            pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())]),
        ),
        **{
            key: pyarrow.array([getattr(record, key) for _, record, _ in samples], getattr(pyarrow, kind)())
            for key, kind in kinds.items()
        },
    }
    features = {"image": {"_type": "Image"}} | {key: {"dtype": kind, "_type": "Value"} for key, kind in kinds.items()}
    table = pyarrow.table(columns).replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    stream = io.BytesIO()
    parquet.write_table(table, stream, row_group_size=ROWS_IN_GROUP, compression="none")  # pictures are compressed
    return stream.getvalue()


def tar_bytes(samples: Sequence[Sample]) -> bytes:
    """Two files a sample: the photograph, and .json with name, source, width and height. No times, no owners."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file, record, data in samples:
            known = {key: getattr(record, key) for key in ("name", "source", "width", "height")}
            described = json.dumps(known, ensure_ascii=False).encode()
            for name, content in ((file, data), (str(PurePosixPath(file).with_suffix(".json")), described)):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()
