"""What eight bits cost a network in color error: the AuC of its float32 file and of its int8 file.

    python benchmarks/quantized_loss.py [--run RUN ...] [--data eval/] [--calibration train/] [--limit 100] [--json]

Each run is exported twice, as `photochrom export` does it, once with --quantize. Both files color the same photographs,
and `photochrom.evaluation` measures them: the AuC by the mean over its thresholds, raw and rebalanced, in percent. The
ranges of the 8-bit layers come from --calibration, which must be other photographs than --data.

Without --run the network is an untrained eccv16, initialized with k-means on the photographs. Its speed is that of a
trained one; its loss says nothing about a trained one, because it colors everything nearly alike. The output says so.

--keep FOLDER keeps the files there; with --limit 0 nothing is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

from photochrom.evaluation.evaluate import evaluate
from photochrom.evaluation.settings import Settings as Measured
from photochrom.networks.eccv16 import ECCV16, SIZE_MULTIPLE
from photochrom.training.export import Description, export_run, read_lightness
from photochrom.training.graph import AnnealedNetwork, write_graph
from photochrom.training.initialization import initialize
from photochrom.training.quantize import quantize_graph

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
EXAMPLES = ROOT / "examples"
FEW = 2  # photographs that an untrained network is calibrated with: its ranges serve its speed alone
CROP = 96  # pixels: the side of the crops that it is initialized on
UNTRAINED = "eccv16"


@dataclass(frozen=True)
class Loss:
    """The AuC of one network in both forms, in percent."""

    name: str
    trained: bool
    float_raw: float
    float_rebalanced: float
    int8_raw: float
    int8_rebalanced: float
    float_megabytes: float
    int8_megabytes: float

    @property
    def worst(self) -> float:
        """What is lost of the one that loses more, in points; below 0 where both gain."""
        return max(self.float_raw - self.int8_raw, self.float_rebalanced - self.int8_rebalanced)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, action="append", help="a training run; may be repeated")
    parser.add_argument("--data", type=Path, default=first_of(SHARED / "eval", EXAMPLES), help="photographs to measure")
    parser.add_argument("--calibration", type=Path, default=first_of(SHARED / "train", EXAMPLES))
    parser.add_argument("--limit", type=int, default=100, help="photographs of --data; 0 measures nothing")
    parser.add_argument("--keep", type=Path, help="a folder for the exported files")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        pairs = [export_pair(run, folder, arguments.calibration) for run in arguments.run or [None]]
        trained = bool(arguments.run)
        limit = arguments.limit
        losses = [measure(*pair, arguments.data, limit, trained=trained) for pair in pairs if limit]
    if arguments.json:
        print(json.dumps({"losses": [asdict(loss) | {"worst": loss.worst} for loss in losses]}))
    elif losses:
        show(losses, arguments)


def first_of(*folders: Path) -> Path:
    """The first folder that is there."""
    return next(folder for folder in folders if folder.is_dir())


def export_pair(run: Path | None, folder: Path, calibration: Path) -> tuple[Path, Path]:
    """The float32 and the int8 file of a run, or of an untrained eccv16."""
    name = UNTRAINED if run is None else run.name
    exact, int8 = folder / f"{name}-float32.onnx", folder / f"{name}-int8.onnx"
    if run is None:
        export_untrained(exact, int8, calibration)
    else:
        export_run(run, exact, calibration=calibration)
        export_run(run, int8, calibration=calibration, quantize=True)
    return exact, int8


def export_untrained(exact: Path, int8: Path, photographs: Path) -> None:
    """Both files of an untrained eccv16.

    As `export_network` does it, but for its comparison with PyTorch: by chance an untrained network spreads rounding
    over more than the 0.05 ab units that are allowed to a trained one, and there is no color in it to protect.
    """
    network, lightness = untrained_eccv16(photographs)
    write_graph(AnnealedNetwork(network).eval(), exact, lightness[0])
    quantize_graph(exact, int8, lightness)
    description = Description(UNTRAINED, SIZE_MULTIPLE, license="not stated", training={"untrained": True})
    for file in (exact, int8):
        graph = onnx.load(file)
        onnx.helper.set_model_props(graph, description.metadata())
        onnx.save(graph, file)


def untrained_eccv16(photographs: Path) -> tuple[ECCV16, list[np.ndarray]]:
    """The paper's network as it is before its first step, and the lightness to calibrate it with."""
    torch.manual_seed(0)
    lightness = read_lightness(photographs, count=FEW)
    network = ECCV16()
    crops = torch.from_numpy(np.concatenate(lightness))[:, :, :CROP, :CROP].contiguous()
    initialize(network, [crops], balance=False)
    return network.eval(), lightness


def measure(exact: Path, int8: Path, data: Path, limit: int, *, trained: bool) -> Loss:
    """Color photographs with both files, and measure the results as an evaluation does."""
    settings = Measured(limit=limit, classifier=None, features=None, sweep=False, cost=False, gallery=0, resamples=10)
    with tempfile.TemporaryDirectory() as work:
        report = evaluate(data, [f"float32={exact}", f"int8={int8}"], settings, work=Path(work))
    auc = {}
    for row in report.rows:
        form = row.name.split(" ")[0]  # "int8 (T=0.38)"
        auc[form] = [row.measures[f"auc_{kind}"].value for kind in ("raw", "rebalanced")]
    sizes = (file.stat().st_size / 1e6 for file in (exact, int8))
    return Loss(exact.stem.removesuffix("-float32"), trained, *auc["float32"], *auc["int8"], *sizes)


def show(losses: list[Loss], arguments: argparse.Namespace) -> None:
    print(f"{arguments.limit} photographs of {arguments.data.name}, ranges from {arguments.calibration.name}, ", end="")
    print(f"load average {os.getloadavg()[0]:.1f}\n")
    print("| network | AuC raw, float32 | int8 | AuC rebalanced, float32 | int8 | most lost | float32 | int8 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for loss in losses:
        name = loss.name if loss.trained else f"{loss.name} (untrained: the loss is that of an untrained network)"
        row = [name, f"{loss.float_raw:.2f}", f"{loss.int8_raw:.2f}"]
        row += [f"{loss.float_rebalanced:.2f}", f"{loss.int8_rebalanced:.2f}", f"{loss.worst:+.2f}"]
        row += [f"{loss.float_megabytes:.1f} MB", f"{loss.int8_megabytes:.1f} MB"]
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
