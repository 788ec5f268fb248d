"""Inception v3 up to its last average: the 2048 features that published Frechet distances are taken on.

The module is ours. Two weight files fit it, told apart by the number of their classes; both name their layers alike:

- pytorch-fid's `pt_inception-2015-12-05-6726825d.pth` (1008 classes): the network of Heusel et al., ported. Its 3x3
  averages leave out what lies beyond the edge, and its very last block takes the maximum instead. Published distances
  mean this one.
- torchvision's `inception_v3_google-0cc3c7bd.pth` (1000 classes): averages count zeros beyond the edge.

Batch norms are folded into their convolutions as a file is read, for the network only ever looks.

Source: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567, table 1;
Heusel et al. 2017, arXiv:1706.08500.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

DIMENSIONS = 2048
SIDE = 299  # pixels, of the pictures that the network was trained on
BATCH_NORM_EPSILON = 1e-3
CLASSES_OF_FID, CLASSES_OF_TORCHVISION = 1008, 1000
NORM_VALUES = ("weight", "bias", "running_mean", "running_var")
UNUSED = ("fc.", "AuxLogits.")  # the classifier, and the one that only helped in training


class InceptionFileError(Exception):
    """A file that is no Inception v3; the message says what was found and what to do."""


@dataclass(frozen=True)
class Layer:
    """A convolution with its batch norm, named as in the files."""

    name: str
    outputs: int
    kernel: tuple[int, int]
    stride: int = 1
    padding: tuple[int, int] = (0, 0)


class Pool(str):
    """A step without weights: `MEAN` and `HALVE` below."""


Step = Layer | Pool | tuple[Layer, Layer]  # two layers see the same map, and their outputs are joined
Branch = tuple[Step, ...]
MEAN, HALVE = Pool("mean of 3x3"), Pool("maximum of 3x3, every other place")


class InceptionFeatures(nn.Module):
    """The features of Inception v3. Input: float [N, 3, H, W], sRGB in 0..1; output: float [N, 2048].

    Args:
        as_fid: pool as the network of the Frechet distance does; False for torchvision's way.
    """

    dimensions = DIMENSIONS

    def __init__(self, *, as_fid: bool = True) -> None:
        super().__init__()
        self.as_fid = as_fid
        self.blocks = nn.ModuleDict()
        inputs = 3
        for name, branches in architecture().items():
            block = Block(inputs, branches, inside=as_fid, maximum=as_fid and name == "Mixed_7c")
            self.blocks[name], inputs = block, block.outputs

    def forward(self, images: Tensor) -> Tensor:
        """Resize the whole picture to 299x299 as pytorch-fid does (bilinear, to -1..1), and look."""
        x = F.interpolate(images, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        x = 2 * x - 1
        for block in self.blocks.values():
            x = block(x)
        return x.mean(dim=(2, 3))


class Block(nn.Module):
    """Branches side by side, their outputs joined.

    Args:
        inputs: channels of the map that all branches see.
        branches: what each does with it.
        inside: means count only places within the map.
        maximum: take the maximum where the branch says mean.
    """

    def __init__(self, inputs: int, branches: tuple[Branch, ...], *, inside: bool, maximum: bool) -> None:
        super().__init__()
        self.branches, self.inside, self.maximum = branches, inside, maximum
        self.convolutions = nn.ModuleDict()
        self.outputs = 0
        for branch in branches:
            channels = inputs
            for step in branch:
                if isinstance(step, Pool):
                    continue
                layers = step if isinstance(step, tuple) else (step,)
                for layer in layers:
                    self.convolutions[layer.name] = nn.Conv2d(
                        channels, layer.outputs, layer.kernel, layer.stride, layer.padding
                    )
                channels = sum(layer.outputs for layer in layers)
            self.outputs += channels

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] to [N, outputs, H or about H/2, ...]."""
        return torch.cat([self._follow(branch, x) for branch in self.branches], dim=1)

    def _follow(self, branch: Branch, x: Tensor) -> Tensor:
        for step in branch:
            if isinstance(step, Layer):
                x = F.relu(self.convolutions[step.name](x))
            elif isinstance(step, tuple):
                x = torch.cat([F.relu(self.convolutions[layer.name](x)) for layer in step], dim=1)
            elif step is HALVE:
                x = F.max_pool2d(x, 3, stride=2)
            elif self.maximum:
                x = F.max_pool2d(x, 3, stride=1, padding=1)
            else:
                x = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=not self.inside)
        return x


def architecture() -> dict[str, tuple[Branch, ...]]:
    """Every block by its name in the files, in order; the layers of the stem are blocks of one branch."""
    return {
        "stem": (
            (
                Layer("Conv2d_1a_3x3", 32, (3, 3), stride=2),
                Layer("Conv2d_2a_3x3", 32, (3, 3)),
                same("Conv2d_2b_3x3", 64, 3),
                HALVE,
                same("Conv2d_3b_1x1", 80, 1),
                Layer("Conv2d_4a_3x3", 192, (3, 3)),
                HALVE,
            ),
        ),
        "Mixed_5b": small_filters(pooled=32),
        "Mixed_5c": small_filters(pooled=64),
        "Mixed_5d": small_filters(pooled=64),
        "Mixed_6a": (
            (halving("branch3x3", 384),),
            (same("branch3x3dbl_1", 64, 1), same("branch3x3dbl_2", 96, 3), halving("branch3x3dbl_3", 96)),
            (HALVE,),
        ),
        "Mixed_6b": long_filters(128),
        "Mixed_6c": long_filters(160),
        "Mixed_6d": long_filters(160),
        "Mixed_6e": long_filters(192),
        "Mixed_7a": (
            (same("branch3x3_1", 192, 1), halving("branch3x3_2", 320)),
            (
                same("branch7x7x3_1", 192, 1),
                same("branch7x7x3_2", 192, 1, 7),
                same("branch7x7x3_3", 192, 7, 1),
                halving("branch7x7x3_4", 192),
            ),
            (HALVE,),
        ),
        "Mixed_7b": forked_filters(),
        "Mixed_7c": forked_filters(),
    }


def small_filters(pooled: int) -> tuple[Branch, ...]:
    """The blocks at 35x35; `pooled` channels come from the branch that pools."""
    return (
        (same("branch1x1", 64, 1),),
        (same("branch5x5_1", 48, 1), same("branch5x5_2", 64, 5)),
        (same("branch3x3dbl_1", 64, 1), same("branch3x3dbl_2", 96, 3), same("branch3x3dbl_3", 96, 3)),
        (MEAN, same("branch_pool", pooled, 1)),
    )


def long_filters(width: int) -> tuple[Branch, ...]:
    """The blocks at 17x17, where 7x7 is a row and a column; `width` channels between them."""
    return (
        (same("branch1x1", 192, 1),),
        (same("branch7x7_1", width, 1), same("branch7x7_2", width, 1, 7), same("branch7x7_3", 192, 7, 1)),
        (
            same("branch7x7dbl_1", width, 1),
            same("branch7x7dbl_2", width, 7, 1),
            same("branch7x7dbl_3", width, 1, 7),
            same("branch7x7dbl_4", width, 7, 1),
            same("branch7x7dbl_5", 192, 1, 7),
        ),
        (MEAN, same("branch_pool", 192, 1)),
    )


def forked_filters() -> tuple[Branch, ...]:
    """The blocks at 8x8, where a row and a column stand side by side."""
    return (
        (same("branch1x1", 320, 1),),
        (same("branch3x3_1", 384, 1), (same("branch3x3_2a", 384, 1, 3), same("branch3x3_2b", 384, 3, 1))),
        (
            same("branch3x3dbl_1", 448, 1),
            same("branch3x3dbl_2", 384, 3),
            (same("branch3x3dbl_3a", 384, 1, 3), same("branch3x3dbl_3b", 384, 3, 1)),
        ),
        (MEAN, same("branch_pool", 192, 1)),
    )


def same(name: str, outputs: int, height: int, width: int | None = None) -> Layer:
    """A layer that keeps the size; its kernel is square without a width."""
    kernel = (height, height if width is None else width)
    return Layer(name, outputs, kernel, padding=(kernel[0] // 2, kernel[1] // 2))


def halving(name: str, outputs: int) -> Layer:
    """A 3x3 layer at every other place."""
    return Layer(name, outputs, (3, 3), stride=2)


def load_inception(path: str | Path) -> InceptionFeatures:
    """The network with published weights, in evaluation mode.

    Args:
        path: pytorch-fid's or torchvision's state dict; the file says by its classes which pooling it wants.
    Raises: InceptionFileError, in one line: no such file, no state dict, a layer that is missing, too many or of
        another shape.
    """
    path = Path(path)
    state = _read(path)
    classes = state["fc.weight"].shape[0] if "fc.weight" in state else 0
    if classes not in (CLASSES_OF_FID, CLASSES_OF_TORCHVISION):
        raise InceptionFileError(
            f"{path} has {classes or 'no'} classes (fc.weight), but Inception v3 has {CLASSES_OF_FID} in pytorch-fid's "
            f"file and {CLASSES_OF_TORCHVISION} in torchvision's; give one of those"
        )
    with torch.device("meta"):
        network = InceptionFeatures(as_fid=classes == CLASSES_OF_FID)
    network.load_state_dict(_folded(state, network, path), strict=True, assign=True)
    return network.eval().requires_grad_(False)


def _read(path: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InceptionFileError(f"cannot read {path}: {error.strerror}; give the path of a weight file") from None
    except Exception as error:  # torch.load raises whatever its unpickler does
        reason = " ".join(str(error).split())[:160]
        raise InceptionFileError(f"{path} is no state dict of Inception v3: {reason}") from None
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise InceptionFileError(f"{path} is no state dict of Inception v3 (names and tensors); give another file")
    return dict(state)


def _folded(state: dict[str, Tensor], network: InceptionFeatures, path: Path) -> dict[str, Tensor]:
    """The weights under our names: w' = w g and b' = beta - mean g, where g = gamma / sqrt(var + eps)."""
    shapes = published_shapes(network)
    given = {
        name: tuple(value.shape)
        for name, value in state.items()
        if not name.startswith(UNUSED) and not name.endswith("num_batches_tracked")
    }
    for name in sorted({*shapes, *given}):
        wanted, found = shapes.get(name), given.get(name)
        if wanted != found:
            raise InceptionFileError(
                f"{path} is not Inception v3: {name} is {found or 'missing'} there, {wanted or 'no layer'} in the "
                f"published network; give pytorch-fid's or torchvision's file"
            )
    folded = {}
    for published, ours in _layers(network):
        gamma, beta, mean, variance = (state[f"{published}.bn.{value}"].double() for value in NORM_VALUES)
        gain = gamma / torch.sqrt(variance + BATCH_NORM_EPSILON)
        folded[f"{ours}.weight"] = (state[f"{published}.conv.weight"].double() * gain[:, None, None, None]).float()
        folded[f"{ours}.bias"] = (beta - mean * gain).float()
    return folded


def published_shapes(network: InceptionFeatures) -> dict[str, tuple[int, ...]]:
    """The name in the files, and the shape, of everything that the features need."""
    parameters = dict(network.named_parameters())
    shapes: dict[str, tuple[int, ...]] = {}
    for published, ours in _layers(network):
        shapes[f"{published}.conv.weight"] = tuple(parameters[f"{ours}.weight"].shape)
        for value in NORM_VALUES:
            shapes[f"{published}.bn.{value}"] = tuple(parameters[f"{ours}.bias"].shape)
    return shapes


def _layers(network: InceptionFeatures) -> Iterator[tuple[str, str]]:
    """Every convolution by its name in the files and its name here."""
    for block, module in network.blocks.items():
        assert isinstance(module, Block)
        for layer in module.convolutions:
            yield f"{block}.{layer}".removeprefix("stem."), f"blocks.{block}.convolutions.{layer}"
