import io
import os

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
import pyvips
import skimage.data

from photochrom.color.lab import gray_to_lightness, rgb_to_lightness
from photochrom.photos import (
    DamagedPhoto,
    OversizedPhoto,
    PhotoError,
    UnreadablePhoto,
    UnsupportedPhoto,
    open_photograph,
)


def refusal(error, source, **options):
    with pytest.raises(error) as caught:
        open_photograph(source, **options).lightness(64, 64)
    message = str(caught.value)
    assert isinstance(caught.value, PhotoError)
    assert "\n" not in message
    assert len(message) < 300
    assert ";" in message or ":" in message  # what is wrong; what to do
    return message


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.jpg", {"Q": 95}, 4),
        ("a.png", {}, 0),
        ("a.tif", {}, 0),
        ("a.tiff", {"compression": "lzw", "tile": True, "pyramid": True}, 0),
        ("a.webp", {"Q": 95}, 4),
        ("a.avif", {"Q": 90, "effort": 0}, 4),
        ("a.gif", {}, 12),  # 256 colors
    ],
)
def test_formats_are_read_by_content(name, options, tolerance, astronaut, store):
    path = store(astronaut, name, **options)
    misnamed = path.rename(path.with_name("photo.jpg"))
    photograph = open_photograph(misnamed)
    assert (photograph.width, photograph.height, photograph.depth) == (256, 256, 8)
    assert not photograph.has_alpha
    error = np.abs(photograph.lightness(256, 256) - rgb_to_lightness(astronaut))
    assert error.mean() <= tolerance / 4 + 1e-3
    from_memory = open_photograph(misnamed.read_bytes())
    np.testing.assert_array_equal(from_memory.lightness(64, 64), photograph.lightness(64, 64))


def test_brackets_in_a_name_are_part_of_it(cameraman, store):
    path = store(cameraman, "plain.jpg")
    odd = path.rename(path.with_name("scan[page=3].jpg"))
    assert open_photograph(odd).lightness(32, 32).shape == (32, 32)


def test_lightness_has_exactly_the_size_asked_for(astronaut, store):
    photograph = open_photograph(store(astronaut[:150], "a.jpg"))
    for width, height in ((384, 256), (33, 57), (1, 1), (256, 150)):
        lightness = photograph.lightness(width, height)
        assert lightness.shape == (height, width)
        assert lightness.dtype == np.float32
        assert lightness.min() >= 0
        assert lightness.max() <= 100
    with pytest.raises(ValueError, match="at least 1 x 1"):
        photograph.lightness(0, 5)


def test_reducing_a_large_jpeg_on_load_agrees_with_pillow():
    picture = PIL.Image.fromarray(skimage.data.camera()).resize((2048, 2048), PIL.Image.Resampling.BICUBIC)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95)
    expected = gray_to_lightness(np.asarray(picture.resize((256, 256), PIL.Image.Resampling.LANCZOS)))
    got = open_photograph(file.getvalue()).lightness(256, 256)
    assert np.abs(got - expected).mean() < 0.3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honored_as_pillow_does(orientation, astronaut, tmp_path):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.jpg"
    PIL.Image.fromarray(astronaut[:, :128]).save(path, quality=95, exif=exif)
    with PIL.Image.open(path) as stored:
        upright = np.asarray(PIL.ImageOps.exif_transpose(stored))
    photograph = open_photograph(path)
    assert (photograph.height, photograph.width) == upright.shape[:2]
    np.testing.assert_array_equal(photograph.pixels().numpy(), upright)
    small = photograph.lightness(photograph.width, photograph.height)
    assert np.abs(small - rgb_to_lightness(upright)).max() < 1e-3


def test_one_bit_palette_and_16_bit_pngs_are_read(cameraman, tmp_path):
    bits = PIL.Image.fromarray(cameraman).convert("1")
    bits.save(tmp_path / "bits.png")
    bits.save(tmp_path / "bits.tif")
    palette = PIL.Image.fromarray(cameraman).quantize(16)
    palette.save(tmp_path / "palette.png")
    deep = (cameraman.astype(np.uint16) << 8) | 77
    PIL.Image.fromarray(deep).save(tmp_path / "deep.png")
    for name, values in (
        ("bits.png", np.asarray(bits.convert("L"))),
        ("bits.tif", np.asarray(bits.convert("L"))),
        ("palette.png", np.asarray(palette.convert("L"))),
        ("deep.png", deep),
    ):
        photograph = open_photograph(tmp_path / name)
        assert photograph.depth == 8 * values.dtype.itemsize
        assert np.abs(photograph.lightness(256, 256) - gray_to_lightness(values)).max() < 0.01


def test_transparent_parts_are_seen_on_white(store):
    picture = np.zeros((32, 32, 4), np.uint8)
    picture[:, 16:, 3] = 255
    photograph = open_photograph(store(picture, "a.png"))
    assert photograph.has_alpha
    lightness = photograph.lightness(32, 32)
    assert lightness[:, :16].min() > 99.9
    assert lightness[:, 16:].max() < 0.1
    gray_alpha = open_photograph(store(picture[..., 2:], "ga.png"))
    assert gray_alpha.has_alpha
    assert gray_alpha.is_gray
    np.testing.assert_allclose(gray_alpha.lightness(32, 32), lightness, atol=1e-3)


def test_a_toned_scan_gives_its_lightness_and_its_chroma(cameraman, store):
    sepia = np.clip(cameraman[..., None] * np.array([1.0, 0.85, 0.65]), 0, 255).astype(np.uint8)
    photograph = open_photograph(store(sepia, "sepia.png"))
    np.testing.assert_allclose(photograph.lightness(256, 256), rgb_to_lightness(sepia), atol=1e-4)
    assert photograph.chroma() > 8
    assert open_photograph(store(cameraman, "gray.png")).chroma() == 0
    assert open_photograph(store(np.stack([cameraman] * 3, -1), "rgb.png")).chroma() < 0.01


# Profiles and other color spaces -------------------------------------------------------------------------------------


def test_wide_gamut_pictures_are_converted_by_their_profile(astronaut):
    # Display P3 is in libvips; Pillow (another color engine build) gives the reference.
    p3 = pyvips.Operation.call("profile_load", "p3")
    file = io.BytesIO()
    PIL.Image.fromarray(astronaut).save(file, "PNG", icc_profile=p3)
    expected = np.asarray(
        PIL.ImageCms.profileToProfile(
            PIL.Image.fromarray(astronaut),
            PIL.ImageCms.ImageCmsProfile(io.BytesIO(p3)),
            PIL.ImageCms.createProfile("sRGB"),
            renderingIntent=PIL.ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    ).astype(int)
    got = open_photograph(file.getvalue()).pixels()
    assert "icc-profile-data" not in got.get_fields()
    assert np.abs(got.numpy() - expected).mean() < 1
    assert np.abs(expected - astronaut).mean() > 3  # the profile does matter


def test_an_srgb_profile_changes_nothing(astronaut):
    file = io.BytesIO()
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    PIL.Image.fromarray(astronaut).save(file, "PNG", icc_profile=profile)
    np.testing.assert_array_equal(open_photograph(file.getvalue()).pixels().numpy(), astronaut)


def test_a_gray_profile_maps_the_values(cameraman):
    file = io.BytesIO()
    PIL.Image.fromarray(cameraman).save(file, "PNG", icc_profile=gray_profile(gamma=1.8))
    photograph = open_photograph(file.getvalue())
    assert photograph.is_gray
    luminance = (cameraman / 255) ** 1.8
    f = np.where(luminance > (6 / 29) ** 3, np.cbrt(luminance), luminance * (29 / 6) ** 2 / 3 + 4 / 29)
    assert np.abs(photograph.lightness(256, 256) - (116 * f - 16)).max() < 0.6  # rounded to 8 bits once


def test_a_broken_profile_is_taken_for_srgb(astronaut):
    file = io.BytesIO()
    PIL.Image.fromarray(astronaut).save(file, "PNG", icc_profile=b"no profile at all" * 20)
    np.testing.assert_array_equal(open_photograph(file.getvalue()).pixels().numpy(), astronaut)


def test_cmyk_is_converted(astronaut, tmp_path):
    path = tmp_path / "press.jpg"
    PIL.Image.fromarray(astronaut).convert("CMYK").save(path, quality=95)
    photograph = open_photograph(path)
    assert not photograph.is_gray
    assert photograph.pixels().bands == 3
    difference = photograph.lightness(256, 256) - rgb_to_lightness(astronaut)
    assert np.corrcoef(photograph.lightness(64, 64).ravel(), rgb_to_lightness(astronaut)[::4, ::4].ravel())[0, 1] > 0.9
    assert np.abs(difference).mean() < 15  # press inks are not a screen's colors, but no negative either


def test_lab_tiffs_are_read(astronaut, store):
    lab = pyvips.Image.new_from_array(astronaut).colourspace("lab")
    path = store(lab.cast("float").copy(interpretation="lab"), "lab.tif")
    photograph = open_photograph(path)
    assert np.abs(photograph.lightness(256, 256) - rgb_to_lightness(astronaut)).mean() < 0.5


# Refusals ------------------------------------------------------------------------------------------------------------


def test_files_that_are_not_photographs_are_refused(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("This is no photograph.\n" * 40)
    (tmp_path / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>')
    (tmp_path / "raw.dng").write_bytes(b"II*\0" + bytes(100))
    assert "no such file" in refusal(UnreadablePhoto, tmp_path / "missing.jpg")
    assert "folder" in refusal(UnreadablePhoto, tmp_path)
    assert "empty" in refusal(UnreadablePhoto, tmp_path / "empty.jpg")
    assert "empty" in refusal(UnreadablePhoto, b"")
    assert "no photograph" in refusal(UnreadablePhoto, tmp_path / "text.jpg")
    assert "no photograph" in refusal(UnreadablePhoto, tmp_path / "drawing.svg")
    assert "16-bit TIFF" in refusal(UnsupportedPhoto, tmp_path / "raw.dng")
    refusal(UnreadablePhoto, tmp_path / "a\0b.jpg")


def test_a_file_without_permission_is_refused(cameraman, store, monkeypatch):
    path = store(cameraman, "a.jpg")
    if os.geteuid() == 0:  # the superuser may read everything: let the system's answer be simulated
        from pathlib import Path

        def forbid(self, *_):
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "open", forbid)
    else:
        path.chmod(0)
    assert "permissions" in refusal(UnreadablePhoto, path)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.avif", "a.gif"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
def test_truncated_files_are_errors(name, kept, astronaut, store):
    content = store(astronaut, name).read_bytes()
    refusal(DamagedPhoto, content[: int(len(content) * kept)])


@pytest.mark.parametrize("start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0", b"RIFF\0\0\0\0WEBP", b"GIF89a"])
def test_a_header_without_a_picture_is_an_error(start):
    refusal(DamagedPhoto, start + bytes(200))


def test_damaged_png_data_are_an_error(astronaut, store):
    content = bytearray(store(astronaut, "a.png").read_bytes())
    content[len(content) // 2] ^= 0x55
    refusal(DamagedPhoto, bytes(content))


def test_animations_and_several_pages_are_refused_by_name(astronaut, tmp_path):
    frames = [PIL.Image.fromarray(astronaut), PIL.Image.fromarray(255 - astronaut)]
    for name, word in (("a.gif", "animated"), ("a.webp", "animated"), ("a.tif", "2 pages")):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert word in refusal(UnsupportedPhoto, tmp_path / name)


def test_floating_point_and_wide_samples_are_refused(tmp_path):
    for kind in ("float", "uint"):
        pyvips.Image.black(64, 64).cast(kind).write_to_file(str(tmp_path / "a.tif"))
        assert "8 or 16 bits" in refusal(UnsupportedPhoto, tmp_path / "a.tif")


def test_the_pixel_limit_is_judged_by_the_header_alone(cameraman, store):
    content = store(cameraman, "a.png").read_bytes()
    header_alone = content[:2000]  # its pixels are not even there
    assert "over the limit of 0.05" in refusal(OversizedPhoto, header_alone, max_megapixels=0.05)
    assert open_photograph(header_alone).width == 256


@pytest.mark.slow
def test_every_legacy_photograph_is_read(legacy_photographs):
    for path in legacy_photographs:
        lightness = open_photograph(path).lightness(128, 96)
        assert lightness.std() > 5


def gray_profile(gamma):
    """The smallest ICC profile of a gray scale with this gamma (ICC.1:2001-04)."""
    white = b"XYZ \0\0\0\0" + b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1.0, 0.8249))
    curve = b"curv\0\0\0\0" + (1).to_bytes(4, "big") + round(gamma * 256).to_bytes(2, "big") + b"\0\0"
    text = b"desc\0\0\0\0" + (5).to_bytes(4, "big") + b"gray\0" + bytes(4 + 4 + 2 + 1 + 67) + b"\0\0"
    copyright = b"text\0\0\0\0none\0\0\0\0"
    tags, offset = [], 128 + 4 + 12 * 4
    for name, data in ((b"desc", text), (b"wtpt", white), (b"kTRC", curve), (b"cprt", copyright)):
        data += bytes(-len(data) % 4)
        tags.append((name, offset, data))
        offset += len(data)
    table = b"".join(n + o.to_bytes(4, "big") + len(d).to_bytes(4, "big") for n, o, d in tags)
    body = (4).to_bytes(4, "big") + table + b"".join(d for *_, d in tags)
    header = (
        (128 + len(body)).to_bytes(4, "big") + b"\0\0\0\0\x02\x10\0\0mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28)
    )
    header += b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1.0, 0.8249)) + bytes(48)
    return header[:128] + body
