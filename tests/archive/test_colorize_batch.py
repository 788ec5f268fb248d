import importlib.util
import pickle
import shutil

import numpy as np
import pytest

from photochrom.archive import ColorizeBatch
from photochrom.batch import Outputs, colorize_all, find_photographs


@pytest.fixture(scope="module")
def colorize(options):
    batch = ColorizeBatch(options)
    yield batch
    batch.close()


@pytest.fixture(scope="module")
def works(scans):
    """Every tenth of the scans, and all with difficult names but one, whose name is another's: a run settles that."""
    found = [work for work in find_photographs([scans], together=True) if work.relative != "a.gif"]
    return [work for number, work in enumerate(found) if number % 10 == 0 or "/" not in work.relative]


def batch_of(works):
    contents = np.empty(len(works), dtype=object)
    for index, work in enumerate(works):
        contents[index] = open(work.source, "rb").read()  # noqa: PTH123, SIM115 - a path may be no UTF-8
    return {"path": np.array([work.relative for work in works], dtype=object), "bytes": contents}


def test_the_bytes_are_those_of_the_folder_command_in_every_format(colorize, works, by_folder, failing):
    result = colorize(batch_of(works))
    made = {target: content for target, content in zip(result["target"], result["bytes"], strict=True) if target}
    assert {target.rpartition(".")[2] for target in made} == {"jpg", "png", "tif", "PNG"}
    assert made == {target: by_folder[target] for target in made}
    assert len(made) == len({work.relative for work in works} - failing)


def test_a_damaged_photograph_has_its_row_with_one_line_and_no_bytes(colorize, works):
    result = colorize(batch_of([work for work in works if work.relative in ("damaged.jpg", "c.jpg")]))
    rows = dict(zip(result["path"], zip(result["state"], result["error"], result["bytes"], strict=True), strict=True))
    state, error, content = rows["damaged.jpg"]
    assert (state, content) == ("failed", b"")
    assert error.startswith("damaged.jpg: ")
    assert "\n" not in error
    assert rows["c.jpg"][:2] == ("colored", None)


def test_a_pickled_copy_colors_the_same_and_other_columns_are_handed_on(colorize, options, picture):
    batch = {"path": ["a.jpg", "b.jpg"], "bytes": [picture(1), picture(2)], "roll": [7, 8]}
    copied = pickle.loads(pickle.dumps(colorize))
    try:
        mine, its = colorize(batch), copied(batch)
    finally:
        copied.close()
    assert its["roll"].tolist() == [7, 8]
    assert its["seconds"].dtype == np.float64
    assert (its["seconds"] > 0).all()
    assert its["bytes"].tolist() == mine["bytes"].tolist()
    assert set(its) == {"path", "bytes", "roll", "target", "state", "error", "seconds"}


def test_alternatives_layer_and_map_come_as_the_folder_command_writes_them(options, picture, tmp_path):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "old.jpg").write_bytes(picture(5))
    outputs = Outputs(tmp_path / "new", layer=True, samples=2, uncertainty=tmp_path / "new" / "uncertainty")
    list(colorize_all(find_photographs([tmp_path / "scans"], together=True), options, outputs))
    batch = ColorizeBatch(options, outputs)
    result = batch({"path": ["old.jpg"], "bytes": [picture(5)]})
    batch.close()
    assert [extra["target"] for extra in result["extras"][0]] == [
        "old.color-1.jpg",
        "old.color-2.jpg",
        "old.layer.png",
        "uncertainty/old.uncertainty.png",
    ]
    for extra in result["extras"][0]:
        assert extra["bytes"] == (tmp_path / "new" / extra["target"]).read_bytes()


def test_data_frames_go_through_it_as_spark_hands_them_out(colorize, picture):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")

    def color(frames):  # as docs/archives.md shows it
        for frame in frames:
            yield pandas.DataFrame(colorize({name: frame[name].to_numpy() for name in frame}))

    frame = pandas.DataFrame({"path": ["a.jpg"], "bytes": [picture(1)]})
    (result,) = color(iter([frame]))
    assert result["target"].tolist() == ["a.color.jpg"]
    assert result["bytes"][0][:3] == b"\xff\xd8\xff"


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None, reason="pyspark or Java is missing"
)
def test_spark_itself_colors_with_it(options, picture):
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").getOrCreate()
    colorize = ColorizeBatch(options)

    def color(frames):
        import pandas

        for frame in frames:
            result = colorize({name: frame[name].to_numpy() for name in frame})
            yield pandas.DataFrame({name: result[name] for name in ("target", "error", "bytes")})

    frame = session.createDataFrame([("a.jpg", picture(1))], "path string, bytes binary")
    rows = frame.mapInPandas(color, "target string, error string, bytes binary").collect()
    session.stop()
    assert [(row.target, row.error) for row in rows] == [("a.color.jpg", None)]


def test_a_model_that_is_not_there_is_told_once_for_all(options, picture, tmp_path):
    from dataclasses import replace

    from photochrom.inference import WeightsError

    batch = ColorizeBatch(replace(options, model=tmp_path / "none.onnx"))
    with pytest.raises(WeightsError, match=r"none\.onnx"):
        batch({"path": ["a.jpg"], "bytes": [picture(1)]})
    batch.close()


def test_none_at_a_time_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        ColorizeBatch(at_once=0)
