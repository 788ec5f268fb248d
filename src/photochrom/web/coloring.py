"""The work on photographs, as it runs in a worker's thread: predict, choose colors, encode. No HTTP here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photochrom.batch.stopping import Stop
from photochrom.inference import ColorizedPhoto, Colorizer, Options, PredictedPhoto
from photochrom.photos import (
    OversizedPhoto,
    Photograph,
    encode_pages,
    encode_photograph,
    formats,
    open_pages,
    open_photograph,
)
from photochrom.web.choices import Choices
from photochrom.web.problems import Problem
from photochrom.web.settings import Settings

PREVIEW_QUALITY = 85
ALTERNATIVES = 4  # drawn at once: the page shows as many
MAX_PAGES = 100  # of one TIFF: each takes as long as a photograph of its own
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
    Raises: WeightsError for weights or a device that are not there, ValueError for two of the same name.
    """

    def __init__(self, settings: Settings) -> None:
        self._colorizers: dict[str, Colorizer] = {}
        self._max_megapixels = settings.max_megapixels
        for model in settings.models:
            name = Path(model).stem if Path(model).suffix else str(model)
            if name in self._colorizers:
                raise ValueError(f"two models are called {name!r}; rename one of the files")
            self._colorizers[name] = Colorizer(model, max_megapixels=settings.max_megapixels, device=settings.device)

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
        own = loaded.options
        chosen = replace(
            options, model=own.model, threads=own.threads, device=own.device, max_megapixels=own.max_megapixels
        )
        return loaded.with_options(chosen)


def color_file(models: Models, content: bytes, choices: Choices, stop: Stop) -> Colored:
    """From the bytes of a file to the bytes of a file; each page of a TIFF is colored.

    Raises: PhotoError, or Problem with 422 for a hint outside the picture, or several pages in a format that holds one.
    """
    colorizer = models.colorizer(choices.options)
    pages = open_pages(content, max_megapixels=colorizer.options.max_megapixels)
    extension = choices.extension or formats.natural_extension(pages[0].format)
    _check_pages(pages, extension, colorizer.options.max_megapixels)
    photos = []
    for page in pages:
        stop.check()
        with refusals():
            photos.append(colorizer.colorize(page, mask=choices.mask))
    return Colored(
        encode(photos, extension, choices.quality, stop),
        extension,
        photos[0].width,
        photos[0].height,
        str(choices.options.model),
        None if photos[0].kept else choices.options.temperature or colorizer.predictor.card.default_temperature,
        photos[0].already_colored,
    )


def _check_pages(pages: Sequence[Photograph], extension: str, max_megapixels: float) -> None:
    if len(pages) == 1:
        return
    if len(pages) > MAX_PAGES:
        raise Problem(413, f"this TIFF has {len(pages)} pages, and {MAX_PAGES} are taken at once; send fewer")
    if extension != ".tif":
        raise Problem(422, f"this TIFF has {len(pages)} pages, which only a TIFF can hold; ask for the format tif")
    megapixels = sum(page.width * page.height for page in pages) / 1e6
    if megapixels > max_megapixels:
        raise OversizedPhoto(
            f"the photograph: {megapixels:,.4g} megapixels in {len(pages)} pages are over the limit of "
            f"{max_megapixels:,g}; send fewer pages at a time"
        )


class KeptPhoto:
    """A photograph that the network has seen once, and the alternatives drawn from what it said; threads may share it.

    Args:
        predicted: what the network said.
        mask: the file of a mask, None without.
    """

    def __init__(self, predicted: PredictedPhoto, mask: bytes | None = None) -> None:
        self.predicted = predicted
        self._mask = mask
        self._drawn: OrderedDict[tuple[int, float | None], list[Floats]] = OrderedDict()

    def choose(self, options: Options, sample: int | None) -> ColorizedPhoto:
        """The colors that somebody chose.

        Args:
            options: temperature, saturation, white balance, hints, seed, provenance and mark.
            sample: the number of a coherent alternative, from 0; None for the annealed mean.
        Raises: Problem with 422 for a hint outside the picture, or a regression system, which has no alternatives.
        """
        chosen = self.predicted.with_options(options)
        with refusals():
            drawn = None if sample is None else self._alternative(sample, options.seed, options.temperature)
            return chosen.color(mask=self._mask, drawn=drawn)

    def _alternative(self, sample: int, seed: int, temperature: float | None) -> Floats:
        """One alternative before saturation and the like; drawing takes ten times as long as the rest, and is kept."""
        key = seed, temperature
        drawn = self._drawn.get(key, [])
        if sample >= len(drawn):
            count = max(ALTERNATIVES, sample + 1)
            drawn = self._drawn[key] = self.predicted.draw(count, seed=seed, temperature=temperature)
            while len(self._drawn) > DRAWN_SETS:
                self._drawn.popitem(last=False)
        return drawn[sample]


def predict(models: Models, content: bytes, choices: Choices, stop: Stop) -> KeptPhoto:
    """Run the network once, for the page. Raises: PhotoError or Problem."""
    colorizer = models.colorizer(choices.options)
    photograph = open_photograph(content, max_megapixels=colorizer.options.max_megapixels)
    stop.check()
    predicted = colorizer.predict(photograph)
    # A mask that is none is told now; and the small copy is decoded: the first choice is as quick as the next.
    predicted.color(hints=(), mask=choices.mask).preview()
    return KeptPhoto(predicted, choices.mask)


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


def encode(photos: Sequence[ColorizedPhoto], extension: str, quality: int, stop: Stop) -> bytes:
    """Full-size pictures as the bytes of one file. Raises: PhotoError for pixels that turn out to be damaged."""
    images = [photo.image() for photo in photos]
    with ExitStack() as watch:
        for image in images:
            watch.enter_context(stop.watching(image))
        return encode_pages(images, extension, quality=quality, mark=photos[0].mark)


@contextmanager
def refusals() -> Iterator[None]:
    """Around a choice of colors: what the photograph or the network does not allow is the client's to mend.

    Raises: Problem with 422 in the place of ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise Problem(422, " ".join(str(error).split())) from None
