"""The work on photographs, as it runs in a worker's thread: predict, choose colors, encode. No HTTP here."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photochrom.inference import ColorizedPhoto, Colorizer, Options, PredictedPhoto
from photochrom.photos import encode_photograph, open_photograph
from photochrom.web.accept import natural_extension
from photochrom.web.choices import Choices
from photochrom.web.problems import Problem
from photochrom.web.settings import Settings
from photochrom.web.workers import Stop

PREVIEW_QUALITY = 85
ALTERNATIVES = 4  # drawn at once: the page shows as many
DRAWN_SETS = 2  # kept for each photograph, some 50 kB each
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Colored:
    """One photograph in color, as a file."""

    content: bytes
    extension: str  # ".jpg"
    width: int
    height: int
    model: str
    temperature: float | None  # None where the photograph's own colors were kept
    already_colored: bool


class Models:
    """The networks that a server offers, loaded once.

    Args:
        settings: names them; a file goes by its name without the extension.
    Raises: WeightsError for weights that are not there, ValueError for two of the same name.
    """

    def __init__(self, settings: Settings) -> None:
        self._colorizers: dict[str, Colorizer] = {}
        self._max_megapixels = settings.max_megapixels
        for model in settings.models:
            name = Path(model).stem if Path(model).suffix else str(model)
            if name in self._colorizers:
                raise ValueError(f"two models are called {name!r}; rename one of the files")
            self._colorizers[name] = Colorizer(model, max_megapixels=settings.max_megapixels)

    @property
    def default(self) -> str:
        """The name of the one that is taken when none is named."""
        return next(iter(self._colorizers))

    @property
    def all(self) -> Mapping[str, Colorizer]:
        """By name."""
        return self._colorizers

    def colorizer(self, options: Options) -> Colorizer:
        """The loaded network under these options. Raises: Problem with 422 for a name that is not offered."""
        loaded = self._colorizers.get(str(options.model))
        if loaded is None:
            raise Problem(422, f"no such model; this server offers {', '.join(self._colorizers)}")
        chosen = copy.copy(loaded)  # shares the loaded network
        chosen.options = replace(options, max_megapixels=self._max_megapixels)
        return chosen


def color_file(models: Models, content: bytes, choices: Choices, stop: Stop) -> Colored:
    """From the bytes of a file to the bytes of a file.

    Raises: PhotoError, or Problem with 422 for a hint outside the picture.
    """
    colorizer = models.colorizer(choices.options)
    photograph = open_photograph(content, max_megapixels=colorizer.options.max_megapixels)
    stop.check()
    with refusals():
        photo = colorizer.colorize(photograph)
    extension = choices.extension or natural_extension(photograph.format)
    return Colored(
        encode(photo, extension, choices.quality, stop),
        extension,
        photo.width,
        photo.height,
        str(choices.options.model),
        None if photo.kept else choices.options.temperature or colorizer.predictor.card.default_temperature,
        photo.already_colored,
    )


class KeptPhoto:
    """A photograph that the network has seen once, and the alternatives drawn from what it said; threads may share it.

    Args:
        predicted: what the network said.
    """

    def __init__(self, predicted: PredictedPhoto) -> None:
        self.predicted = predicted
        self._drawn: OrderedDict[tuple[int, float | None], list[Floats]] = OrderedDict()

    def choose(self, options: Options, sample: int | None) -> ColorizedPhoto:
        """The colors that somebody chose.

        Args:
            options: temperature, saturation, white balance, hints, seed, provenance and mark.
            sample: the number of a coherent alternative, from 0; None for the annealed mean.
        Raises: Problem with 422 for a hint outside the picture, or a regression system, which has no alternatives.
        """
        chosen = copy.copy(self.predicted)  # shares what the network said
        chosen._options = options
        with refusals():
            if sample is None:
                return chosen.color(temperature=options.temperature)
            ab = self._alternative(sample, options.seed, options.temperature)
            return chosen._finish(ab, chosen._chosen_temperature(options.temperature), None, None, None, None)

    def _alternative(self, sample: int, seed: int, temperature: float | None) -> Floats:
        """One alternative before saturation and the like; drawing takes ten times as long as the rest, and is kept."""
        key = seed, temperature
        drawn = self._drawn.get(key, [])
        if sample >= len(drawn):
            plain = copy.copy(self.predicted)
            plain._options = Options()
            photos = plain.samples(max(ALTERNATIVES, sample + 1), seed=seed, temperature=temperature)
            drawn = self._drawn[key] = [photo.ab for photo in photos]
            while len(self._drawn) > DRAWN_SETS:
                self._drawn.popitem(last=False)
        return drawn[sample]


def predict(models: Models, content: bytes, options: Options, stop: Stop) -> KeptPhoto:
    """Run the network once, for the page. Raises: PhotoError or Problem."""
    colorizer = models.colorizer(options)
    photograph = open_photograph(content, max_megapixels=colorizer.options.max_megapixels)
    stop.check()
    predicted = colorizer.predict(photograph)
    predicted.color(hints=()).preview()  # decodes the small copy now: the first choice is as quick as the next
    return KeptPhoto(predicted)


def preview(photo: ColorizedPhoto, side: int) -> bytes:
    """A JPEG of at most so many pixels on the long side."""
    return encode_photograph(photo.preview(side), ".jpg", quality=PREVIEW_QUALITY)


def gray_preview(predicted: PredictedPhoto, side: int) -> bytes:
    """The same of the photograph before it was colored."""
    photograph = predicted.photograph
    scale = min(1.0, side / max(photograph.width, photograph.height))
    width, height = (max(1, round(scale * length)) for length in (photograph.width, photograph.height))
    small = photograph.reduced(width, height)
    gray = small.colourspace("b-w") if small.bands > 1 else small
    return encode_photograph(gray, ".jpg", quality=PREVIEW_QUALITY)


def uncertainty_preview(predicted: PredictedPhoto, side: int) -> bytes:
    """A PNG of how undecided the network is. Raises: Problem with 422 for a regression system."""
    with refusals():
        image = predicted.uncertainty_image()
    scale = min(1.0, side / max(image.width, image.height))
    return encode_photograph(image.resize(scale) if scale < 1 else image, ".png")


def encode(photo: ColorizedPhoto, extension: str, quality: int, stop: Stop) -> bytes:
    """The full-size picture as the bytes of a file. Raises: PhotoError for pixels that turn out to be damaged."""
    image: Any = stop.watch(photo.image())
    return encode_photograph(image, extension, quality=quality)


@contextmanager
def refusals() -> Iterator[None]:
    """Around a choice of colors: what the photograph or the network does not allow is the client's to mend.

    Raises: Problem with 422 in the place of ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise Problem(422, " ".join(str(error).split())) from None
