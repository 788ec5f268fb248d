"""One exported network on ONNX Runtime: lightness in, a distribution over colors out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photochrom.color.distribution import ColorDistribution, check_temperature
from photochrom.inference.devices import open_session
from photochrom.inference.model_card import ModelCard, read_model_card
from photochrom.inference.weights import WeightsError

Floats = npt.NDArray[np.float32]
ROUNDING = 0.01  # how far lightness may leave 0..100 through resampling and float arithmetic


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network says about one photograph, at the stride of its output.

    A system that predicts a distribution fills `colors`; a regression system fills `ab_point`. The other is None.
    """

    colors: ColorDistribution | None
    ab_point: Floats | None  # [2, h/4, w/4]

    def ab(self, temperature: float) -> Floats:
        """One color for each place: the annealed mean, or the point estimate, which knows no temperature.

        Args:
            temperature: in (0, 1].
        Returns: float32 [2, h/4, w/4].
        """
        if self.colors is not None:
            return self.colors.annealed_mean(temperature)
        assert self.ab_point is not None
        return self.ab_point


class Predictor:
    """One exported network; stateless once loaded, so that threads may share it.

    Args:
        path: an ONNX file with photochrom's metadata.
        threads: of one prediction; None for as many as there are cores.
        device: what runs it, one of `devices.DEVICES`; "auto" for the best there is.

    Attributes:
        card: what the file says about itself.
        device: what runs it; never "auto".

    Raises: WeightsError, in one line, for a file that is missing, damaged, or not one of photochrom's; DeviceError for
        a device that is not there.

    Example:
        >>> predictor = Predictor(find_weights("lite"))  # doctest: +SKIP
        >>> predictor.predict(lightness).colors.annealed_mean(temperature=0.38).shape  # doctest: +SKIP
        (2, 64, 64)
    """

    def __init__(self, path: str | Path, *, threads: int | None = None, device: str = "cpu") -> None:
        self.path = Path(path)
        opened = open_session(self.path, device, threads=threads)
        self._session, self.device, self._turn = opened.session, opened.device, opened.turn
        self.card: ModelCard = read_model_card(self._session.get_modelmeta().custom_metadata_map, name=self.path.name)
        self._check_graph()

    def predict(self, lightness: Floats) -> Prediction:
        """Predict once, then try any temperature on the result.

        Args:
            lightness: float32 [h, w] in 0..100, h and w multiples of `card.size_multiple`.
        Returns: a Prediction at stride 4 with 313 logits for each place (or two numbers, from a regression system).
        Raises: ValueError for another shape or range.
        """
        name = "logits" if self.card.output == "distribution" else "ab"
        result = self._run(name, lightness, self.card.default_temperature)
        if self.card.bins is None:
            return Prediction(colors=None, ab_point=result)
        return Prediction(colors=ColorDistribution(result, bins=self.card.bins), ab_point=None)

    def predict_ab(self, lightness: Floats, temperature: float | None = None) -> Floats:
        """The color for one temperature, chosen inside the network: 313 channels never leave the runtime.

        Args:
            lightness: float32 [h, w] in 0..100, h and w multiples of `card.size_multiple`.
            temperature: in (0, 1]; None for the file's default. A regression system does not look at it.
        Returns: float32 [2, h/4, w/4], a* and b*.
        Raises: ValueError for another shape or range, or a temperature outside (0, 1].
        """
        return self._run("ab", lightness, self.card.default_temperature if temperature is None else temperature)

    def _run(self, output: str, lightness: Floats, temperature: float) -> Floats:
        check_temperature(temperature)
        feed = {"lightness": self._batch_of_one(lightness)}
        if self._takes_temperature:
            feed["temperature"] = np.asarray(temperature, dtype=np.float32)
        with self._turn:
            result: Floats = self._session.run([output], feed)[0][0]
        return result

    def _batch_of_one(self, lightness: Floats) -> Floats:
        lightness = np.asarray(lightness)
        multiple = self.card.size_multiple
        if lightness.ndim != 2 or lightness.size == 0 or lightness.shape[0] % multiple or lightness.shape[1] % multiple:
            raise ValueError(
                f"lightness must be [h, w] with h and w multiples of {multiple}, got shape {lightness.shape}; "
                f"working_shape() gives a size that fits"
            )
        # NaN fails both comparisons and is refused with the rest.
        if not (lightness.min() >= -ROUNDING and lightness.max() <= 100 + ROUNDING):
            raise ValueError(
                f"lightness must lie in 0..100, got {lightness.min():g}..{lightness.max():g}; "
                f"for gray levels, photochrom.color.lab.gray_to_lightness"
            )
        return np.ascontiguousarray(lightness, dtype=np.float32)[None, None]  # [1, 1, h, w]

    def _check_graph(self) -> None:
        inputs = {node.name for node in self._session.get_inputs()}
        outputs = {node.name for node in self._session.get_outputs()}
        wanted = {"ab", "logits"} if self.card.output == "distribution" else {"ab"}
        if "lightness" not in inputs or not inputs <= {"lightness", "temperature"} or not wanted <= outputs:
            raise WeightsError(
                f"{self.path.name} maps {sorted(inputs)} to {sorted(outputs)}, not lightness (and temperature) to "
                f"{sorted(wanted)}; export it again"
            )
        self._takes_temperature = "temperature" in inputs
