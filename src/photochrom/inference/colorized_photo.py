"""A photograph and the color that belongs to it: what `Colorizer.colorize` gives, to be saved or looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from photochrom.inference.made import Made
from photochrom.inference.memory import memory_told

if TYPE_CHECKING:
    from photochrom.inference.seen_photo import SeenPhoto
    from photochrom.photos import Photograph

Floats = npt.NDArray[np.float32]
PREVIEW = 1024  # pixels of the long side in a notebook


class ColorizedPhoto:
    """A photograph and the color that belongs to it; the full-size picture is made anew for each output.

    Kept are some small maps, so that a thousand of these fit in memory.

    Attributes:
        photograph: the original, only ever read.
        ab: float32 [2, h/4, w/4], the chosen color at a quarter of the working size.
        lightness: float32 [h, w] in 0..100, what the network saw.
        made: how the colors were made, for the note in every file written of the picture; None writes no note.
        mark: whether saved pictures are to carry a small visible mark.
        kept: the photograph's own colors were kept, as `keep_color` asks.
    """

    def __init__(
        self,
        seen: SeenPhoto,
        ab: Floats,
        *,
        mask: Floats | None = None,
        made: Made | None = None,
        mark: bool = False,
        kept: bool = False,
    ) -> None:
        self.photograph: Photograph = seen.photograph
        self.ab = ab
        self.lightness = seen.lightness
        self.made = made
        self.kept = kept
        self.mark = mark
        self._seen = seen
        self._mask = mask

    @property
    def width(self) -> int:
        """Pixels of the upright picture."""
        return self.photograph.width

    @property
    def height(self) -> int:
        """Pixels of the upright picture."""
        return self.photograph.height

    @property
    def already_colored(self) -> bool:
        """Whether the photograph has colors of its own; gray, sepia and other tones are none."""
        return self._seen.already_colored

    def image(self) -> Any:
        """The full-size picture as a lazy pyvips.Image, to be read once, from top to bottom."""
        from photochrom.inference import pictures

        with memory_told(self.photograph.name):
            if self.kept:
                return pictures.in_its_own_colors(self.photograph)
            picture = pictures.colored(self.photograph, self.ab, self.lightness, self._mask)
            return picture if self.made is None else pictures.noted(picture, self.made)

    def layer(self) -> Any:
        """The color alone, as a lazy pyvips.Image of 4 bands: a layer for an editor, in its blend mode "Color".

        Above the gray photograph it gives the colored picture, and the photograph below can still be retouched. It is
        transparent where a mask keeps the photograph gray.
        """
        from photochrom.inference import pictures

        with memory_told(self.photograph.name):
            return pictures.color_layer(self.image(), self._mask)

    def preview(self, long_side: int = PREVIEW) -> Any:
        """The picture at a small size, quickly: a pyvips.Image in memory, 8 bits a channel.

        Args:
            long_side: pixels; a smaller photograph is not enlarged.
        Raises: ValueError for a size below 16; PhotoError for a photograph whose pixels are damaged.
        """
        from photochrom.inference import pictures

        with memory_told(self.photograph.name):
            small = self._seen.reduced(long_side)
            if self.kept:
                return pictures.in_its_own_colors(small).copy_memory()
            return pictures.colored(small, self.ab, self.lightness, self._mask).copy_memory()

    def before_after(self) -> Any:
        """The photograph in gray on the left, in color on the right, as a lazy pyvips.Image."""
        from photochrom.photos import before_after

        with memory_told(self.photograph.name):
            return before_after(self.photograph, self.image())

    def save(self, path: str | Path, *, overwrite: bool = False, quality: int = 90) -> Path:
        """Write the picture; the extension names the format (JPEG, PNG, WebP, TIFF, AVIF).

        Args:
            path: the file to write, never the original.
            overwrite: replace a file that is there.
            quality: 1..100, for the lossy formats.
        Returns: the path.
        Raises: PhotoError, in one line; nothing is left behind then.
        """
        from photochrom.photos import save_photograph

        with memory_told(self.photograph.name):
            return save_photograph(self.image(), Path(path), overwrite=overwrite, quality=quality, mark=self.mark)

    def numpy(self) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
        """The picture as an array: uint8 or uint16 [height, width, 3], or 4 with the photograph's alpha."""
        with memory_told(self.photograph.name):
            pixels: npt.NDArray[np.uint8] | npt.NDArray[np.uint16] = self.image().numpy()
            return pixels

    def pil(self) -> Any:
        """The picture as a PIL image, 8 bits a channel. Raises: ImportError when Pillow is not installed."""
        try:
            from PIL import Image
        except ImportError:
            raise ImportError("pil() needs Pillow; type: pip install pillow") from None
        pixels = self.numpy()
        if pixels.dtype == np.uint16:
            pixels = (pixels // 257).astype(np.uint8)  # 65535 = 255 * 257
        return Image.fromarray(pixels)

    def _repr_png_(self) -> bytes:
        from photochrom.photos import encode_photograph

        return encode_photograph(self.preview(PREVIEW), ".png")

    def __repr__(self) -> str:
        return f"ColorizedPhoto({self.photograph.name!r}, {self.width} x {self.height})"
