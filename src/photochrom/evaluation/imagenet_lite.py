"""EfficientNet-Lite as a judge: class probabilities and features of a picture, from one pass.

The network runs on ONNX Runtime in float32, one picture at a time on one thread: 21 ms of one core for lite2 (and 2
more for resizing), where eager PyTorch takes 44 (and 73 a picture in batches of 8), folded batch norms with channels
last 29. bfloat16 takes 18, but is not the published network.

**Features** are the means over the picture of the encoder's maps at stride 16, 112 (lite0) or 120 (lite2) numbers. The
choice is of that layer, not of a size: a covariance of 120 x 120 has full rank from 121 photographs on, and with 826
there are seven for each dimension, where the usual 2048 of Inception would need thousands. Of the layers it is the one
that puts rows into the right order; lite2's Frechet distance from the truth over 826 photographs, with the halves of
the truth against one another for the noise:

| layer | dimensions | halves | colors of `lite` | random | gray | one tint |
| --- | --- | --- | --- | --- | --- | --- |
| stride 8 | 48 | 8 | 30 | 19 | 230 | 152 |
| **stride 16** | 120 | 31 | 44 | 73 | 106 | 124 |
| stride 32 | 352 | 309 | 97 | 130 | 132 | 136 |
| before the classifier | 1280 | 108 | 38 | 52 | 40 | 42 |

Stride 8 sees color without what it belongs to (random colors win); the deep layers see what is shown and hardly its
color, and a set of this size is noise to them.

Source: Tan and Le 2019, arXiv:1905.11946; Liu 2020, "Higher accuracy on vision models with EfficientNet-Lite".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime

from photochrom.evaluation.lite_graph import lite_graph
from photochrom.evaluation.resize import resize
from photochrom.evaluation.settings import EvaluationError
from photochrom.inference.weights import WeightsError, file_sha256
from photochrom.networks.efficientnet_lite import imagenet_file, load_imagenet

SIDES = {"lite0": 224, "lite2": 260}  # pixels, as published


@dataclass(frozen=True, eq=False)
class Seen:
    """What one pass over some pictures gave."""

    probabilities: np.ndarray  # float32 [n, 1000]
    features: np.ndarray  # float32 [n, dimensions]


class ImageNetLite:
    """A classifier and a feature network in one; stateless once made, so threads may share it.

    Attributes:
        name: `efficientnet-lite0` or `efficientnet-lite2`.
        sha256: of the file with its weights.
        dimensions: of the features.
    """

    def __init__(self, variant: str, file: Path) -> None:
        self.name, self.sha256 = f"efficientnet-{variant}", file_sha256(file)
        self.side = SIDES[variant]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the photographs are shared between workers, not the network
        graph = lite_graph(load_imagenet(variant, file=file), self.side)
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.dimensions: int = self._session.get_outputs()[1].shape[1]

    def look(self, pictures: np.ndarray) -> Seen:
        """Classify pictures and take their features.

        Args:
            pictures: uint8 [n, h, w, 3] sRGB; the whole picture is resized to a square, whatever its shape.
        Raises: ValueError for another type or shape.
        """
        outputs = [self._session.run(None, {"picture": one[None]}) for one in resize(pictures, self.side, self.side)]
        probabilities = [seen[0] for seen in outputs] or [np.zeros((0, 1000), np.float32)]
        features = [seen[1] for seen in outputs] or [np.zeros((0, self.dimensions), np.float32)]
        return Seen(np.concatenate(probabilities), np.concatenate(features))

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """float32 [n, 1000]; arguments and errors as for `look`."""
        return self.look(pictures).probabilities

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """float32 [n, dimensions]; arguments and errors as for `look`."""
        return self.look(pictures).features


def load_lite(name: str, file: Path | None = None) -> ImageNetLite:
    """The judge of that name; asked for twice, it is the same object.

    Args:
        name: `efficientnet-lite0` or `efficientnet-lite2`.
        file: its state dict; by default the one of the installed package.
    Raises: EvaluationError for a package that is not installed or a file that is another network's.
    """
    variant = name.removeprefix("efficientnet-")
    try:
        path = imagenet_file(variant) if file is None else file
        return _load_once(variant, path)
    except (ModuleNotFoundError, WeightsError) as error:
        raise EvaluationError(f"{name} cannot be used: {error}") from None
    except Exception as error:  # torch.load raises whatever its unpickler does
        reason = " ".join(str(error).split())[:160]
        raise EvaluationError(f"{path} does not hold {name}: {reason}; the package's own file does") from None


@lru_cache(maxsize=4)
def _load_once(variant: str, file: Path) -> ImageNetLite:
    return ImageNetLite(variant, file)
