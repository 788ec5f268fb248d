"""Every choice of `photochrom colorize` reaches the picture."""

import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def colored(color, gray_photo, tmp_path):
    """colored("--saturation", 2) -> int [128, 128, 3], the astronaut colored so."""
    count = iter(range(100))

    def run(*words):
        place = tmp_path / f"{next(count)}.png"
        ended = color(gray_photo, "-o", place, *words)
        assert (ended.code, ended.err) == (0, "")
        return np.asarray(Image.open(place)).astype(int)

    return run


def chroma(picture):
    return np.ptp(picture, axis=2).mean()


def test_saturation_takes_color_away_and_adds_it(colored):
    gray, plain, strong = (chroma(colored("--saturation", value)) for value in (0, 1, 2))
    assert gray < 1 < plain < strong


def test_white_balance_is_cool_or_warm(colored):
    red_over_blue = [
        (picture[..., 0] - picture[..., 2]).mean()
        for picture in (colored("--white-balance", value) for value in (-1, 0, 1))
    ]
    assert red_over_blue == sorted(red_over_blue)
    assert not np.array_equal(colored("--white-balance", "auto"), colored())


def test_detail_changes_what_the_network_sees(colored):
    assert not np.array_equal(colored("--detail", 512), colored())
    colored("--detail", "auto")


def test_a_mask_keeps_a_region_gray(colored, tmp_path):
    mask = np.zeros((128, 128), np.uint8)
    mask[:, 64:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    picture = colored("--mask", tmp_path / "mask.png")
    assert np.ptp(picture[:, :60], axis=2).max() <= 1
    assert np.ptp(picture[:, 68:], axis=2).mean() > 5


def test_hints_color_their_place_from_words_and_from_a_file(colored, tmp_path):
    (tmp_path / "hints.json").write_text(json.dumps([{"x": 0.25, "y": 0.25, "color": "#1010c0", "unit": "share"}]))
    plain, told, read = colored(), colored("--hint", "25%,25%,#1010c0"), colored("--hints", tmp_path / "hints.json")
    blue_over_red = [(picture[28:36, 28:36, 2] - picture[28:36, 28:36, 0]).mean() for picture in (plain, told)]
    assert blue_over_red[1] > blue_over_red[0] + 10
    assert np.array_equal(told, read)
    both = colored("--hint", "25%,25%,#1010c0", "--hint", "90,90,#10c010")
    assert not np.array_equal(both, told)


def test_samples_differ_and_their_seed_brings_them_back(color, gray_photo, tmp_path):
    def run(place, *words):
        ended = color(gray_photo, "-o", tmp_path / place, "--samples", 2, *words)
        assert ended.code == 0
        return [(tmp_path / place / f"old.color{end}.jpg").read_bytes() for end in ("", "-1", "-2")]

    plain, first, second = run("one")
    assert len({plain, first, second}) == 3
    assert run("again", "--seed", 0) == [plain, first, second]
    assert run("other", "--seed", 1)[0] == plain
    assert run("another", "--seed", 1)[1] != first


def test_the_layer_and_the_map_lie_beside_the_picture(color, gray_photo, tmp_path):
    ended = color(gray_photo, "--layer", "--uncertainty", tmp_path / "map.png", "--json")
    assert ended.code == 0
    layer, mapped = gray_photo.with_name("old.layer.png"), tmp_path / "map.png"
    assert json.loads(ended.out)["photos"][0]["extras"] == [str(layer), str(mapped)]
    assert (Image.open(layer).mode, Image.open(layer).size) == ("RGBA", (128, 128))
    assert Image.open(mapped).size == (128, 128)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--saturation", 4], "saturation"),
        (["--white-balance", "blue"], "--white-balance"),
        (["--white-balance", 2], "white_balance"),
        (["--detail", 300], "--detail"),
        (["--mask", "none.png"], "no such file"),
        (["--hint", "1,2"], "hint"),
        (["--hints", "none.json"], "cannot be read"),
        (["--samples", 65], "samples"),
        (["--seed", -1], "seed"),
        (["--jobs", 0], "jobs"),
        (["--report", "report.pdf"], ".html"),
        (["--report", "none/report.html"], "no folder"),
        (["--uncertainty", "map.bmp"], ".bmp"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_before_anything_is_done(color, gray_photo, files_in, words, says):
    before = files_in(gray_photo.parent)
    ended = color(gray_photo, *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert says in ended.err
    assert files_in(gray_photo.parent) == before


def test_a_hint_outside_one_picture_fails_that_picture_alone(color, gray_photo, tmp_path):
    Image.new("L", (300, 300), 90).save(tmp_path / "album" / "large.png")
    ended = color(gray_photo, tmp_path / "album" / "large.png", "--hint", "200,200,#c01010")
    assert ended.code == 1
    assert "outside the picture of 128 x 128" in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out.count("->") == 1


def test_the_note_in_the_file_can_be_left_out(color, gray_photo, tmp_path):
    assert color(gray_photo, "-o", tmp_path / "with.jpg").code == 0
    assert color(gray_photo, "-o", tmp_path / "without.jpg", "--no-provenance").code == 0
    assert b"Colors are estimated by photochrom" in (tmp_path / "with.jpg").read_bytes()
    assert b"photochrom" not in (tmp_path / "without.jpg").read_bytes()


def test_a_mark_changes_one_corner_alone(color, tmp_path):
    Image.new("L", (300, 200), 90).save(tmp_path / "plain.png")
    pictures = []
    for words in ([], ["--mark"]):
        assert color(tmp_path / "plain.png", "-o", tmp_path / f"{len(words)}.png", *words).code == 0
        pictures.append(np.asarray(Image.open(tmp_path / f"{len(words)}.png")).astype(int))
    changed = np.argwhere((pictures[0] != pictures[1]).any(axis=2))
    assert len(changed) > 0
    assert (changed.min(axis=0) > [100, 140]).all()  # in the lower right corner
