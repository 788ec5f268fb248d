"""Give photographs without classes the class that a classifier sees in them: a shard in, a labelled shard out.

    python experiments/label_by_classifier.py SHARD.parquet LABELLED.parquet

`photochrom evaluate LABELLED.parquet` then has a top-1 on photographs that may be used for choosing. It says how many
are still called what they were in their own colors, whether or not that was right; truth has 100 % by definition.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
from standing import run

from photochrom.evaluation.classification import load_classifier
from photochrom.evaluation.photographs import open_photographs
from photochrom.evaluation.settings import Settings


def main() -> None:
    """Label a shard."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shard", type=Path, help="Parquet in the Hugging Face image convention, without labels")
    parser.add_argument("labelled", type=Path, help="the same photographs with a column `label`")
    arguments = parser.parse_args()
    classifier = load_classifier()
    with tempfile.TemporaryDirectory() as work:
        photographs = open_photographs(arguments.shard, Path(work), Settings())
        seen = [classifier.probabilities(photographs.square(index)[None]) for index in range(len(photographs))]
        names = [entry.name for entry in photographs.entries]
        photographs.discard()
    classes = dict(zip(names, np.concatenate(seen).argmax(axis=1).tolist(), strict=True))
    table = parquet.read_table(arguments.shard)
    paths = [image["path"] for image in table.column("image").to_pylist()]
    labels = arrow.array([classes.get(path) for path in paths], arrow.int64())
    parquet.write_table(table.append_column("label", labels), arguments.labelled)
    print(f"{arguments.labelled}: {len(labels) - labels.null_count} of {len(labels)} labelled by {classifier.name}")


if __name__ == "__main__":
    run(main)
