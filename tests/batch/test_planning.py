from pathlib import Path

from photochrom.batch.finding import find_photographs
from photochrom.batch.outputs import Outputs
from photochrom.batch.planning import plan


def planned(sources, outputs):
    works = list(find_photographs(sources, together=outputs.place is not None))
    return {task.work.relative: task for task in plan(works, outputs)}


def test_photographs_of_one_stem_get_results_of_different_names(tmp_path):
    for name in ("a.gif", "a.heic", "a.jpg", "a.png", "b.gif"):
        (tmp_path / name).touch()
    tasks = planned([tmp_path], Outputs(Path("new")))
    assert {name: task.targets.picture.name for name, task in tasks.items()} == {
        "a.gif": "a.gif.color.png",
        "a.heic": "a.heic.color.png",
        "a.jpg": "a.color.jpg",
        "a.png": "a.color.png",
        "b.gif": "b.color.png",
    }
    assert not any(task.refusal for task in tasks.values())


def test_the_second_of_two_to_one_name_is_refused(tmp_path):
    for folder in ("1", "2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jpg").touch()
    works = [work for folder in ("1", "2") for work in find_photographs([tmp_path / folder / "a.jpg"])]
    first, second = plan(works, Outputs(Path("new")))
    assert not first.refusal
    assert "already" in second.refusal


def test_no_result_takes_the_place_of_a_photograph_under_whatever_name(tmp_path):
    (tmp_path / "real").mkdir()
    for name in ("a.jpg", "a.color.jpg", "map.png"):
        (tmp_path / "real" / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    sources = [tmp_path / "real" / "a.color.jpg", tmp_path / "link" / "a.jpg"]
    works = [work for source in sources for work in find_photographs([source])]
    assert plan(works, Outputs())[1].refusal
    assert not plan(works[1:], Outputs())[0].refusal
    photo, mapped = tmp_path / "real" / "a.jpg", tmp_path / "real" / "map.png"
    works = [work for source in (photo, mapped) for work in find_photographs([source])]
    assert plan(works, Outputs(uncertainty=mapped))[0].refusal
