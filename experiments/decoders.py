"""What `lite` learns with another decoder, from the same crops: where its multiplications and its global context go.

    python experiments/decoders.py DATA OUT [NAME ...]

DATA is a folder of shards, the last of which is for validation; runs go to OUT, one for each NAME (all by default). A
run that is finished is measured and not trained again; one that was stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from standing import HEADINGS, cells, of_run, run
from torch import Tensor, nn

from photochrom.networks.efficientnet_lite import ConvNorm
from photochrom.networks.lite import Lite
from photochrom.training import systems
from photochrom.training.recipes import count_costs, lite_full
from photochrom.training.train import train

# As in experiments 11 and 12, for a decoder as short as that.
SETTINGS = replace(
    lite_full(), steps=350, final_crop=192, warmup_steps=50, ema=0.99, uniform_share=0.65, old_prints=0.0
)
WIDTH, HEAD = 96, 192  # of lite's own decoder


class Attention(nn.Module):
    """Every place at stride 32 looks at all others, and adds what it finds; at first it adds nothing."""

    def __init__(self, merge: nn.Module) -> None:
        super().__init__()
        self.merge = merge
        self.norm = nn.LayerNorm(WIDTH)
        self.look = nn.MultiheadAttention(WIDTH, num_heads=4, batch_first=True)
        nn.init.zeros_(self.look.out_proj.weight)

    def forward(self, x: Tensor) -> Tensor:
        """[N, WIDTH, h, w] to the same."""
        x = self.merge(x)
        rows = self.norm(x.flatten(2).transpose(1, 2))
        found, _ = self.look(rows, rows, rows, need_weights=False)
        return x + found.transpose(1, 2).unflatten(2, x.shape[2:])


def attending(outputs: int) -> Lite:
    """With self-attention at stride 32."""
    network = Lite(outputs=outputs)
    network.merge32 = Attention(network.merge32)
    return network


def blind_to_the_scene(outputs: int) -> Lite:
    """Without the summary of the whole picture."""
    network = Lite(outputs=outputs)
    nn.init.zeros_(network.scene.weight)
    nn.init.zeros_(network.scene.bias)
    network.scene.requires_grad_(False)
    return network


def separable(outputs: int) -> Lite:
    """The convolution at stride 4 split into one over places and one over channels."""
    network = Lite(outputs=outputs)
    over_places = ConvNorm(WIDTH, WIDTH, kernel=3, groups=WIDTH)
    network.head = nn.Sequential(over_places, nn.ReLU(), ConvNorm(WIDTH, HEAD, kernel=1), nn.ReLU())
    return network


DECODERS: dict[str, Callable[[int], Lite]] = {
    "as-it-is": lambda outputs: Lite(outputs=outputs),
    "attention": attending,
    "no-scene": blind_to_the_scene,
    "separable-head": separable,
    "head-96": lambda outputs: Lite(outputs=outputs, head=WIDTH),
    "head-384": lambda outputs: Lite(outputs=outputs, head=2 * HEAD),
    "width-160": lambda outputs: Lite(outputs=outputs, width=160),
}


def use(decoder: Callable[[int], Lite]) -> None:
    """Let `lite` be built with this decoder in this process."""

    def build(*, pretrained: bool, outputs: int, backbone: str, backbone_file: str) -> nn.Module:
        del backbone
        network = decoder(outputs)
        if pretrained:
            systems.load_encoder(network.encoder, systems.DEFAULT_BACKBONE, backbone_file)
        return network

    systems.SYSTEMS["lite"] = build


def main() -> None:
    """Train and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="a folder of shards to train on")
    parser.add_argument("out", type=Path, help="where runs go")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DECODERS))
    arguments = parser.parse_args()
    names = arguments.names or list(DECODERS)
    if unknown := sorted(set(names) - set(DECODERS)):
        parser.error(f"no decoder {', '.join(unknown)}; there are {', '.join(DECODERS)}")
    rows = []
    for name in names:
        use(DECODERS[name])
        folder = arguments.out / name
        train(SETTINGS, data=[arguments.data], out=folder, resume=folder.exists())
        (parameters, gflop), measured = count_costs(SETTINGS), of_run(folder)
        rows.append(f"| {name} | {parameters / 1e6:.2f} | {gflop:.2f} | {measured.loss:.3f} | {cells(measured)} |")
    print(f"| decoder | M parameters | GFLOP | validation loss | {HEADINGS} |")
    print("| --- | --- | --- | --- | --- | --- |", *rows, sep="\n")


if __name__ == "__main__":
    run(main)
