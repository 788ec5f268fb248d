"""The pictures made of one photograph: in color, both side by side, alternatives, the layer, the map of uncertainty."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from photochrom.batch.errors import BatchError
from photochrom.batch.outputs import Outputs, Targets
from photochrom.batch.snapshot import Snapshot
from photochrom.batch.stopping import Stop

if TYPE_CHECKING:
    from photochrom.inference import ColorizedPhoto, Colorizer, PredictedPhoto
    from photochrom.photos import Photograph


# Putting a picture's operations together is Python's work, in thousands of short calls into libvips. Two threads at it
# hand Python's own lock to each other at every call, and both take longer; one after the other, they wait for less.
_BUILDING = Lock()


class Picture(NamedTuple):
    """One file to be written.

    Attributes:
        path: the place that it will have.
        images: make the lazy pyvips.Images, one for each page, each to be read once.
        copy_of: the photograph's own file, to be copied byte for byte in place of the images; None: no copy.
        mark: with the small visible mark.
    """

    path: Path
    images: tuple[Callable[[], Any], ...]
    copy_of: Snapshot | None = None
    mark: bool = False

    def write(self, file: Path, *, quality: int, stop: Stop) -> tuple[int, int]:
        """Write it to a file that is not there yet.

        Returns: width and height in pixels, of the first page.
        Raises: PhotoError as `save_photograph`; Stopped.
        """
        from photochrom.photos import save_pages, save_photograph

        with _BUILDING:
            images = [make() for make in self.images]
        if self.copy_of is not None:
            _copy(self.copy_of, file)
            return images[0].width, images[0].height
        with ExitStack() as watch:
            for image in images:
                watch.enter_context(stop.watching(image))
            if len(images) == 1:
                save_photograph(images[0], file, quality=quality, mark=self.mark)
            else:
                save_pages(images, file, quality=quality, mark=self.mark)
        return images[0].width, images[0].height


class Colored(NamedTuple):
    """One photograph in color, and the pictures to be written of it, the main one first."""

    pictures: tuple[Picture, ...]
    already_colored: bool  # it had colors of its own
    kept: bool  # and they were kept


def color_pictures(
    colorizer: Colorizer, snapshot: Snapshot, pages: Sequence[Photograph], targets: Targets, outputs: Outputs
) -> Colored:
    """Color one photograph, and say what is to be written of it.

    The network runs once a page, for the alternatives and the map of uncertainty too. A photograph that keeps its own
    colors has no alternatives.

    Raises: PhotoError, WeightsError or ValueError as `Colorizer.colorize`; BatchError for several pages where there is
        place for one.
    """
    from photochrom.photos import formats

    kind = formats.of_extension(targets.picture.suffix)
    if len(pages) > 1:
        _check_pages(len(pages), kind is formats.TIFF, outputs)
    predicted = colorizer.predict(pages[0]) if outputs.samples or outputs.uncertainty else None
    if predicted is None or (colorizer.options.keep_color and predicted.already_colored):
        colored = [colorizer.colorize(page) for page in pages]
    else:
        colored = [predicted.color()]
    kept = all(page.kept for page in colored)
    copied = kept and not outputs.side_by_side and kind is not None and kind.name == pages[0].format
    images = tuple(page.before_after if outputs.side_by_side else page.image for page in colored)
    main = Picture(targets.picture, images, snapshot if copied else None, colored[0].mark)
    extras = () if kept else tuple(_extras(colored[0], predicted, targets))
    return Colored((main, *extras), any(page.already_colored for page in colored), kept)


def _check_pages(count: int, to_tiff: bool, outputs: Outputs) -> None:
    if not to_tiff:
        raise BatchError(f"this TIFF has {count} pages, which only a TIFF can hold; name a result that ends in .tif")
    if outputs.extras:
        raise BatchError(
            f"this TIFF has {count} pages; alternatives, layers and maps are made of single pictures, so split it first"
        )


def _extras(colored: ColorizedPhoto, predicted: PredictedPhoto | None, targets: Targets) -> Iterator[Picture]:
    if targets.samples:
        assert predicted is not None
        alternatives = predicted.samples(len(targets.samples))
        for path, alternative in zip(targets.samples, alternatives, strict=True):
            yield Picture(path, (alternative.image,), mark=alternative.mark)
    if targets.layer is not None:
        yield Picture(targets.layer, (colored.layer,))
    if targets.uncertainty is not None:
        assert predicted is not None
        yield Picture(targets.uncertainty, (predicted.uncertainty_image,))


def _copy(snapshot: Snapshot, file: Path) -> None:
    if snapshot.content is not None:
        file.write_bytes(snapshot.content)
    else:
        assert snapshot.path is not None
        shutil.copyfile(snapshot.path, file)
