"""Networks whose features say how far one set of pictures is from another: the Frechet and the kernel distance's eyes.

`efficientnet-lite2` works offline and is the default; `imagenet_lite` says which features it gives and why. `inception`
is the network of the published figures, from its weight file: the figures of two networks must not be compared.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from photochrom.evaluation.settings import EvaluationError

if TYPE_CHECKING:
    from photochrom.evaluation.classification import Classifier
    from photochrom.networks.inception import InceptionFeatures

LITE = ("efficientnet-lite2", "efficientnet-lite0")
NETWORKS = (*LITE, "inception")


class FeatureNetwork(Protocol):
    """A network that describes a picture by some numbers."""

    name: str
    sha256: str  # of its weights
    dimensions: int

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """Features: pictures uint8 [n, h, w, 3] sRGB to float32 [n, dimensions]."""
        ...


def load_features(name: str = "efficientnet-lite2", file: Path | None = None) -> FeatureNetwork:
    """A feature network by name.

    Args:
        name: `efficientnet-lite2` (120 features), `efficientnet-lite0` (112), or `inception` (2048).
        file: its weights; `inception` needs pytorch-fid's `pt_inception-2015-12-05-6726825d.pth`, the others come with
            their packages.
    Returns: for the name of a classifier that is loaded already the very same object: `look` then passes once.
    Raises: EvaluationError, in one line: an unknown name, a package or file that is missing, another network's file.
    """
    if name in LITE:
        from photochrom.evaluation.imagenet_lite import load_lite

        return load_lite(name, file)
    if name != "inception":
        raise EvaluationError(f"no feature network is called {name!r}; take one of: {', '.join(NETWORKS)}")
    if file is None:
        raise EvaluationError(
            "inception needs its file: give it as inception=PATH/pt_inception-2015-12-05-6726825d.pth"
        )
    return _load_inception(file)


def look(
    classifier: Classifier | None, network: FeatureNetwork | None, pictures: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Probabilities and features of the same pictures, in one pass where one network gives both.

    Args:
        classifier: None for no probabilities.
        network: None for no features.
        pictures: uint8 [n, h, w, 3].
    Returns: float32 [n, 1000] and float32 [n, dimensions], or None for what nobody asked for.
    """
    if classifier is not None and classifier is network:
        from photochrom.evaluation.imagenet_lite import ImageNetLite

        if isinstance(classifier, ImageNetLite):
            seen = classifier.look(pictures)
            return seen.probabilities, seen.features
    return (
        None if classifier is None else classifier.probabilities(pictures),
        None if network is None else network.features(pictures),
    )


class InceptionJudge:
    """Inception as a feature network, on PyTorch."""

    def __init__(self, network: InceptionFeatures, sha256: str) -> None:
        self.name, self.sha256, self.dimensions = "inception", sha256, network.dimensions
        self._network = network.eval()

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures uint8 [n, h, w, 3] to float32 [n, 2048]. Raises: ValueError for another type or shape."""
        import torch

        from photochrom.evaluation.resize import check_pictures

        check_pictures(pictures)
        with torch.inference_mode():
            batch = torch.tensor(pictures).permute(0, 3, 1, 2).float() / 255
            seen = [self._network(picture[None]).numpy() for picture in batch]
        return np.concatenate(seen or [np.zeros((0, self.dimensions), np.float32)])


def _load_inception(file: Path) -> InceptionJudge:
    from photochrom.inference.weights import file_sha256
    from photochrom.networks.inception import InceptionFileError, load_inception

    try:
        return InceptionJudge(load_inception(file), file_sha256(file))
    except InceptionFileError as error:
        raise EvaluationError(str(error)) from None
