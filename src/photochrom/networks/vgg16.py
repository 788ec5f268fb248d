"""VGG-16: ImageNet features for the baselines of the table, and the classifier that judges recolored photographs.

The module is ours; its weights are torchvision's published file `vgg16-397923af.pth`, given by path, checked by its
SHA-256 and loaded strictly by the table `PUBLISHED_LAYERS`.

Source: Simonyan and Zisserman 2015, arXiv:1409.1556, configuration D.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PUBLISHED_SHA256 = "397923af"  # what the SHA-256 of the published file begins with; its name says so too
RGB_MEAN = (0.485, 0.456, 0.406)  # of ImageNet's sRGB values in 0..1, as the published weights expect them
RGB_SPREAD = (0.229, 0.224, 0.225)
GRAY_MEAN = sum(RGB_MEAN) / 3

# Name: (channels, stride). A block begins by halving what the one before it gave.
CONVOLUTIONS = {
    "conv1_1": (64, 1),
    "conv1_2": (64, 1),
    "conv2_1": (128, 2),
    "conv2_2": (128, 2),
    "conv3_1": (256, 4),
    "conv3_2": (256, 4),
    "conv3_3": (256, 4),
    "conv4_1": (512, 8),
    "conv4_2": (512, 8),
    "conv4_3": (512, 8),
    "conv5_1": (512, 16),
    "conv5_2": (512, 16),
    "conv5_3": (512, 16),
}
FULLY_CONNECTED = {"fc6": (4096, 32), "fc7": (4096, 32)}
FC6_SIDE = 7  # fc6 looks at 7x7 places of stride 32: the whole of a 224x224 picture
SIZE_MULTIPLE = 32

# Layers of torchvision's state dict (each has a .weight and a .bias) and their names here.
PUBLISHED_LAYERS = {
    "features.0": "conv1_1",
    "features.2": "conv1_2",
    "features.5": "conv2_1",
    "features.7": "conv2_2",
    "features.10": "conv3_1",
    "features.12": "conv3_2",
    "features.14": "conv3_3",
    "features.17": "conv4_1",
    "features.19": "conv4_2",
    "features.21": "conv4_3",
    "features.24": "conv5_1",
    "features.26": "conv5_2",
    "features.28": "conv5_3",
    "classifier.0": "fc6",
    "classifier.3": "fc7",
    "classifier.6": "fc8",
}


class WeightFileError(Exception):
    """A file that is not the published VGG-16; the message says what was found and what to do."""


class VGG16(nn.Module):
    """The convolutions of VGG-16, each tapped after its ReLU.

    Args:
        gray: take gray levels in one channel instead of RGB; see `accept_gray`.
        fully_connected: go on to fc6 (7x7) and fc7 (1x1) as convolutions at stride 32, for pictures of any size.

    Attributes:
        taps: name: (channels, stride) of what `forward` gives, finest first.
    """

    def __init__(self, *, gray: bool = False, fully_connected: bool = False) -> None:
        super().__init__()
        self.layers = nn.ModuleDict()
        inputs = 3
        for name, (channels, _) in CONVOLUTIONS.items():
            self.layers[name] = nn.Conv2d(inputs, channels, 3, padding=1)
            inputs = channels
        if fully_connected:
            self.layers["fc6"] = nn.Conv2d(inputs, FULLY_CONNECTED["fc6"][0], FC6_SIDE, padding=FC6_SIDE // 2)
            self.layers["fc7"] = nn.Conv2d(FULLY_CONNECTED["fc6"][0], FULLY_CONNECTED["fc7"][0], 1)
        self.taps = {name: {**CONVOLUTIONS, **FULLY_CONNECTED}[name] for name in self.layers}
        for layer in self.layers.values():  # He et al. 2015, for a network that begins without the published weights
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        if gray:
            self.accept_gray()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Every tap by name.

        Args:
            images: float [N, 3 (or 1 where `gray`), H, W], sRGB values (gray levels) in 0..1, H and W multiples of 32.
        Returns: name to float [N, channels, H/stride, W/stride], at least 0.
        """
        x = images - GRAY_MEAN if self.layers["conv1_1"].in_channels == 1 else normalize(images)
        stride, taps = 1, {}
        for name, layer in self.layers.items():
            if self.taps[name][1] != stride:
                x, stride = F.max_pool2d(x, 2), self.taps[name][1]
            x = F.relu(layer(x))
            taps[name] = x
        return taps

    def accept_gray(self) -> None:
        """Make the first layer take one channel: a gray picture has three equal ones, so their weights add up.

        The result is that for the gray picture in three channels, but for its outermost rows and columns: beyond the
        edge the RGB network sees ImageNet's mean color, this one the gray of the same mean.
        """
        colored = self.layers["conv1_1"]
        gray = nn.Conv2d(1, colored.out_channels, 3, padding=1)
        weight = colored.weight.data / colored.weight.data.new_tensor(RGB_SPREAD)[:, None, None]
        shift = GRAY_MEAN - weight.new_tensor(RGB_MEAN)[:, None, None]
        gray.weight.data = weight.sum(dim=1, keepdim=True)
        gray.bias.data = colored.bias.data + (weight * shift).sum(dim=(1, 2, 3))
        self.layers["conv1_1"] = gray


class VGG16Classifier(nn.Module):
    """The whole ImageNet network. Dropout is left out: it is for judging, not for training.

    Input: float [N, 3, H, W], sRGB in 0..1; at 224x224 it is the published network exactly, and other sizes are
    averaged to the same 7x7 places. Output: logits [N, classes].
    """

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = VGG16()
        self.fc6 = nn.Linear(512 * FC6_SIDE**2, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Class logits of a batch of pictures."""
        last = F.max_pool2d(self.features(images)["conv5_3"], 2)
        x = F.adaptive_avg_pool2d(last, FC6_SIDE).flatten(1)
        return self.fc8(F.relu(self.fc7(F.relu(self.fc6(x)))))


def normalize(images: Tensor) -> Tensor:
    """RGB [N, 3, H, W] in 0..1 less ImageNet's mean, over its spread: what the weights expect."""
    return (images - images.new_tensor(RGB_MEAN)[:, None, None]) / images.new_tensor(RGB_SPREAD)[:, None, None]


def load_vgg16(path: str | Path, *, verify: bool = True) -> VGG16Classifier:
    """The classifier with the published ImageNet weights, in evaluation mode.

    Args:
        path: torchvision's `vgg16-397923af.pth`.
        verify: refuse a file whose SHA-256 does not begin with 397923af. False takes any weights of the same names and
            shapes.

    Raises:
        WeightFileError: no such file, another file, or other names or shapes.
    """
    with torch.device("meta"):  # 138 million values need no first values of their own
        classifier = VGG16Classifier()
    load_strictly(classifier, read_published(Path(path), verify=verify), Path(path))
    return classifier.eval()


def load_vgg16_features(
    path: str | Path, *, gray: bool = True, fully_connected: bool = False, verify: bool = True
) -> VGG16:
    """The features alone, with the published weights; see `VGG16` and `load_vgg16` for the arguments and errors."""
    with torch.device("meta"):
        features = VGG16(fully_connected=fully_connected)
    published = {
        name.removeprefix("features."): value for name, value in read_published(Path(path), verify=verify).items()
    }
    wanted = {name: value for name, value in published.items() if name.startswith("layers.conv")}
    if fully_connected:
        for name, shape in (("fc6", (-1, 512, FC6_SIDE, FC6_SIDE)), ("fc7", (-1, 4096, 1, 1))):
            wanted[f"layers.{name}.weight"] = published[f"{name}.weight"].reshape(shape)
            wanted[f"layers.{name}.bias"] = published[f"{name}.bias"]
    load_strictly(features, wanted, Path(path))
    if gray:
        features.accept_gray()
    return features


def read_published(path: Path, *, verify: bool) -> dict[str, Tensor]:
    """The published state dict under the names of `VGG16Classifier`. Raises WeightFileError for any other file."""
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest() if verify else PUBLISHED_SHA256
    except OSError as error:
        raise WeightFileError(f"cannot read {path}: {error.strerror}; give the path of vgg16-397923af.pth") from error
    if not sha256.startswith(PUBLISHED_SHA256):
        raise WeightFileError(
            f"{path} has SHA-256 {sha256[:8]}..., the published vgg16 begins with {PUBLISHED_SHA256}; fetch it again"
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {our_name(key): value for key, value in state.items()}
    except Exception as error:  # torch.load raises whatever its unpickler does
        reason = " ".join(str(error).split())[:160]
        raise WeightFileError(
            f"{path} is not torchvision's vgg16 state dict (features.0.weight ...): {reason}"
        ) from error


def load_strictly(network: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Load every name and shape or raise WeightFileError in one line."""
    try:
        network.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:240]
        raise WeightFileError(f"{path} does not hold VGG-16 in configuration D: {reason}") from error


def our_name(published: str) -> str:
    """The name in `VGG16Classifier` of a key of torchvision's state dict. Raises KeyError for a key it does not have.

    Example:
        >>> our_name("features.10.weight"), our_name("classifier.6.bias")
        ('features.layers.conv3_1.weight', 'fc8.bias')
    """
    layer, _, value = published.rpartition(".")
    name = PUBLISHED_LAYERS[layer]
    return f"features.layers.{name}.{value}" if name.startswith("conv") else f"{name}.{value}"
