import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.IptcImagePlugin
import pytest
import pyvips

import photochrom.photos.saving
from photochrom.color.lab import rgb_to_lightness
from photochrom.photos import (
    DamagedPhoto,
    UnreadablePhoto,
    UnwritablePhoto,
    check_target,
    encode_photograph,
    join_color,
    open_photograph,
    photograph_from_array,
    save_photograph,
)

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
# A Photoshop block with IPTC dataset 2:120, the caption.
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x78\0\x05Hello"


def colored(source):
    photograph = source if hasattr(source, "lightness") else open_photograph(source)
    ab = np.random.default_rng(0).normal(0, 15, (2, 16, 16)).astype(np.float32)
    return join_color(photograph, ab, lightness=photograph.lightness(64, 64))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(image, target, **options):
    before = contents(target.parent) if target.parent.is_dir() else None
    with pytest.raises(UnwritablePhoto) as caught:
        save_photograph(image, target, **options)
    message = str(caught.value)
    assert message.startswith(str(target))
    assert "\n" not in message
    assert ";" in message
    if before is not None:
        assert contents(target.parent) == before  # nothing left behind, nothing changed
    return message


@pytest.mark.parametrize("name", ["b.jpg", "b.JPEG", "b.png", "b.tif", "b.webp", "b.avif"])
def test_each_format_is_written_and_read_again(name, astronaut, tmp_path):
    picture = colored(photograph_from_array(astronaut))
    target = save_photograph(picture, tmp_path / name, quality=95)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with PIL.Image.open(target) as written:
        got = np.asarray(written.convert("RGB"))
    assert np.abs(rgb_to_lightness(got) - rgb_to_lightness(astronaut)).mean() < 1


def test_metadata_and_resolution_are_kept_and_orientation_is_reset(cameraman, tmp_path):
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0112] = "ACME", 6
    exif.get_ifd(0x8769)[0x9003] = "1920:01:02 03:04:05"
    first = tmp_path / "first.jpg"
    PIL.Image.fromarray(cameraman[:200]).save(first, exif=exif, xmp=XMP, dpi=(300, 300))
    source = pyvips.Image.new_from_file(str(first)).copy()
    source.set_type(pyvips.GValue.blob_type, "iptc-data", IPTC)
    source.write_to_file(str(tmp_path / "source.jpg"))
    for extension in ("jpg", "png", "webp", "avif", "tif"):
        target = save_photograph(colored(tmp_path / "source.jpg"), tmp_path / f"target.{extension}")
        with PIL.Image.open(target) as written:
            assert written.size == (200, 256)
            assert written.getexif().get(0x0112, 1) == 1
            assert written.info["icc_profile"] == pyvips.Operation.call("profile_load", "srgb")
            if extension != "tif":  # libvips writes no EXIF into TIFF
                assert written.getexif()[0x010F] == "ACME"
                assert written.getexif().get_ifd(0x8769)[0x9003] == "1920:01:02 03:04:05"
                assert written.getexif().get_ifd(0x8769)[0xA001] == 1  # sRGB
                assert written.getexif()[0x011A] == 300
            else:
                assert written.info["dpi"] == (300, 300)
        again = pyvips.Image.new_from_file(str(target))
        assert again.get("xmp-data") == XMP
        if extension in ("jpg", "tif"):
            assert b"Hello" in again.get("iptc-data")


def test_iptc_moves_between_its_form_in_tiff_and_in_jpeg(cameraman, tmp_path):
    bare = b"\x1c\x02\x78\x00\x09A caption"
    source = pyvips.Image.new_from_array(cameraman).copy()
    source.set_type(pyvips.GValue.blob_type, "iptc-data", b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x0e" + bare)
    source.write_to_file(str(tmp_path / "a.jpg"))
    save_photograph(colored(tmp_path / "a.jpg"), tmp_path / "b.tif")
    with PIL.Image.open(tmp_path / "b.tif") as written:
        assert bytes(written.tag_v2[33723]).rstrip(b"\0") == bare
        assert PIL.IptcImagePlugin.getiptcinfo(written)[(2, 120)] == b"A caption"
    save_photograph(colored(tmp_path / "b.tif"), tmp_path / "c.jpg")
    with PIL.Image.open(tmp_path / "c.jpg") as written:
        assert PIL.IptcImagePlugin.getiptcinfo(written)[(2, 120)] == b"A caption"


def test_metadata_too_long_for_jpeg_do_not_keep_it_from_being_written(cameraman, tmp_path):
    source = pyvips.Image.new_from_array(cameraman).copy()
    for field in ("xmp-data", "iptc-data"):
        source.set_type(pyvips.GValue.blob_type, field, b"<x/>" + b" " * 100_000)
    source.write_to_file(str(tmp_path / "a.tif"))
    target = save_photograph(colored(tmp_path / "a.tif"), tmp_path / "b.jpg")
    assert open_photograph(target).width == 256


def test_a_gray_profile_does_not_stay_on_the_colors(cameraman, tmp_path):
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    PIL.Image.fromarray(cameraman).save(tmp_path / "a.png", icc_profile=lab)
    target = save_photograph(colored(tmp_path / "a.png"), tmp_path / "b.png")
    with PIL.Image.open(target) as written:
        profile = ImageCms.ImageCmsProfile(__import__("io").BytesIO(written.info["icc_profile"]))
    assert profile.profile.xcolor_space.strip() == "RGB"


def test_the_gray_thumbnail_does_not_stay_in_the_exif(cameraman, tmp_path):
    photograph = photograph_from_array(cameraman)
    thumbnail = encode_photograph(colored(photograph), ".jpg")
    source = pyvips.Image.new_from_array(cameraman).copy()
    source.set_type(pyvips.GValue.blob_type, "jpeg-thumbnail-data", thumbnail)
    source.write_to_file(str(tmp_path / "a.jpg"))
    target = save_photograph(colored(tmp_path / "a.jpg"), tmp_path / "b.jpg")
    assert "jpeg-thumbnail-data" not in pyvips.Image.new_from_file(str(target)).get_fields()


def test_16_bits_stay_16_bits_where_the_format_can(tmp_path):
    deep = np.random.default_rng(0).integers(0, 65536, (64, 64), dtype=np.uint16)
    picture = colored(photograph_from_array(deep))
    for extension, kind in (("png", "ushort"), ("tif", "ushort"), ("jpg", "uchar"), ("webp", "uchar")):
        target = save_photograph(picture, tmp_path / f"a.{extension}")
        assert pyvips.Image.new_from_file(str(target)).format == kind


def test_8_bits_of_16_are_rounded_not_cut(tmp_path):
    level = pyvips.Image.black(32, 32, bands=3).cast("ushort") + 128 * 257 + 250
    target = save_photograph(level.cast("ushort").copy(interpretation="rgb16"), tmp_path / "a.webp", quality=100)
    assert pyvips.Image.new_from_file(str(target)).avg() == pytest.approx(129, abs=0.3)


def test_transparency_is_kept_or_put_on_white(tmp_path):
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[:32, :, 3] = 255
    for extension in ("png", "webp", "tif", "jpg"):
        target = save_photograph(colored(photograph_from_array(picture)), tmp_path / f"a.{extension}")
        written = pyvips.Image.new_from_file(str(target)).numpy()
        assert written.shape[2] == (3 if extension == "jpg" else 4)
        assert written[60, 32, -1] == (255 if extension == "jpg" else 0)


def test_bytes_hold_the_same_picture_as_a_file(cameraman, tmp_path):
    photograph = photograph_from_array(cameraman)
    target = save_photograph(colored(photograph), tmp_path / "a.png")
    from_bytes = pyvips.Image.new_from_buffer(encode_photograph(colored(photograph), ".png"), "").numpy()
    np.testing.assert_array_equal(from_bytes, pyvips.Image.new_from_file(str(target)).numpy())


def test_the_original_is_never_written_to(cameraman, store, tmp_path):
    source = store(cameraman, "a.jpg")
    (tmp_path / "soft.jpg").symlink_to(source)
    (tmp_path / "hard.jpg").hardlink_to(source)
    original = source.read_bytes()
    for name in ("a.jpg", "soft.jpg", "hard.jpg"):
        assert "original" in refusal(colored(source), tmp_path / name, overwrite=True)
    assert "original" in refusal(colored(tmp_path / "soft.jpg"), source, overwrite=True)
    assert source.read_bytes() == original


def test_an_existing_file_is_replaced_only_when_asked_to(cameraman, store, tmp_path):
    source = store(cameraman, "a.jpg")
    target = tmp_path / "b.jpg"
    target.write_bytes(b"precious")
    assert "exists" in refusal(colored(source), target)
    save_photograph(colored(source), target, overwrite=True)
    assert open_photograph(target).width == 256


def test_targets_that_cannot_be_are_refused(cameraman, tmp_path):
    picture = colored(photograph_from_array(cameraman))
    assert "extension" in refusal(picture, tmp_path / "b")
    assert ".jpg" in refusal(picture, tmp_path / "b.bmp")
    assert "no folder" in refusal(picture, tmp_path / "missing" / "b.jpg")
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(UnwritablePhoto, match="no file"):
        check_target(tmp_path / "folder.jpg", overwrite=True)
    with pytest.raises(ValueError, match="quality"):
        save_photograph(picture, tmp_path / "b.jpg", quality=0)


def test_a_folder_that_may_not_be_written_to_is_refused(cameraman, tmp_path, monkeypatch):
    picture = colored(photograph_from_array(cameraman))
    if os.geteuid() == 0:  # the superuser may write everywhere: let the system's answer be simulated

        def forbid(path, *_):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(photochrom.photos.saving.os, "open", forbid)
    else:
        tmp_path.chmod(0o500)
    assert "Permission denied" in refusal(picture, tmp_path / "b.jpg")


@pytest.mark.parametrize("extension", ["jpg", "png", "tif", "webp", "avif"])
def test_a_full_disk_is_said_and_leaves_nothing(extension, cameraman, tmp_path, monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full to stand for a full disk")

    @contextmanager
    def on_full_disk(target):
        temporary = target.with_name(".temporary")
        temporary.symlink_to("/dev/full")
        try:
            yield temporary
        finally:
            temporary.unlink()

    monkeypatch.setattr(photochrom.photos.saving, "_temporary_beside", on_full_disk)
    picture = colored(photograph_from_array(cameraman))
    assert "no room" in refusal(picture, tmp_path / f"b.{extension}")


def test_data_that_end_too_early_leave_nothing(astronaut, store, tmp_path):
    content = store(astronaut, "whole.jpg").read_bytes()
    source = tmp_path / "a.jpg"
    source.write_bytes(content[: len(content) // 2])
    before = contents(tmp_path)
    photograph = open_photograph(source)
    picture = join_color(photograph, np.zeros((2, 8, 8), np.float32), lightness=np.zeros((32, 32), np.float32))
    with pytest.raises(DamagedPhoto, match=r"^a\.jpg: "):
        save_photograph(picture, tmp_path / "b.jpg")
    assert contents(tmp_path) == before


def test_the_original_is_not_touched(cameraman, store, tmp_path):
    source = store(cameraman, "a.jpg")
    state = source.read_bytes(), source.stat().st_mtime_ns
    save_photograph(colored(source), tmp_path / "b.jpg")
    assert (source.read_bytes(), source.stat().st_mtime_ns) == state


@pytest.mark.parametrize("extension", ["jpg", "png", "tif", "webp", "avif"])
def test_names_in_another_encoding_are_read_written_and_told(extension, cameraman, store, tmp_path):
    """Issue 14: what libvips keeps as text must be UTF-8, and a name on a Linux disk need not be."""
    source = store(cameraman, "a.png").rename(tmp_path / os.fsdecode(b"caf\xe9.png"))  # Latin-1
    target = tmp_path / os.fsdecode(b"f\xe9e." + extension.encode())
    save_photograph(colored(source), target)
    save_photograph(colored(source), tmp_path / f"plain.{extension}")
    assert target.read_bytes() == (tmp_path / f"plain.{extension}").read_bytes()  # no name is stored in it
    picture = colored(source)
    source.unlink()
    with pytest.raises(UnreadablePhoto, match=rf"^{source.name}: the file vanished"):
        save_photograph(picture, target, overwrite=True)
