"""Labels travel with their photographs, whatever the source."""

import io
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from photochrom.evaluation.labels import Label, read_labelled
from photochrom.evaluation.settings import EvaluationError


def picture(level):
    file = io.BytesIO()
    Image.fromarray(np.full((20, 24, 3), level, np.uint8)).save(file, "PNG")
    return file.getvalue()


def labels(source):
    return [(photograph.name, label) for photograph, label in read_labelled(source)]


def write_parquet(path, names, **columns):
    images = [{"bytes": picture(10), "path": name} for name in names]
    parquet.write_table(pa.table({"image": images, **columns}), path)


def test_parquet_shards_give_label_name_and_license_row_by_row(tmp_path):
    write_parquet(
        tmp_path / "a.parquet", ["x.png", "y.png"], label=[7, None], name=["cock", ""], license=["CC0", "CC-BY"]
    )
    write_parquet(tmp_path / "b.parquet", ["x.png"], label=[3], synset=["n0001"])
    assert labels(tmp_path) == [
        ("x.png", Label(7, "cock", "CC0")),
        ("y.png", Label(None, "", "CC-BY")),
        ("x.png", Label(3, "n0001", None)),
    ]


def test_a_parquet_file_without_labels_gives_none(tmp_path):
    write_parquet(tmp_path / "a.parquet", ["x.png"])
    assert labels(tmp_path / "a.parquet") == [("x.png", Label())]


def test_a_tar_holds_the_class_beside_the_picture(tmp_path):
    with tarfile.open(tmp_path / "shard.tar", "w") as tar:
        for name, content in (
            ("0001.cls", b"12\n"),  # before the picture
            ("0001.png", picture(1)),
            ("0002.png", picture(2)),
            ("0003.png", picture(3)),
            ("0003.cls", b"999"),  # behind it
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    assert labels(tmp_path) == [("0001.png", Label(12)), ("0002.png", Label()), ("0003.png", Label(999))]


def test_a_folder_may_have_a_table_of_labels(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("in/a.png", "b.png"):
        (tmp_path / name).write_bytes(picture(5))
    (tmp_path / "labels.csv").write_text("file,label,name\nin/a.png,4,hammerhead\n", encoding="utf-8")
    assert labels(tmp_path) == [("b.png", Label()), ("in/a.png", Label(4, "hammerhead"))]


@pytest.mark.parametrize("label", ["1000", "-2", "cat", "3.5"])
def test_what_is_no_imagenet_class_is_refused_and_named(tmp_path, label):
    (tmp_path / "a.png").write_bytes(picture(5))
    (tmp_path / "labels.csv").write_text(f"file,label\na.png,{label}\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=rf"labels.csv.*'{label}'.*0\.\.999"):
        labels(tmp_path)


def test_a_table_without_its_columns_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(picture(5))
    (tmp_path / "labels.csv").write_text("picture;class\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="`file` and `label`"):
        labels(tmp_path)
