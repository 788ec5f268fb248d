"""What a colored photograph gives: the picture, a layer, a preview, and what it knows of its original."""

import hashlib
from importlib.metadata import version

import numpy as np
import pytest
import skimage.data
from PIL import Image

from photochrom.color.lab import rgb_to_lab, rgb_to_lightness
from photochrom.inference import Colorizer, Options
from photochrom.inference.pictures import LUMA
from photochrom.photos.provenance import note_of


@pytest.fixture(scope="module")
def colorizer(tiny_model):
    return Colorizer(tiny_model)


@pytest.fixture(scope="module")
def coffee():
    """uint8 [200, 300, 3]."""
    return np.ascontiguousarray(skimage.data.coffee()[::2, ::2])


def luma(rgb):
    return rgb.astype(np.float64) @ LUMA


def blend_color(backdrop, layer):
    """The blend mode "Color" of W3C Compositing and Blending Level 1: SetLum(layer, Lum(backdrop)), in 0..1."""
    moved = layer + (luma(backdrop) - luma(layer))[..., None]
    level, low, high = luma(moved)[..., None], moved.min(axis=-1, keepdims=True), moved.max(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(low < 0, level + (moved - level) * level / (level - low), moved)
        moved = np.where(high > 1, level + (moved - level) * (1 - level) / (high - level), moved)
    return moved


def test_the_layer_blended_over_the_colored_pictures_gray_gives_the_picture(colorizer, coffee):
    """Over the gray of the picture's own luma the blend is exact; 8 bits round twice."""
    photo = colorizer.colorize(coffee)
    picture, layer = photo.numpy() / 255, photo.layer().numpy()
    assert layer.shape == (200, 300, 4)
    assert (layer[..., 3] == 255).all()
    gray = np.repeat(luma(picture)[..., None], 3, axis=2)
    np.testing.assert_allclose(blend_color(gray, layer[..., :3] / 255), picture, atol=1.01 / 255)


def test_the_layer_blended_over_the_gray_photograph_is_close_to_the_picture(colorizer, coffee):
    """An editor weighs the channels otherwise than L* does, so that the lightness of strong colors differs a little."""
    photo = colorizer.colorize(coffee)
    gray = photo.before_after().numpy()[:, :300] / 255
    blended = np.clip(blend_color(gray, photo.layer().numpy()[..., :3] / 255), 0, 1)
    difference = np.linalg.norm(rgb_to_lab(blended.astype(np.float32)) - rgb_to_lab(photo.numpy()), axis=2)
    assert difference.mean() < 5


def test_the_layer_holds_no_light_and_shade(colorizer, coffee):
    photo = colorizer.colorize(coffee)
    layer = luma(photo.layer().numpy()[..., :3])
    assert layer.std() < 0.2 * luma(photo.numpy()).std()
    assert np.median(layer) == pytest.approx(128, abs=1.5)


def test_the_layer_of_sixteen_bits_has_sixteen(colorizer, coffee):
    photo = colorizer.colorize(coffee.astype(np.uint16) * 257)
    layer = photo.layer().numpy()
    assert layer.dtype == np.uint16
    picture = photo.numpy().astype(np.int64)
    np.testing.assert_array_equal(np.diff(layer[..., :3].astype(np.int64), axis=2), np.diff(picture, axis=2))
    assert (layer[..., 3] == 65535).all()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_layer_is_transparent_where_the_mask_or_the_photograph_is(tiny_model, coffee, tmp_path, depth):
    mask = tmp_path / "mask.png"
    Image.fromarray(np.repeat(np.uint8([[255, 0]]), 2, axis=0).repeat(100, axis=1).repeat(100, axis=0)).save(mask)
    top = np.iinfo(depth).max
    alpha = np.full((200, 300, 1), top, depth)
    alpha[:50] = top // 5
    pixels = np.concatenate([coffee.astype(depth) * (top // 255), alpha], axis=2)
    layer = Colorizer.from_options(Options(model=tiny_model, mask=mask)).colorize(pixels).layer().numpy()
    assert (layer[:, 170:, 3] == 0).all()
    assert (layer[60:, :130, 3] == top).all()
    np.testing.assert_allclose(layer[:40, :130, 3], top / 5, atol=top / 255)


def test_a_preview_is_the_small_picture(colorizer, coffee):
    large = coffee.repeat(3, axis=0).repeat(3, axis=1)
    photo = colorizer.colorize(large)
    preview = photo.preview(300)
    assert (preview.width, preview.height) == (300, 200)
    small = photo.image().copy_memory().shrink(3, 3).numpy()
    assert np.abs(rgb_to_lab(preview.numpy()) - rgb_to_lab(small)).mean() < 1.5


def test_a_preview_does_not_enlarge(colorizer, coffee):
    preview = colorizer.colorize(coffee).preview(4000)
    assert (preview.width, preview.height) == (300, 200)


def test_a_preview_shows_the_mask(tiny_model, coffee, tmp_path):
    Image.new("L", (16, 16), 0).save(tmp_path / "black.png")
    photo = Colorizer.from_options(Options(model=tiny_model, mask=tmp_path / "black.png")).colorize(coffee)
    assert np.ptp(photo.preview(128).numpy(), axis=2).max() == 0


def test_a_preview_of_sixteen_bits_has_eight(colorizer, coffee):
    preview = colorizer.colorize(coffee.astype(np.uint16) * 257).preview(300)
    assert preview.format == "uchar"
    assert np.abs(preview.numpy().astype(int) - colorizer.colorize(coffee).preview(300).numpy()).max() <= 1


def test_every_picture_carries_a_note_of_how_it_was_made(tiny_model, coffee):
    colorizer = Colorizer(tiny_model)
    photo, again = colorizer.colorize(coffee, temperature=0.5), colorizer.predict(coffee).color(temperature=0.5)
    for picture in (photo.image(), again.image(), photo.before_after()):
        note = note_of(picture)
        assert (note.model, note.temperature, note.software) == (
            "tiny.onnx",
            0.5,
            f"photochrom {version('photochrom')}",
        )
        assert note.sha256 == hashlib.sha256(tiny_model.read_bytes()).hexdigest()


def test_the_note_can_be_left_out_and_is_not_put_on_colors_that_were_kept(tiny_model, coffee):
    silent = Colorizer.from_options(Options(model=tiny_model, provenance=False))
    assert note_of(silent.colorize(coffee).image()) is None
    keeping = Colorizer.from_options(Options(model=tiny_model, keep_color=True))
    assert note_of(keeping.colorize(coffee).image()) is None


def test_a_mark_is_drawn_only_where_it_is_asked_for(tiny_model, coffee, tmp_path):
    plain = np.asarray(Image.open(Colorizer(tiny_model).colorize(coffee).save(tmp_path / "plain.png")))
    marking = Colorizer.from_options(Options(model=tiny_model, mark=True))
    marked = np.asarray(Image.open(marking.colorize(coffee).save(tmp_path / "marked.png")))
    changed = (plain != marked).any(axis=2)
    assert changed.any()
    assert changed.mean() < 0.05
    np.testing.assert_array_equal(plain, Colorizer(tiny_model).colorize(coffee).numpy())


def test_previews_of_other_sizes_follow_each_other(colorizer, coffee):
    photo = colorizer.colorize(coffee)
    assert [photo.preview(size).width for size in (300, 120, 300)] == [300, 120, 300]


def test_a_preview_of_nothing_is_refused(colorizer, coffee):
    with pytest.raises(ValueError, match="at least 16"):
        colorizer.colorize(coffee).preview(15)


def test_a_color_photograph_is_known_and_a_gray_or_sepia_one_is_not_taken_for_one(colorizer, coffee):
    gray = np.rint(coffee.mean(axis=2)).astype(np.uint8)
    sepia = np.stack([np.minimum(gray * scale, 255) for scale in (1.1, 0.9, 0.7)], axis=-1).astype(np.uint8)
    assert colorizer.colorize(coffee).already_colored
    assert colorizer.predict(coffee).already_colored
    assert not colorizer.colorize(gray).already_colored
    assert not colorizer.colorize(np.repeat(gray[..., None], 3, axis=2)).already_colored
    assert not colorizer.colorize(sepia).already_colored


def test_keep_color_gives_a_color_photograph_back_as_it_is(tiny_model, coffee, tmp_path):
    colorizer = Colorizer.from_options(Options(model=tiny_model, keep_color=True))
    photo = colorizer.colorize(coffee)
    assert photo.kept
    np.testing.assert_array_equal(photo.numpy(), coffee)
    np.testing.assert_array_equal(np.asarray(Image.open(photo.save(tmp_path / "copy.png"))), coffee)
    assert np.abs(rgb_to_lab(photo.preview(150).numpy()) - rgb_to_lab(coffee[::2, ::2])).mean() < 4


def test_keep_color_colors_a_gray_photograph(tiny_model, coffee):
    gray = np.rint(coffee.mean(axis=2)).astype(np.uint8)
    photo = Colorizer.from_options(Options(model=tiny_model, keep_color=True)).colorize(gray)
    assert not photo.kept
    np.testing.assert_array_equal(photo.numpy(), Colorizer(tiny_model).colorize(gray).numpy())


def test_a_preview_keeps_the_photographs_lightness(colorizer, coffee):
    preview = colorizer.colorize(coffee).preview(300).numpy()
    assert np.abs(rgb_to_lightness(preview) - rgb_to_lightness(coffee)).max() <= 1
