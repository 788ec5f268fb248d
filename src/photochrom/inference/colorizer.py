"""The way of a photograph: open it, take its lightness, predict, join the color to the full-size lightness.

The room `photos` is imported by the functions that open and save, because libvips can be loaded while the network is:
of a cold start's half second that is a tenth.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from photochrom.color.distribution import ColorDistribution, check_temperature
from photochrom.inference.colorized_photo import ColorizedPhoto
from photochrom.inference.devices import PROVIDERS, Device
from photochrom.inference.made import Made
from photochrom.inference.memory import memory_told
from photochrom.inference.options import Options
from photochrom.inference.predictor import Predictor
from photochrom.inference.seen_photo import SeenPhoto
from photochrom.inference.weights import WeightsError, locate_weights
from photochrom.inference.working_size import AUTOMATIC_SIZES, working_shape

if TYPE_CHECKING:
    from photochrom.inference.predicted_photo import PredictedPhoto
    from photochrom.inference.predictor import Prediction
    from photochrom.photos import Photograph

Source = Any  # str | Path | bytes of a file | NumPy array [h, w] or [h, w, 1..4] | PIL image | Photograph


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

    The network is loaded in the background, while the first photograph is being read. These are the choices made most
    often; every other is a field of `Options`, by `Colorizer.from_options`.

    Args:
        model: a name of the registry or the path of an ONNX file.
        temperature: in (0, 1]: 1 the mean color (calm), towards 0 the mode (vivid); None for the model's default.
        working_size: pixels of the short side that the network sees, or "auto".
        max_megapixels: larger photographs are refused before they are decoded.
        threads: of the network; None for as many as there are cores.
        device: what runs the network, such as "cpu" or "cuda"; "auto" for the best that is installed.

    Raises: ValueError for a choice out of range, WeightsError for weights that are not there, DeviceError for a device
        asked for by name that is not there or does not start.

    Example:
        >>> colorizer = Colorizer(temperature=0.38)  # doctest: +SKIP
        >>> for path in Path("album").glob("*.jpg"):  # doctest: +SKIP
        ...     colorizer.colorize(path).save(path.with_suffix(".color.jpg"))
    """

    def __init__(
        self,
        model: str | Path = "lite",
        temperature: float | None = None,
        working_size: int | Literal["auto"] = 256,
        *,
        max_megapixels: float = 500.0,
        threads: int | None = None,
        device: Device = "auto",
    ) -> None:
        self._start(Options(model, temperature, working_size, max_megapixels, threads, device))

    @classmethod
    def from_options(cls, options: Options) -> Colorizer:
        """The same from one dataclass, with every choice; so the command line and the web page make it."""
        colorizer = cls.__new__(cls)
        colorizer._start(options)
        return colorizer

    def _start(self, options: Options) -> None:
        self.options = options
        weights = locate_weights(options.model)  # a missing file is told now, a damaged one when it is needed

        def load() -> Predictor:
            weights.verify()
            return Predictor(weights.path, threads=options.threads, device=options.device)

        self._loading = _Background(load)
        if options.device in PROVIDERS:
            self._loading.result()  # whether an accelerator starts is told before anything is colored
        self._weights = weights

    def with_options(self, options: Options) -> Colorizer:
        """The same loaded network under other choices.

        Args:
            options: of this colorizer's model, threads and device; another network needs a colorizer of its own.
        Raises: ValueError for other ones.

        Example:
            >>> vivid = colorizer.with_options(replace(colorizer.options, saturation=1.3))  # doctest: +SKIP
        """
        for name in ("model", "threads", "device"):
            loaded, asked = getattr(self.options, name), getattr(options, name)
            if asked != loaded:
                raise ValueError(f"this colorizer was loaded with {name}={loaded}, not {asked}; make another one")
        other = copy(self)
        other.options = options
        return other

    @property
    def predictor(self) -> Predictor:
        """The loaded network. Raises: WeightsError when its file is damaged or not one of photochrom's."""
        return self._loading.result()

    def colorize(
        self, photo: Source, *, temperature: float | None = None, mask: str | Path | bytes | None = None
    ) -> ColorizedPhoto:
        """Color one photograph; only its lightness is looked at, so a color photograph is colored anew.

        With the option `keep_color` a photograph that has colors of its own is given back as it is.

        Args:
            photo: a path, the bytes of a file, a NumPy array (uint8 or uint16; [h, w] or [h, w, 3]) or a PIL image.
            temperature: in (0, 1]; None for the colorizer's.
            mask: a picture, white where to color, as a path or the bytes of its file; None for the colorizer's.
        Returns: a ColorizedPhoto. The full-size picture is made when it is asked for.
        Raises: PhotoError for a photograph that cannot be read or is too large for the memory, WeightsError for
            damaged weights, ValueError for a temperature outside (0, 1] or a hint outside the picture.
        """
        if temperature is not None:
            check_temperature(temperature)
        photograph = self._open(photo)
        seen = self._see(photograph) if self.options.keep_color else None
        if seen is not None and seen.already_colored:
            return _kept_as_it_is(seen)
        if mask is not None or self._needs_the_distribution():
            return self._predicted(photograph).color(temperature=temperature, mask=mask)
        seen = seen or self._see(photograph)
        # The fast way: the color is chosen inside the network's graph.
        chosen = self._temperature(temperature)
        with memory_told(photograph.name):
            ab = self.predictor.predict_ab(seen.lightness, chosen)
        made = self._made(chosen) if self.options.provenance else None
        return ColorizedPhoto(seen, ab, made=made, mark=self.options.mark)

    def predict(self, photo: Source) -> PredictedPhoto:
        """Run the network once and keep all that it says, to choose colors from afterwards.

        Args:
            photo: as for `colorize`.
        Returns: a PredictedPhoto.
        Raises: PhotoError or WeightsError, as `colorize`.
        """
        return self._predicted(self._open(photo))

    def distribution(self, photo: Source) -> ColorDistribution:
        """The whole distribution over colors, at a quarter of the working size.

        Args:
            photo: as for `colorize`.
        Returns: a ColorDistribution: predict once, then try any temperature.
        Raises: ValueError when the model is a regression, which has no distribution; and as `colorize`.
        """
        return self.predict(photo).distribution

    @cached_property
    def _sha256(self) -> str:
        return self._weights.sha256  # of a file of one's own it is counted, once

    def _needs_the_distribution(self) -> bool:
        """Whether a choice has to be made outside the network's graph."""
        options = self.options
        chosen = options.saturation != 1 or options.white_balance or options.hints or options.mask
        return bool(chosen) or options.working_size == "auto"

    def _predicted(self, photograph: Photograph) -> PredictedPhoto:
        from photochrom.inference.predicted_photo import PredictedPhoto

        seen, prediction = self._look(photograph)
        made = self._made(self.predictor.card.default_temperature)
        return PredictedPhoto(seen, prediction, self.options, made=made)

    def _look(self, photograph: Photograph) -> tuple[SeenPhoto, Prediction]:
        """The photograph at its working size, and what the network says; of "auto", the size that it doubts least."""
        if self.options.working_size != "auto":
            seen = self._see(photograph)
            with memory_told(photograph.name):
                return seen, self.predictor.predict(seen.lightness)
        best: tuple[SeenPhoto, Prediction] | None = None
        least = float("inf")
        for size in AUTOMATIC_SIZES:
            # Enlarging shows the network nothing new, and a regression does not say how sure it is.
            if best is not None and (min(photograph.width, photograph.height) < size or best[1].colors is None):
                break
            seen = self._see(photograph, size)
            with memory_told(photograph.name):
                prediction = self.predictor.predict(seen.lightness)
                doubt = 0.0 if prediction.colors is None else float(prediction.colors.entropy().mean())
            if doubt >= least:
                break  # the network's doubt has one minimum over the sizes
            best, least = (seen, prediction), doubt
        assert best is not None  # the first size is always tried
        return best

    def _open(self, photo: Source) -> Photograph:
        from photochrom.photos import Photograph, open_photograph, photograph_from_array

        limit = self.options.max_megapixels
        with memory_told(str(photo) if isinstance(photo, str | Path) else "the picture"):
            if isinstance(photo, Photograph):
                return photo
            if isinstance(photo, str | Path | bytes):
                return open_photograph(photo, max_megapixels=limit)
            return photograph_from_array(photo, max_megapixels=limit)

    def _see(self, photograph: Photograph, size: int | None = None) -> SeenPhoto:
        # Without a look at the network: the photograph is decoded while that still loads.
        if size is None:
            size = AUTOMATIC_SIZES[0] if self.options.working_size == "auto" else self.options.working_size
        with memory_told(photograph.name):
            return SeenPhoto(photograph, *working_shape(photograph.width, photograph.height, working_size=size))

    def _temperature(self, temperature: float | None) -> float:
        if temperature is None:
            temperature = self.options.temperature
        return self.predictor.card.default_temperature if temperature is None else temperature

    def _made(self, temperature: float) -> Made:
        model = self.options.model
        # Of a file of one's own the name is enough: no note tells where on a disk it lay.
        name = Path(model).name if self._weights.entry is None else str(model)
        return Made(name, self._sha256, temperature)


def _kept_as_it_is(seen: SeenPhoto) -> ColorizedPhoto:
    return ColorizedPhoto(seen, seen.own_ab(), kept=True)


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
