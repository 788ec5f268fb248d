"""A distribution over colors at every pixel, and the ways to choose one color from it.

Source: Zhang, Isola and Efros 2016, arXiv:1603.08511, section 2.3 (annealed mean).
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .ab_bins import ab_bins

Floats = NDArray[np.float32]

DEFAULT_TEMPERATURE = 0.38  # the paper's choice between the mean, 1, and the mode, towards 0

_LARGEST = 1e37  # stands for infinity: differences of such logits still fit into float32
_SMALLEST = 1e-37  # temperature: below it lies 0 in float32


def check_temperature(temperature: float) -> float:
    """Return a temperature as float, or refuse one outside (0, 1].

    Raises: ValueError, also for NaN and infinity, in one line.

    Example:
        >>> check_temperature(0.38)
        0.38
    """
    if not 0 < temperature <= 1:  # NaN fails both comparisons
        raise ValueError(
            f"temperature must be above 0 and at most 1, got {temperature}; "
            f"{DEFAULT_TEMPERATURE:g} is the paper's, 1 is calmer, 0.1 more vivid"
        )
    return float(temperature)


@dataclass(frozen=True, eq=False)
class ColorDistribution:
    """What a network believes about the color of every pixel: one distribution over the bins for each.

    Predicting is slow and choosing is fast: keep the distribution and try any temperature. Logits may have any size;
    -inf is a bin that is ruled out, and a pixel of which every bin is ruled out counts as undecided, all bins alike.

    Raises: ValueError for another shape, bins that do not match, or NaN.

    Example:
        >>> colors = ColorDistribution(np.zeros((313, 64, 64), np.float32))
        >>> colors.annealed_mean(temperature=0.38).shape
        (2, 64, 64)
    """

    logits: Floats  # float32 [Q, h, w]: log probabilities of the bins up to a constant for each pixel
    bins: Floats = field(default_factory=ab_bins)  # float32 [Q, 2]: a* and b* of each bin

    def __post_init__(self) -> None:
        if self.logits.ndim != 3 or self.bins.shape != (len(self.logits), 2):
            raise ValueError(
                f"logits must be [Q, h, w] and bins [Q, 2] with the same Q, got {self.logits.shape} and "
                f"{self.bins.shape}; of a batch, take one picture at a time"
            )
        if np.isnan(self.logits).any():
            raise ValueError("logits hold NaN: the network that made them is broken, or its input was")

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.logits.shape[1], self.logits.shape[2]

    def probabilities(self, temperature: float = 1.0) -> Floats:
        """Probability of every bin, sharpened: softmax(logits / temperature).

        Args:
            temperature: in (0, 1]; 1 leaves the distribution as it is.

        Returns: float32 [Q, h, w], sums to 1 over Q.
        Raises: ValueError for a temperature outside (0, 1].
        """
        return self._softmax(temperature).T.reshape(len(self.bins), *self.size)

    def annealed_mean(self, temperature: float = DEFAULT_TEMPERATURE) -> Floats:
        """The mean color of the sharpened distribution.

        At 1 it is the mean, coherent but dull; towards 0 it becomes the mode, vivid but patchy (where several bins lead
        together, their mean).

        Args:
            temperature: in (0, 1].

        Returns: float32 [2, h, w], a* and b*.
        Raises: ValueError for a temperature outside (0, 1].
        Source: Zhang, Isola and Efros 2016, equation 5.
        """
        # Not a matrix product: the second factor is too small for BLAS to be worth waking its threads.
        mean = np.einsum("pq,qc->cp", self._softmax(temperature), self.bins)
        return np.asarray(mean.reshape(2, *self.size), np.float32)

    def mode(self) -> Floats:
        """The most probable bin of every pixel, float32 [2, h, w]; of several that lead together, the first."""
        mode = self.bins.T[:, self._shifted.argmax(axis=1)]
        return np.asarray(mode.reshape(2, *self.size), np.float32)

    def entropy(self) -> Floats:
        """How undecided every pixel is: float32 [h, w] in nats, from 0 (one bin) to log Q (all alike, 5.75 for 313)."""
        weight = np.exp(self._shifted)
        total = weight.sum(axis=1)
        # -sum p log p with p = weight / total, without the logarithm of a p that is 0
        entropy = np.log(total) - (weight * self._shifted).sum(axis=1) / total
        return np.asarray(np.maximum(entropy, 0).reshape(self.size))

    def top_colors(self, count: int = 5) -> tuple[Floats, Floats]:
        """The most probable bins of every pixel, most probable first.

        Args:
            count: how many, 1..Q.

        Returns: colors float32 [count, 2, h, w] (a* and b*), and their probabilities float32 [count, h, w].
        Raises: ValueError for a count outside 1..Q.
        """
        if not 1 <= count <= len(self.bins):
            raise ValueError(f"count must lie in 1..{len(self.bins)}, got {count}")
        probability = self._softmax(1.0)
        # Logits order the bins where probabilities have run to 0; the stable sort keeps the table's order in ties.
        index = np.argsort(-self._shifted, axis=1, kind="stable")[:, :count]
        colors = self.bins[index].transpose(1, 2, 0).reshape(count, 2, *self.size)
        chosen = np.take_along_axis(probability, index, axis=1).T.reshape(count, *self.size)
        return np.ascontiguousarray(colors), np.ascontiguousarray(chosen)

    @cached_property
    def _shifted(self) -> Floats:
        """Logits less the largest of their pixel, [h w, Q], finite, at most 0.

        With the bins last, softmax and mean run along memory: 20 times faster than with the bins first.
        """
        pixels = np.clip(self.logits.reshape(len(self.bins), -1).T, -_LARGEST, _LARGEST).astype(np.float32, order="C")
        pixels -= pixels.max(axis=1, keepdims=True)
        return pixels

    def _softmax(self, temperature: float) -> Floats:
        divisor = np.float32(max(check_temperature(temperature), _SMALLEST))
        with np.errstate(over="ignore"):  # to -inf, whose exponential is the 0 that is meant
            weight = np.exp(self._shifted / divisor)
        return np.asarray(weight / weight.sum(axis=1, keepdims=True))
