import io

import numpy as np
import PIL.Image
import pytest
import pyvips
import tifffile

from photochrom.color.lab import gray_to_lightness, rgb_to_lightness
from photochrom.photos import (
    DamagedPhoto,
    Provenance,
    UnsupportedPhoto,
    UnwritablePhoto,
    encode_pages,
    join_color,
    open_pages,
    open_photograph,
    photograph_from_array,
    save_pages,
)
from photochrom.photos.tiff_pages import append_page, list_pages

NOTE = Provenance("photochrom 0.1.0", "lite", "ab" * 32, 0.38)


def colored(photograph):
    ab = np.random.default_rng(1).normal(0, 20, (2, 8, 8)).astype(np.float32)
    return join_color(photograph, ab, lightness=photograph.lightness(32, 32))


@pytest.fixture
def album(astronaut, cameraman):
    """Three pages of different size, depth and channels, each with its own description and resolution."""
    deep = (cameraman[:100].astype(np.uint16) << 8) | 7
    pages = [cameraman, deep, astronaut[:, :90]]
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for number, page in enumerate(pages):
            description = f"page {number + 1}"
            resolution = 300 + 100 * number
            writer.write(
                page, description=description, resolution=(resolution, resolution), resolutionunit=2, metadata=None
            )
    return file.getvalue(), pages


def test_each_page_is_a_photograph_of_its_own(album):
    content, pages = album
    opened = open_pages(content)
    assert [(page.height, page.width) for page in opened] == [page.shape[:2] for page in pages]
    assert [page.depth for page in opened] == [8, 16, 8]
    assert [(page.page, page.pages) for page in opened] == [(0, 3), (1, 3), (2, 3)]
    assert [page.name for page in opened] == [f"the photograph, page {number}" for number in (1, 2, 3)]
    for page, array in zip(opened, pages, strict=True):
        np.testing.assert_array_equal(page.pixels().numpy(), array)
    np.testing.assert_array_equal(open_photograph(content, page=1).pixels().numpy(), pages[1])


def test_a_caller_that_asks_for_one_picture_loses_none(album, tmp_path):
    content, _ = album
    (tmp_path / "album.tif").write_bytes(content)
    for source in (content, tmp_path / "album.tif"):
        with pytest.raises(UnsupportedPhoto, match=r"3 pages.*split"):
            open_photograph(source)
        with pytest.raises(ValueError, match="no page 3"):
            open_photograph(source, page=3)


@pytest.mark.parametrize("in_memory", [True, False])
def test_pages_keep_size_depth_lightness_and_metadata_each_for_itself(in_memory, album, tmp_path):
    content, pages = album
    if in_memory:
        written = encode_pages([colored(page) for page in open_pages(content)], note=NOTE)
    else:
        (tmp_path / "a.tif").write_bytes(content)
        pictures = [colored(page) for page in open_pages(tmp_path / "a.tif")]
        written = save_pages(pictures, tmp_path / "b.tif", note=NOTE).read_bytes()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif"]
    with tifffile.TiffFile(io.BytesIO(written)) as tiff:
        assert len(tiff.pages) == 3
        for number, (page, array) in enumerate(zip(tiff.pages, pages, strict=True)):
            got = page.asarray()
            assert got.dtype == array.dtype
            assert got.shape == (*array.shape[:2], 3)
            lightness = gray_to_lightness(array) if array.ndim == 2 else rgb_to_lightness(array)
            assert np.abs(rgb_to_lightness(got) - lightness).max() <= (0.5 if array.dtype == np.uint8 else 0.05)
            assert page.tags["ImageDescription"].value == f"page {number + 1}"
            assert page.tags["XResolution"].value == (300 + 100 * number, 1)
            assert page.tags["PageNumber"].value == (number, 3)
            assert "ModelSHA256" in page.tags["XMP"].value.decode()
    with PIL.Image.open(io.BytesIO(written)) as image:
        assert image.n_frames == 3
        image.seek(2)
        assert image.size == (90, 256)


def test_several_pages_need_a_format_that_holds_them(cameraman, tmp_path):
    picture = colored(photograph_from_array(cameraman))
    with pytest.raises(UnwritablePhoto, match=r"one page, not 2; end the name in \.tif"):
        save_pages([picture, picture], tmp_path / "a.png")
    with pytest.raises(ValueError, match="at least one"):
        encode_pages([])
    assert not list(tmp_path.iterdir())


def test_a_page_that_ends_too_early_leaves_no_file(album, tmp_path):
    content, _ = album
    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        strip = tiff.pages[2].tags["StripOffsets"]
    damaged = bytearray(content)
    damaged[strip.valueoffset : strip.valueoffset + 4] = (len(content) - 100).to_bytes(4, "little")
    (tmp_path / "a.tif").write_bytes(damaged)
    pictures = [
        join_color(page, np.zeros((2, 8, 8), np.float32), lightness=np.zeros((32, 32), np.float32))
        for page in open_pages(tmp_path / "a.tif")
    ]
    with pytest.raises(DamagedPhoto, match=r"^a\.tif, page 3: "):
        save_pages(pictures, tmp_path / "b.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_reduced_copies_masks_and_thumbnails_are_no_pages(astronaut):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(np.tile(astronaut, (8, 8, 1)), metadata=None)
        writer.write(astronaut[:100], subfiletype=1, metadata=None)
        writer.write(astronaut[..., 0] > 99, subfiletype=4, photometric="MASK", metadata=None)
        writer.write(astronaut[:60, :60], metadata=None)  # a thumbnail that does not say so
        writer.write(astronaut, subfiletype=2, metadata=None)
    assert list_pages(file) == (0, 4)
    pages = open_pages(file.getvalue())
    np.testing.assert_array_equal(pages[1].pixels().numpy(), astronaut)
    assert pages[1].pages == 2


@pytest.mark.parametrize("big", [False, True])
def test_appended_pages_are_found_by_other_libraries(big, astronaut, cameraman):
    first, second = (
        io.BytesIO(pyvips.Image.new_from_array(array).tiffsave_buffer(bigtiff=big, **options))
        for array, options in ((astronaut, {}), (cameraman, {"tile": True, "compression": "deflate"}))
    )
    append_page(first, second)
    append_page(first, second)
    first.seek(0)
    with tifffile.TiffFile(first) as tiff:
        assert tiff.is_bigtiff == big
        np.testing.assert_array_equal(tiff.pages[0].asarray(), astronaut)
        np.testing.assert_array_equal(tiff.pages[2].asarray(), cameraman)
