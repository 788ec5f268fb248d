import inspect

import photochrom.photos
from photochrom.photos.errors import PhotoError, condense


def test_one_clean_line_is_left_of_what_libvips_says():
    long = "unable to call heifload\n  a.avif: bad seek to 15887\na.avif: bad seek to 8101\nheif: Invalid input: end\n"
    assert condense(long) == "Invalid input: end"
    assert condense("unable to call avg\n  VipsJpeg: premature end of JPEG image\n") == "premature end of JPEG image"
    assert condense("unable to call tiffload\n  a.tif: bad seek to 9\n") == "it ends too early"
    assert "\n" not in condense("") + condense("x\n" * 9)
    assert len(condense("unable\n" + "y" * 999)) <= 120


def test_every_error_of_the_room_is_a_photo_error():
    errors = [v for v in vars(photochrom.photos).values() if inspect.isclass(v) and issubclass(v, Exception)]
    assert len(errors) == 7
    assert all(issubclass(error, PhotoError) for error in errors)
