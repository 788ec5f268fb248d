"""The systems that can be trained, by name, and what the loop and the export must know of their layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from photochrom.networks import dahl16, eccv16, larsson16, lite
from photochrom.networks.backbone import BACKBONES, Backbone, build_backbone
from photochrom.networks.dahl16 import Dahl16
from photochrom.networks.eccv16 import ECCV16
from photochrom.networks.efficientnet_lite import VARIANTS, load_imagenet
from photochrom.networks.larsson16 import Larsson16
from photochrom.networks.lite import Lite
from photochrom.networks.vgg16 import load_vgg16_features
from photochrom.training.checkpoint import Run, RunError
from photochrom.training.objectives import OUTPUTS, Objective, build_objective
from photochrom.training.settings import Settings

DEFAULT_BACKBONE = "lite0"  # its weights are a package
RANDOM = "random"  # as a backbone file: begin without weights
HEAD_GAIN = 0.05  # of a regression's last layer, over the usual 1, so that it begins within a few ab units of gray


class BuildError(ValueError):
    """A system that cannot be built or begun as asked; the message says what can."""


def build_lite(*, pretrained: bool, outputs: int, backbone: str, backbone_file: str) -> nn.Module:
    """`lite`; with `pretrained`, its encoder has the ImageNet weights of the installed package."""
    variant = backbone or DEFAULT_BACKBONE
    if variant not in VARIANTS:
        raise BuildError(f"backbone={variant!r} of lite must be one of {', '.join(VARIANTS)}")
    network = Lite(variant=variant, outputs=outputs)
    if pretrained and backbone_file != RANDOM:
        load_encoder(network.encoder, variant, backbone_file)
    return network


def build_eccv16(*, pretrained: bool, outputs: int, backbone: str, backbone_file: str) -> nn.Module:
    """The paper's network, from scratch: nothing of it is pretrained."""
    del pretrained
    if backbone or backbone_file:
        raise BuildError(f"eccv16 has no backbone to choose, got {backbone or backbone_file!r}; leave it out")
    return ECCV16(outputs=outputs)


def build_dahl16(*, pretrained: bool, outputs: int, backbone: str, backbone_file: str) -> nn.Module:
    """Dahl's system on a backbone."""
    features = begin_backbone(backbone, pretrained=pretrained, file=backbone_file, fully_connected=False)
    return Dahl16(features, outputs=outputs)


def build_larsson16(*, pretrained: bool, outputs: int, backbone: str, backbone_file: str) -> nn.Module:
    """Larsson's system on a backbone; VGG-16 with fc6 and fc7."""
    features = begin_backbone(backbone, pretrained=pretrained, file=backbone_file, fully_connected=True)
    return Larsson16(features, outputs=outputs)


SYSTEMS: dict[str, Callable[..., nn.Module]] = {
    "eccv16": build_eccv16,
    "lite": build_lite,
    "dahl16": build_dahl16,
    "larsson16": build_larsson16,
}
SIZE_MULTIPLES = {
    "eccv16": eccv16.SIZE_MULTIPLE,
    "lite": lite.SIZE_MULTIPLE,
    "dahl16": dahl16.SIZE_MULTIPLE,
    "larsson16": larsson16.SIZE_MULTIPLE,
}


def build_system(
    name: str,
    *,
    pretrained: bool = True,
    seed: int = 0,
    objective: str = "classification",
    backbone: str = "",
    backbone_file: str | Path | None = None,
) -> nn.Module:
    """The network of a system, lightness [N, 1, H, W] in 0..100 to [N, outputs, H/4, W/4].

    Args:
        name: of `SYSTEMS`.
        pretrained: begin with ImageNet weights where the system has any; False where weights are loaded anyway.
        seed: that fresh layers are drawn from.
        objective: of `photochrom.training.objectives`; it says how many outputs there are.
        backbone: "" for the system's own; `lite0`, `lite1`, `lite2`, or `vgg16` (dahl16 and larsson16).
        backbone_file: the backbone's weights where they are no package, needed for `vgg16`; `random` begins without.

    Raises:
        KeyError: no such system or objective.
        BuildError: a backbone that the system does not have, or one without its file.
        ModuleNotFoundError: the package with its ImageNet weights is not installed.
        WeightFileError: a file that is not the published VGG-16.
    """
    torch.manual_seed(seed)
    file = str(backbone_file or "")
    network = SYSTEMS[name](pretrained=pretrained, outputs=OUTPUTS[objective], backbone=backbone, backbone_file=file)
    if objective == "regression":
        for layer in heads(network):
            nn.init.normal_(layer.weight, std=HEAD_GAIN / layer.in_channels**0.5)
            nn.init.zeros_(layer.bias)
    return network


def build_network(settings: Settings, *, pretrained: bool = True) -> nn.Module:
    """The network that settings describe; see `build_system`."""
    return build_system(
        settings.system,
        pretrained=pretrained,
        seed=settings.seed,
        objective=settings.objective,
        backbone=settings.backbone,
        backbone_file=settings.backbone_file if pretrained else None,
    )


def load_run(run: Path) -> tuple[nn.Module, Objective]:
    """A trained network with its averaged weights, in evaluation mode on the CPU, and what turns its output into ab.

    Raises:
        RunError: the folder is no run, has no checkpoint, or was trained when the system had other layers.

    Example:
        >>> network, objective = load_run(Path("runs/lite"))  # doctest: +SKIP
        >>> ab = objective.colors(network(lightness), lightness, temperature=0.38)  # doctest: +SKIP
    """
    folder = Run(run)
    settings = folder.settings()
    network = build_network(settings, pretrained=False)
    try:
        network.load_state_dict(folder.weights())
    except RuntimeError:
        commit = folder.data().get("commit", "not noted")
        raise RunError(
            f"{run}: {settings.system} has other layers now than when this was trained (commit {commit}); "
            f"use that version of photochrom, or train again"
        ) from None
    return network.eval(), build_objective(settings, folder.prior(), torch.device("cpu"))


def start_weights(network: nn.Module, state: dict[str, Tensor]) -> list[str]:
    """Put the weights of another run into a network, all of them but a head of another kind.

    A head is taken over where its shape agrees, so a run goes on with the very same kind of output; from logits to a
    regression, as in the paper's "L2, ft", it stays as it was drawn.

    Args:
        network: to begin training with; nothing of it has changed when this raises.
        state: the other network's weights by name.
    Returns: the names that kept their fresh values.
    Raises: BuildError where any other layer is missing, is not known, or has another shape.
    """
    own = network.state_dict()
    own_heads = {id(layer) for layer in heads(network)}
    replaceable = {
        f"{name}.{value}"
        for name, layer in network.named_modules()
        if id(layer) in own_heads
        for value in ("weight", "bias")
    } | {DECODING}
    same = {name for name, value in state.items() if name in own and own[name].shape == value.shape}
    wrong = sorted((set(own) | set(state)) - same - replaceable)
    if wrong:
        raise BuildError(
            f"{len(wrong)} layers differ between the run to start from and {type(network).__name__} "
            f"({', '.join(wrong[:3])}); start from a run of the same system and backbone"
        )
    network.load_state_dict({**own, **{name: state[name] for name in same}})
    return sorted(set(own) - same)


DECODING = "model_out.weight"  # of eccv16: the bins, which come and go with its head


def size_multiple(name: str) -> int:
    """What height and width of the lightness must be multiples of. Raises KeyError for no system."""
    return SIZE_MULTIPLES[name]


def prediction_layer(network: nn.Module) -> nn.Conv2d:
    """The layer that gives the output. Raises TypeError for a network that is no system of this list."""
    return heads(network)[-1]


def heads(network: nn.Module) -> list[nn.Conv2d]:
    """Every layer whose outputs are those of the system, added up where there are several."""
    if isinstance(network, (Lite, Larsson16)):
        return [network.predict]
    if isinstance(network, ECCV16):
        return [network.model8[6]]
    if isinstance(network, Dahl16):
        return list(network.predict)
    raise TypeError(f"{type(network).__name__} is no system of {', '.join(SYSTEMS)}")


def encoder_of(network: nn.Module) -> nn.Module | None:
    """The part that begins with ImageNet weights, if there is one."""
    if isinstance(network, (Dahl16, Larsson16)):
        return network.backbone.encoder
    return getattr(network, "encoder", None)


def begin_backbone(name: str, *, pretrained: bool, file: str, fully_connected: bool) -> Backbone:
    """A backbone with its ImageNet weights, or with random ones."""
    name = name or DEFAULT_BACKBONE
    if name not in BACKBONES:
        raise BuildError(f"backbone={name!r} must be one of {', '.join(BACKBONES)}")
    backbone = build_backbone(name, fully_connected=fully_connected)
    if not pretrained or file == RANDOM:
        return backbone
    if name == "vgg16":
        if not file:
            raise BuildError(
                f"the weights of vgg16 are no package: name torchvision's file, backbone_file=vgg16-397923af.pth, "
                f"or backbone_file={RANDOM} to begin without"
            )
        backbone.encoder = load_vgg16_features(file, fully_connected=fully_connected)
    else:
        load_encoder(backbone.encoder, name, file)
    return backbone


def load_encoder(encoder: nn.Module, variant: str, file: str) -> None:
    """Fill an EfficientNet-Lite encoder with ImageNet weights, from the installed package or from a file like its."""
    published = load_imagenet(variant, file=Path(file) if file else None).encoder
    published.accept_lightness()
    if encoder.top is None:  # features alone are wanted
        published.top = None
    encoder.load_state_dict(published.state_dict(), strict=True)
