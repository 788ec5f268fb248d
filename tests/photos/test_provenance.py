import io
import xml.etree.ElementTree as ElementTree
from datetime import date

import numpy as np
import PIL.Image
import pytest
import pyvips

from photochrom.photos import (
    Provenance,
    annotate,
    before_after,
    encode_photograph,
    join_color,
    open_photograph,
    photograph_from_array,
)
from photochrom.photos.provenance import note_of, packet_with_note

NOTE = Provenance("photochrom 0.1.0", "lite", "ab" * 32, 0.38)
EXTENSIONS = [".jpg", ".png", ".tif", ".webp", ".avif"]
OURS = "{urn:photochrom:provenance:1.0#}"
SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


def colored(photograph):
    return join_color(photograph, np.zeros((2, 8, 8), np.float32), lightness=photograph.lightness(32, 32))


def packet_of(content):
    with PIL.Image.open(io.BytesIO(content)) as image:
        image.load()
        packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp", "").encode()
        return packet, image.getexif().get(0x0131)


def properties(packet):
    return {element.tag: element.text for element in ElementTree.fromstring(packet.decode()).iter()}


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_note_is_in_xmp_and_exif_of_every_format(extension, cameraman):
    packet, software = packet_of(encode_photograph(colored(photograph_from_array(cameraman)), extension, note=NOTE))
    found = properties(packet)
    assert found[OURS + "Statement"] == "Colors are estimated by photochrom"
    assert found[OURS + "Software"] == "photochrom 0.1.0"
    assert found[OURS + "Model"] == "lite"
    assert found[OURS + "ModelSHA256"] == "ab" * 32
    assert found[OURS + "Temperature"] == "0.38"
    assert found[SOURCE_TYPE].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert OURS + "Made" not in found
    assert software == "photochrom 0.1.0 (Colors are estimated by photochrom)"


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_without_a_note_nothing_names_photochrom(extension, cameraman):
    content = encode_photograph(colored(photograph_from_array(cameraman)), extension)
    assert packet_of(content) in ((None, None), (b"", None))
    assert b"photochrom" not in content


def test_a_picture_carries_its_note_through_steps_into_the_file(cameraman):
    noted = annotate(colored(photograph_from_array(cameraman)), NOTE)
    assert note_of(noted.crop(0, 0, 40, 40)) == NOTE
    assert b"ModelSHA256" in encode_photograph(noted, ".webp")
    assert b"photochrom" not in encode_photograph(annotate(noted, None), ".webp")


def test_before_and_after_carry_the_note_too(cameraman):
    photograph = photograph_from_array(cameraman)
    both = before_after(photograph, annotate(colored(photograph), NOTE))
    assert note_of(both) == NOTE


def test_a_day_is_written_when_it_is_given():
    note = Provenance("photochrom", "lite", "0" * 64, None, made=date(2026, 11, 23))
    assert note_of(annotate(pyvips.Image.black(20, 20), note)) == note
    found = properties(packet_with_note(None, note))
    assert found[OURS + "Made"] == "2026-11-23"
    assert OURS + "Temperature" not in found


def test_what_an_archive_said_of_its_source_stays():
    packet = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" e:DigitalSourceType="negativeFilm"/></rdf:RDF>'
    )
    noted = packet_with_note(packet, NOTE)
    assert noted.count(b":DigitalSourceType") == 1
    assert properties(noted)[OURS + "Model"] == "lite"


def test_coloring_a_colored_file_again_leaves_one_note(cameraman):
    once = encode_photograph(colored(photograph_from_array(cameraman)), ".tif", note=NOTE)
    second = Provenance("photochrom 0.2.0", "lite", "cd" * 32, 0.5)
    packet, software = packet_of(encode_photograph(colored(open_photograph(once)), ".jpg", note=second))
    assert packet.count(b"ModelSHA256>") == 2  # its opening and its end
    assert packet.count(b":DigitalSourceType>") == 2
    assert properties(packet)[OURS + "ModelSHA256"] == "cd" * 32
    assert software.count("photochrom 0.2.0") == 1


def test_texts_that_no_file_could_hold_are_refused():
    with pytest.raises(ValueError, match="model must be a line of text"):
        Provenance("photochrom", "li\0te", "0" * 64, 0.38)
