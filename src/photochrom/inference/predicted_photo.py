"""A photograph whose colors have been predicted and can now be chosen: the network has run, what it said is kept."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from photochrom.color.distribution import DEFAULT_TEMPERATURE, ColorDistribution, check_temperature
from photochrom.color.hints import PlacedColor, spread_hints
from photochrom.color.lab import rgb_to_lab
from photochrom.color.samples import coherent_samples
from photochrom.color.uncertainty import uncertainty
from photochrom.color.white_balance import daylight, neutral_light, relight
from photochrom.inference.colorized_photo import ColorizedPhoto
from photochrom.inference.hint import Hint
from photochrom.inference.made import Made
from photochrom.inference.memory import memory_told
from photochrom.inference.options import Options, check_hints, check_saturation, check_white_balance

if TYPE_CHECKING:
    from pathlib import Path

    from photochrom.inference.predictor import Prediction
    from photochrom.inference.seen_photo import SeenPhoto
    from photochrom.photos import Photograph

Floats = npt.NDArray[np.float32]
MAX_SAMPLES = 64


class PredictedPhoto:
    """A photograph and everything that the network believes about its colors; made by `Colorizer.predict`.

    Predicting is slow, choosing is fast: temperature, saturation, white balance, hints and samples are tried on what is
    kept here. Threads may share it.

    Example:
        >>> predicted = Colorizer().predict("old.jpg")  # doctest: +SKIP
        >>> predicted.color(saturation=1.3).save("vivid.jpg")  # doctest: +SKIP
        >>> for number, photo in enumerate(predicted.samples(4)):  # doctest: +SKIP
        ...     photo.save(f"alternative-{number}.jpg")
    """

    def __init__(self, seen: SeenPhoto, prediction: Prediction, options: Options, *, made: Made) -> None:
        self._seen = seen
        self._prediction = prediction
        self._options = options
        self._made = made  # at the network's own temperature

    def with_options(self, options: Options) -> PredictedPhoto:
        """The same prediction under other choices: the network does not run again.

        Args:
            options: what is chosen after the network has run: temperature, saturation, white balance, hints, mask,
                seed, provenance and mark. What the network is and saw stays as it was.

        Example:
            >>> vivid = predicted.with_options(Options(saturation=1.3)).samples(4)  # doctest: +SKIP
        """
        return PredictedPhoto(self._seen, self._prediction, options, made=self._made)

    @property
    def photograph(self) -> Photograph:
        """The original, only ever read."""
        return self._seen.photograph

    @property
    def lightness(self) -> Floats:
        """What the network saw: float32 [h, w] in 0..100."""
        return self._seen.lightness

    @property
    def already_colored(self) -> bool:
        """Whether the photograph has colors of its own; gray, sepia and other tones are none."""
        return self._seen.already_colored

    @property
    def distribution(self) -> ColorDistribution:
        """The whole distribution. Raises: ValueError for a regression system, which has none."""
        colors = self._prediction.colors
        if colors is None:
            raise ValueError(
                f"{self._options.model} predicts one color, not a distribution; take a classification model"
            )
        return colors

    def color(
        self,
        *,
        temperature: float | None = None,
        saturation: float | None = None,
        white_balance: float | Literal["auto"] | None = None,
        hints: Iterable[Hint] | None = None,
        mask: str | Path | bytes | None = None,
        drawn: Floats | None = None,
    ) -> ColorizedPhoto:
        """Choose colors; what is None is as the colorizer's options say.

        Args:
            temperature: in (0, 1]: 1 the mean color (calm), towards 0 the mode (vivid).
            saturation: 0..3 times the chroma.
            white_balance: -1 (cool) .. 1 (warm), or "auto": near-neutral areas become gray.
            hints: colors given by hand; an empty list takes the options' away.
            mask: a picture, as a path or the bytes of its file: white is colored, black stays gray.
            drawn: float32 [2, h/4, w/4], one of `draw`, to begin with; None for the annealed mean.
        Returns: a ColorizedPhoto.
        Raises: ValueError for a value out of range or a hint outside the picture; PhotoError for a mask that cannot be
            read.
        """
        with memory_told(self.photograph.name):
            chosen = self._chosen_temperature(temperature)
            ab = self._toned(self._prediction.ab(chosen) if drawn is None else drawn, saturation, white_balance)
            # Hints come last: a color given by hand is meant as it is.
            placed = self._placed(self._options.hints if hints is None else check_hints(hints))
            ab = spread_hints(ab, self._seen.small_lightness, placed, self._prediction.colors)
            return ColorizedPhoto(
                self._seen,
                ab,
                mask=self._mask if mask is None else self._read_mask(mask),
                made=self._made.at(chosen) if self._options.provenance else None,
                mark=self._options.mark,
            )

    def samples(self, count: int, *, seed: int | None = None, temperature: float | None = None) -> list[ColorizedPhoto]:
        """Coherent alternatives: whole regions change together, where the network is undecided.

        Args:
            count: how many, 1..64. The first ones do not depend on how many are asked for.
            seed: of the alternatives; the same gives the same. None for the options'.
            temperature: in (0, 1], as for `color`; None for the options', else the network's, but at most 0.38: what is
                drawn at 1 strays further than what the mean at 1 shows.
        Returns: as many ColorizedPhotos; the options' saturation, white balance, hints and mask hold for them too.
        Raises: ValueError for a count or seed out of range, or a regression system.
        """
        chosen = self._sampling_temperature(temperature)
        drawn = self.draw(count, seed=seed, temperature=chosen)
        return [self.color(temperature=chosen, drawn=ab) for ab in drawn]

    def draw(self, count: int, *, seed: int | None = None, temperature: float | None = None) -> list[Floats]:
        """The colors that `samples` begins with, before saturation, white balance, hints and mask.

        Drawing takes ten times as long as all the rest: keep what is drawn, and give one to `color` for each choice.

        Args:
            count, seed, temperature: as for `samples`.
        Returns: as many float32 [2, h/4, w/4], a* and b*.
        Raises: ValueError as `samples`.

        Example:
            >>> third = predicted.draw(4)[2]  # doctest: +SKIP
            >>> predicted.color(drawn=third, saturation=1.2).save("third.jpg")  # doctest: +SKIP
        """
        if not 1 <= count <= MAX_SAMPLES:
            raise ValueError(f"samples must number 1..{MAX_SAMPLES}, got {count}")
        seed = self._options.seed if seed is None else seed
        if seed < 0:
            raise ValueError(f"seed must be 0 or above, got {seed}")
        with memory_told(self.photograph.name):
            chosen = self._sampling_temperature(temperature)
            colors, lightness = self.distribution, self._seen.small_lightness
            return list(coherent_samples(colors, lightness, count, seed=seed, temperature=chosen))

    def uncertainty(self) -> Floats:
        """How undecided the network is: float32 [h/4, w/4], 0 sure .. 1 every color alike.

        Raises: ValueError for a regression system.
        """
        with memory_told(self.photograph.name):
            return uncertainty(self.distribution)

    def uncertainty_image(self) -> Any:
        """The uncertainty at the photograph's size: a lazy pyvips.Image, dark blue (sure) to light yellow (unsure)."""
        from photochrom.inference import pictures

        with memory_told(self.photograph.name):
            return pictures.uncertainty_picture(self.photograph, self.uncertainty())

    def __repr__(self) -> str:
        return f"PredictedPhoto({self.photograph.name!r}, {self.photograph.width} x {self.photograph.height})"

    def _chosen_temperature(self, temperature: float | None) -> float:
        if temperature is not None:
            return check_temperature(temperature)
        return self._made.temperature if self._options.temperature is None else self._options.temperature

    def _sampling_temperature(self, temperature: float | None) -> float:
        if temperature is None and self._options.temperature is None:
            return min(self._made.temperature, DEFAULT_TEMPERATURE)
        return self._chosen_temperature(temperature)

    def _toned(self, ab: Floats, saturation: float | None, white_balance: float | str | None) -> Floats:
        lightness = self._seen.small_lightness
        balance = self._options.white_balance if white_balance is None else check_white_balance(white_balance)
        if balance == "auto":
            ab = relight(ab, lightness, neutral_light(ab, lightness))
        elif balance:
            ab = relight(ab, lightness, daylight(balance))
        factor = self._options.saturation if saturation is None else check_saturation(saturation)
        return ab if factor == 1 else ab * np.float32(factor)

    def _placed(self, hints: tuple[Hint, ...]) -> list[PlacedColor]:
        size = self.photograph.width, self.photograph.height
        placed = []
        for hint in hints:
            x, y = hint.share(*size)
            _, a, b = rgb_to_lab(np.array(hint.rgb(), np.uint8)).tolist()
            placed.append(PlacedColor(x, y, (a, b), hint.reach(*size)))
        return placed

    @cached_property
    def _mask(self) -> Floats | None:
        return None if self._options.mask is None else self._read_mask(self._options.mask)

    def _read_mask(self, mask: str | Path | bytes) -> Floats:
        from photochrom.inference.pictures import read_mask

        return read_mask(mask, self._options.max_megapixels)
