import os

import pytest
import pyvips

from photochrom.photos.vips_errors import VIPS_ERRORS, text_of


def test_what_libvips_says_of_a_name_that_is_no_utf_8_is_told_once(tmp_path):
    with pytest.raises(VIPS_ERRORS) as first:
        pyvips.Operation.call("pngload", os.fsencode(tmp_path) + b"/caf\xe9.png")
    assert "caf\\xe9.png" in text_of(first.value)
    with pytest.raises(VIPS_ERRORS) as second:
        pyvips.Operation.call("pngload", os.fsencode(tmp_path) + b"/plain.png")
    assert "plain.png" in text_of(second.value)
    assert "caf" not in text_of(second.value)
