"""How networks stand on photographs as they are, and on the same made to look like old prints.

    python experiments/old_prints.py VALIDATION RUN [RUN ...]

VALIDATION is a source of photographs that none of the runs has trained on, such as the last shard. Every run is shown
its middle squares at 192 pixels twice: as they are, and through the film, blur, grain, fading and scratches of
`photochrom.training.old_prints`, the same for all runs. The colors to be found are the photographs' own both times.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from standing import HEADINGS, cells, run
from torch import Tensor

from photochrom.data.crops import center_squares
from photochrom.data.loading import load
from photochrom.training.old_prints import age, draw_old_prints
from photochrom.training.systems import load_run
from photochrom.training.validation import Validator

SIZE = 192  # pixels, of the squares
SEED = 1_000  # of what is done to them; training draws from the run's own


class OldValidator(Validator):
    """Shows networks the photographs as old prints."""

    def batches(self, size: int = 32) -> list[tuple[Tensor, Tensor]]:
        """(lightness, ab) of the photographs, the lightness as an old print shows it."""
        old = []
        for number, ((_, ab), rgb) in enumerate(
            zip(super().batches(size), torch.split(self.squares, size), strict=True)
        ):
            prints = draw_old_prints(number, SEED, first=0, count=len(rgb), share=1.0)
            old.append((age(rgb, list(prints.values())), ab))
        return old


def main() -> None:
    """Measure every run both ways."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("validation", help="photographs to measure on: a folder, a Parquet or tar shard")
    parser.add_argument("runs", type=Path, nargs="+", help="folders of training runs")
    parser.add_argument("--count", type=int, default=256, help="of photographs")
    arguments = parser.parse_args()
    photographs = load(
        [arguments.validation],
        validation=[arguments.validation],
        short_side=256,
        validation_count=arguments.count,
    )
    squares = center_squares(photographs.held_out, SIZE)
    print(f"{len(squares)} photographs, points over gray, raw / rebalanced (chroma)")
    print(f"| run | as they are: {HEADINGS} | as old prints: {HEADINGS} |\n| --- | --- | --- | --- | --- |")
    for folder in arguments.runs:
        network, objective = load_run(folder)
        measured = [
            kind(squares, objective=objective, target="mean", device=torch.device("cpu")).measure(network)
            for kind in (Validator, OldValidator)
        ]
        print(f"| {folder.name} | {' | '.join(map(cells, measured))} |", flush=True)


if __name__ == "__main__":
    run(main)
