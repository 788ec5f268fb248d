from functools import lru_cache

import numpy as np
import pytest
import pyvips
from PIL import Image
from skimage.color import rgb2lab

from photochrom.study.building import build, encode_picture
from photochrom.study.design import Design
from photochrom.study.errors import StudyError
from photochrom.study.exclusions import Exclusions
from photochrom.study.manifest import Study
from photochrom.study.plates import draw_plates

SMALL = Design(pairs=3, practice=1, vigilance=0.34, pixels=48)


EXIF = Image.Exif()
EXIF[0x010E] = "a description"


def smooth(seed, height=80, width=120):
    """A colorful smooth picture: uint8 [height, width, 3]."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 80.0
    waves = [np.sin(3 * (a * rows + b * columns) + c) for a, b, c in random.uniform(-2, 2, (3, 3))]
    return (127 + 110 * np.stack(waves, axis=-1)).round().astype(np.uint8)


@pytest.fixture(scope="module")
def drawn_once():
    """The plates of each seed, drawn when they are first wanted: most tests are of pictures."""
    return lru_cache(draw_plates)


@pytest.fixture(autouse=True)
def quick_plates(request, monkeypatch, drawn_once):
    if "byte_for_byte" not in request.node.name:
        monkeypatch.setattr("photochrom.study.building.draw_plates", drawn_once)


@pytest.fixture
def folders(tmp_path):
    """Five photographs, and each with its color channels exchanged as the system "swap"."""
    for index in range(5):
        for folder, picture in (("truth", smooth(index)), ("swap", smooth(index)[..., ::-1])):
            (tmp_path / folder / "in").mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(tmp_path / folder / "in" / f"{index}.png")
    return tmp_path


def made(folders, out="study", **options):
    options.setdefault("design", SMALL)
    return build(folders / "truth", [f"swap={folders / 'swap'}"], folders / out, **options)


def files_of(folder):
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_same_seed_builds_the_same_study_byte_for_byte(folders):
    made(folders, "one", seed=7)
    made(folders, "two", seed=7)
    made(folders, "three", seed=8)
    assert files_of(folders / "one") == files_of(folders / "two")
    assert files_of(folders / "one") != files_of(folders / "three")


def test_what_was_built_can_be_read_with_its_design_and_rules(folders):
    rules = Exclusions(vigilance_below=0.75)
    study, gray = made(folders, exclusions=rules, seed=3)
    assert study == Study.read(folders / "study")
    assert (study.systems, study.design, study.exclusions, study.seed) == (("swap",), SMALL, rules, 3)
    assert [photograph.name for photograph in study.photographs] == [f"in/{index}" for index in range(5)]
    assert gray == []


def test_pictures_are_reduced_to_the_short_side_and_keep_no_metadata(folders):
    for name in ("truth", "swap"):  # what one of them says of itself must not come through
        Image.fromarray(smooth(1)).save(folders / name / "in" / "1.png", dpi=(300, 300), exif=EXIF)
    study, _ = made(folders)
    assert study.photographs[1].name == "in/1"
    for photograph in study.photographs:
        assert (photograph.width, photograph.height) == (72, 48)
        for file in photograph.files.values():
            picture = Image.open(file)
            assert (picture.size, picture.mode, picture.format) == ((72, 48), "RGB", "PNG")
            content = file.read_bytes()
            chunks = [content[place : place + 4] for place in chunk_places(content)]
            assert sorted(set(chunks)) == [b"IDAT", b"IEND", b"IHDR", b"pHYs"]
            assert picture.info == {"dpi": pytest.approx((25.4, 25.4))}  # libvips' own, the same for all


def chunk_places(png):
    place, found = 8, []
    while place < len(png):
        found.append(place + 4)
        place += 12 + int.from_bytes(png[place : place + 4], "big")
    return found


def test_a_systems_picture_shows_what_its_folder_holds(folders):
    study, _ = made(folders, design=Design(pairs=3, practice=1, vigilance=0.34, pixels=200))
    files = study.photographs[2].files
    np.testing.assert_array_equal(np.asarray(Image.open(files["truth"])), smooth(2))
    np.testing.assert_array_equal(np.asarray(Image.open(files["swap"])), smooth(2)[..., ::-1])


def test_random_keeps_the_lightness_and_takes_the_colors_of_another_photograph(folders):
    study, _ = made(folders, design=Design(pairs=3, practice=1, vigilance=0.34, pixels=200))
    partners = []
    for photograph in study.photographs:
        lab = {kind: rgb2lab(np.asarray(Image.open(file))) for kind, file in photograph.files.items()}
        colors = {other.name: rgb2lab(np.asarray(Image.open(other.files["truth"]))) for other in study.photographs}
        # Colors outside sRGB are clipped; most lie inside.
        inside = np.abs(lab["random"][..., 0] - lab["truth"][..., 0]) < 0.6
        assert inside.mean() > 0.4
        far = {name: np.median(np.abs(lab["random"] - other)[inside][:, 1:]) for name, other in colors.items()}
        partners.append(min(far, key=far.get))
        assert far[partners[-1]] < 1
    assert sorted(partners) == sorted(photograph.name for photograph in study.photographs)
    assert all(partner != photograph.name for partner, photograph in zip(partners, study.photographs, strict=True))


def test_a_model_colors_the_photographs_as_they_are_shown(folders, tiny_model):
    study, _ = build(folders / "truth", [f"tiny={tiny_model}"], folders / "study", design=SMALL)
    for photograph in study.photographs:
        truth, colored = (rgb2lab(np.asarray(Image.open(photograph.files[kind]))) for kind in ("truth", "tiny"))
        np.testing.assert_allclose(colored[..., 0], truth[..., 0], atol=1.0)
        assert np.abs(colored[..., 1:] - truth[..., 1:]).mean() > 3


def test_a_photograph_without_color_is_left_out_and_told(folders):
    Image.fromarray(smooth(1)).convert("L").save(folders / "truth" / "in" / "gray.jpg")
    study, gray = made(folders)
    assert gray == ["in/gray"]
    assert len(study.photographs) == 5


def test_the_originals_are_only_read(folders):
    before = files_of(folders / "truth") | files_of(folders / "swap")
    made(folders)
    assert files_of(folders / "truth") | files_of(folders / "swap") == before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "swap/in/3.png").unlink(), "has no picture of 'in/3'"),
        (lambda f: Image.fromarray(smooth(3)[1:]).save(f / "swap/in/3.png"), "is 120x79, its photograph 120x80"),
        (lambda f: (f / "swap/in/3.png").write_bytes(b"no picture"), "3.png"),
        (lambda f: Image.fromarray(smooth(3)).save(f / "truth/in/3.jpg"), "have one name"),
        (lambda f: (f / "truth/in/3.png").unlink() or (f / "truth/in/4.png").unlink(), "need 4 photographs, got 3"),
        (lambda f: (f / "study").mkdir(), "exists already"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_left_behind(folders, spoil, message):
    spoil(folders)
    before = sorted(folders.rglob("*"))
    with pytest.raises(StudyError, match=message):
        made(folders)
    assert sorted(folders.rglob("*")) == before


@pytest.mark.parametrize("system", ["truth=lite", "random=lite", "a b=lite", "x=no-such-model", "../up=lite"])
def test_systems_that_cannot_be_are_refused(folders, system):
    with pytest.raises(StudyError):
        build(folders / "truth", [system], folders / "study", design=SMALL)
    assert not (folders / "study").exists()


def test_two_systems_of_one_name_are_refused(folders):
    with pytest.raises(StudyError, match="under its own name"):
        build(folders / "truth", ["lite", "lite"], folders / "study", design=SMALL)


def test_encoding_is_lossless():
    picture = smooth(9)
    again = pyvips.Image.new_from_buffer(encode_picture(picture), "").numpy()
    np.testing.assert_array_equal(again, picture)
