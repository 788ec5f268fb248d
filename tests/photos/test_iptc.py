import io

import PIL.Image
import PIL.IptcImagePlugin

from photochrom.photos.iptc import bare_iptc, photoshop_block

BARE = b"\x1c\x02\x78\x00\x09A caption"


def test_pillow_finds_the_caption_in_the_block():
    block = photoshop_block(BARE)
    marker = b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block
    file = io.BytesIO()
    PIL.Image.new("L", (20, 20)).save(file, "JPEG")
    content = file.getvalue()[:2] + marker + file.getvalue()[2:]
    with PIL.Image.open(io.BytesIO(content)) as image:
        assert PIL.IptcImagePlugin.getiptcinfo(image) == {(2, 120): b"A caption"}


def test_a_block_with_other_resources_stays_whole_and_gives_its_iptc():
    other = b"8BIM\x03\xed\0\0\0\0\0\x02ab"
    block = b"Photoshop 3.0\0" + other + photoshop_block(BARE)[len(b"Photoshop 3.0\0") :]
    assert photoshop_block(block) == block
    assert bare_iptc(block) == BARE
    assert bare_iptc(BARE) == BARE
    assert bare_iptc(b"Photoshop 3.0\x008BIM\x04\x04") == b"Photoshop 3.0\x008BIM\x04\x04"
