"""How much better several looks at a photograph are than one: what a network could learn from its own or others' mean.

    python experiments/averages.py VALIDATION RUN [RUN ...]

Each run is measured alone, with its weights of the last step in place of the averaged ones, with the mean of what it
says of a photograph and of its mirror image, and with the mean over three sizes. Several runs are measured together, by
the mean of their distributions and by the mean of their weights. What a mean gains is the most that training a network
to agree with it (consistency, distillation) could give.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from standing import HEADINGS, cells, run
from torch import Tensor, nn
from torch.nn import functional as F

from photochrom.data.crops import center_squares
from photochrom.data.loading import load
from photochrom.training.beginning import VALIDATION_SIZE
from photochrom.training.checkpoint import Run
from photochrom.training.systems import load_run
from photochrom.training.validation import Validator

SIZES = (160, 192, 256)  # pixels, multiples of 32


class Mean(nn.Module):
    """The logarithm of the mean of several distributions, in the place of one network's logits."""

    def __init__(self, looks: list[Callable[[Tensor], Tensor]], *networks: nn.Module) -> None:
        super().__init__()
        self.looks, self.networks = looks, nn.ModuleList(networks)

    def forward(self, lightness: Tensor) -> Tensor:
        """[N, 1, H, W] to [N, 313, H/4, W/4]."""
        return torch.stack([look(lightness).softmax(dim=1) for look in self.looks]).mean(dim=0).log()


def mirrored(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """What the network says of the mirror image, mirrored back."""
    return lambda lightness: network(lightness.flip(-1)).flip(-1)


def resized(network: nn.Module, size: int) -> Callable[[Tensor], Tensor]:
    """What the network says of the photograph at another size, brought back to its own."""

    def look(lightness: Tensor) -> Tensor:
        other = F.interpolate(lightness, size=(size, size), mode="bilinear", antialias=True)
        shape = [side // 4 for side in lightness.shape[2:]]
        return F.interpolate(network(other), size=shape, mode="bilinear")

    return look


def rows(runs: list[Path]) -> Iterator[tuple[str, nn.Module]]:
    """What to measure, by name."""
    networks = [load_run(folder)[0] for folder in runs]
    for folder, network in zip(runs, networks, strict=True):
        yield folder.name, network
        last = copy.deepcopy(network)
        last.load_state_dict(Run(folder).state()["network"])
        yield f"{folder.name}, weights of the last step", last.eval()
        yield f"{folder.name}, with its mirror image", Mean([network, mirrored(network)], network)
        yield f"{folder.name}, at {len(SIZES)} sizes", Mean([resized(network, size) for size in SIZES], network)
    if len(networks) > 1:
        yield f"mean of {len(networks)} runs' distributions", Mean(list(networks), *networks)
        soup = copy.deepcopy(networks[0])
        states = [network.state_dict() for network in networks]
        middle = {name: torch.stack([state[name].double() for state in states]).mean(dim=0) for name in states[0]}
        soup.load_state_dict(middle)
        yield f"mean of {len(networks)} runs' weights", soup


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("validation", help="photographs to measure on: a folder, a Parquet or tar shard")
    parser.add_argument("runs", type=Path, nargs="+", help="folders of training runs")
    arguments = parser.parse_args()
    source = [arguments.validation]
    squares = center_squares(load(source, validation=source, short_side=256).held_out, VALIDATION_SIZE)
    objective = load_run(arguments.runs[0])[1]
    validator = Validator(squares, objective=objective, target="mean", device=torch.device("cpu"))
    print(f"{len(squares)} photographs, points over gray, raw / rebalanced (chroma)")
    print(f"| what | loss | {HEADINGS} |\n| --- | --- | --- | --- |")
    for name, network in rows(arguments.runs):
        measured = validator.measure(network)
        print(f"| {name} | {measured.loss:.3f} | {cells(measured)} |", flush=True)


if __name__ == "__main__":
    run(main)
