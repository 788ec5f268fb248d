"""The way of a photograph: open it, take its lightness, predict, join the color to the full-size lightness.

The room `photos` is imported by the functions that open and save, because libvips can be loaded while the network is:
of a cold start's half second that is a tenth.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from photochrom.color.distribution import ColorDistribution, check_temperature
from photochrom.inference.options import Options
from photochrom.inference.predictor import Predictor
from photochrom.inference.weights import WeightsError, locate_weights
from photochrom.inference.working_size import working_shape

if TYPE_CHECKING:
    from photochrom.photos import Photograph

Floats = npt.NDArray[np.float32]
Source = Any  # str | Path | bytes of a file | NumPy array [h, w] or [h, w, 1..4] | PIL image | Photograph
PREVIEW = 1024  # pixels of the long side in a notebook


def colorize(photo: Source, *, model: str | Path = "lite", temperature: float | None = None) -> ColorizedPhoto:
    """Color one photograph. For many, or for more choices, make a `Colorizer`.

    The network is loaded at the first call and kept for the next.

    Args:
        photo: a path, the bytes of a file, a NumPy array or a PIL image.
        model: a name of the registry or the path of an ONNX file.
        temperature: in (0, 1]; None for the model's default.
    Returns: a ColorizedPhoto, to be saved or looked at.
    Raises: PhotoError, WeightsError or ValueError, each in one line.

    Example:
        >>> import photochrom
        >>> photochrom.colorize("old.jpg").save("new.jpg")  # doctest: +SKIP
    """
    try:
        return _kept(model).colorize(photo, temperature=temperature)
    except WeightsError:
        _kept.cache_clear()  # so that mended weights are found by the next call
        raise


class Colorizer:
    """One network, ready to color photographs; threads may share it.

    The network is loaded in the background, while the first photograph is being read.

    Args:
        model: a name of the registry or the path of an ONNX file.
        temperature: in (0, 1]: 1 the mean color (calm), towards 0 the mode (vivid); None for the model's default.
        working_size: pixels of the short side that the network sees.
        max_megapixels: larger photographs are refused before they are decoded.
        threads: of the network; None for as many as there are cores.

    Raises: ValueError for a choice out of range, WeightsError for weights that are not there.

    Example:
        >>> colorizer = Colorizer(temperature=0.38)  # doctest: +SKIP
        >>> for path in Path("album").glob("*.jpg"):  # doctest: +SKIP
        ...     colorizer.colorize(path).save(path.with_suffix(".color.jpg"))
    """

    def __init__(
        self,
        model: str | Path = "lite",
        temperature: float | None = None,
        working_size: int = 256,
        *,
        max_megapixels: float = 500.0,
        threads: int | None = None,
    ) -> None:
        self.options = Options(model, temperature, working_size, max_megapixels, threads)
        weights = locate_weights(model)  # a missing file is told at once, a damaged one when the network is needed

        def load() -> Predictor:
            weights.verify()
            return Predictor(weights.path, threads=threads)

        self._loading = _Background(load)

    @classmethod
    def from_options(cls, options: Options) -> Colorizer:
        """The same from one dataclass, as the command line and the web page make it."""
        return cls(
            options.model,
            options.temperature,
            options.working_size,
            max_megapixels=options.max_megapixels,
            threads=options.threads,
        )

    @property
    def predictor(self) -> Predictor:
        """The loaded network. Raises: WeightsError when its file is damaged or not one of photochrom's."""
        return self._loading.result()

    def colorize(self, photo: Source, *, temperature: float | None = None) -> ColorizedPhoto:
        """Color one photograph; only its lightness is looked at, so a color photograph is colored anew.

        Args:
            photo: a path, the bytes of a file, a NumPy array (uint8 or uint16; [h, w] or [h, w, 3]) or a PIL image.
            temperature: in (0, 1]; None for the colorizer's.
        Returns: a ColorizedPhoto. The full-size picture is made when it is asked for.
        Raises: PhotoError for a photograph that cannot be read, WeightsError for damaged weights, ValueError for a
            temperature outside (0, 1].
        """
        if temperature is None:
            temperature = self.options.temperature
        else:
            check_temperature(temperature)
        photograph = self._open(photo)
        lightness = self._lightness(photograph)
        return ColorizedPhoto(photograph, self.predictor.predict_ab(lightness, temperature), lightness)

    def distribution(self, photo: Source) -> ColorDistribution:
        """The whole distribution over colors, at a quarter of the working size.

        Args:
            photo: as for `colorize`.
        Returns: a ColorDistribution: predict once, then try any temperature.
        Raises: ValueError when the model is a regression, which has no distribution; and as `colorize`.
        """
        colors = self.predictor.predict(self._lightness(self._open(photo))).colors
        if colors is None:
            raise ValueError(
                f"{self.predictor.path.name} ({self.predictor.card.system}) predicts one color, not a distribution; "
                f"take a classification model"
            )
        return colors

    def _open(self, photo: Source) -> Photograph:
        from photochrom.photos import Photograph, open_photograph, photograph_from_array

        if isinstance(photo, Photograph):
            return photo
        if isinstance(photo, str | Path | bytes):
            return open_photograph(photo, max_megapixels=self.options.max_megapixels)
        return photograph_from_array(photo, max_megapixels=self.options.max_megapixels)

    def _lightness(self, photograph: Photograph) -> Floats:
        # Without a look at the network: the photograph is decoded while that still loads.
        height, width = working_shape(photograph.width, photograph.height, working_size=self.options.working_size)
        return photograph.lightness(width, height)


class ColorizedPhoto:
    """A photograph and the color that belongs to it; the full-size picture is made anew for each output.

    Kept are two small maps, so that a thousand of these fit in memory.

    Attributes:
        photograph: the original, only ever read.
        ab: float32 [2, h/4, w/4], the predicted color at a quarter of the working size.
        lightness: float32 [h, w] in 0..100, what the network saw.
    """

    def __init__(self, photograph: Photograph, ab: Floats, lightness: Floats) -> None:
        self.photograph = photograph
        self.ab = ab
        self.lightness = lightness

    @property
    def width(self) -> int:
        """Pixels of the upright picture."""
        return self.photograph.width

    @property
    def height(self) -> int:
        """Pixels of the upright picture."""
        return self.photograph.height

    def image(self) -> Any:
        """The full-size picture as a lazy pyvips.Image, to be read once, from top to bottom."""
        from photochrom.photos import join_color

        return join_color(self.photograph, self.ab, lightness=self.lightness)

    def before_after(self) -> Any:
        """The photograph in gray on the left, in color on the right, as a lazy pyvips.Image."""
        from photochrom.photos import before_after

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

        return save_photograph(self.image(), Path(path), overwrite=overwrite, quality=quality)

    def numpy(self) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
        """The picture as an array: uint8 or uint16 [height, width, 3], or 4 with the photograph's alpha."""
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

        image = self.image()
        scale = PREVIEW / max(image.width, image.height)
        return encode_photograph(image.resize(scale) if scale < 1 else image, ".png")

    def __repr__(self) -> str:
        return f"ColorizedPhoto({self.photograph.name!r}, {self.width} x {self.height})"


@lru_cache(maxsize=2)
def _kept(model: str | Path) -> Colorizer:
    return Colorizer(model)


class _Background:
    """Runs a function in a thread at once; `result` waits for what it returns or raises it."""

    def __init__(self, function: Callable[[], Predictor]) -> None:
        self._value: Predictor | None = None
        self._error: Exception | None = None
        self._thread = Thread(target=self._run, args=(function,), name="photochrom-load")
        self._thread.start()

    def _run(self, function: Callable[[], Predictor]) -> None:
        try:
            self._value = function()
        except Exception as error:  # handed to whoever asks for the result
            self._error = error

    def result(self) -> Predictor:
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._value is not None
        return self._value
