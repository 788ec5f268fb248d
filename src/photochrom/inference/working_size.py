"""The size at which the network sees a photograph."""

from __future__ import annotations

SIZE_MULTIPLE = 32  # the networks halve their input five times
LONGEST = 4  # the long side goes up to this many short sides; a panorama beyond it is squeezed

# What "auto" chooses among, in pixels of the short side. docs/choices.md has the figures.
AUTOMATIC_SIZES = (256, 384, 512)


def working_shape(
    width: int, height: int, *, working_size: int = 256, multiple: int = SIZE_MULTIPLE
) -> tuple[int, int]:
    """Height and width for the network: the short side near `working_size`, both sides multiples of `multiple`.

    The photograph is stretched by the few percent that rounding asks for: padding would add a border that no
    photograph has, and the predicted color is stretched back.

    Args:
        width, height: pixels of the upright photograph, at least 1.
        working_size: pixels of the short side.
        multiple: what both sides must be multiples of.
    Returns: (height, width) in pixels.
    Raises: ValueError for a side or a size below 1.

    Example:
        >>> working_shape(1200, 800)
        (256, 384)
    """
    if min(width, height, working_size, multiple) < 1:
        raise ValueError(
            f"a photograph, working_size and multiple need at least 1 pixel, "
            f"got {width} x {height}, {working_size} and {multiple}"
        )
    scale = working_size / min(width, height)
    longest = LONGEST * working_size

    def side(pixels: int) -> int:
        return max(1, round(min(pixels * scale, longest) / multiple)) * multiple

    return side(height), side(width)
