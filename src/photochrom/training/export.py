"""From a run, or any network, to the one file that the runtime reads: an ONNX graph that describes itself.

The graph holds the annealed mean, so that the common path never brings 313 channels out of the runtime. It is computed
with the bins on the last axis, where ONNX Runtime's softmax is some twenty times faster than on axis 1.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

import photochrom
from photochrom.color.ab_bins import ab_bins, rarity_weights
from photochrom.training.checkpoint import Run, write_whole
from photochrom.training.systems import build_system, prediction_layer

OPSET = 18
LARGEST_DIFFERENCE = 0.05  # ab units between PyTorch and ONNX Runtime, in float32
CHECK_TEMPERATURES = (0.38, 1.0)
CHECK_COUNT = 8  # photographs


class ExportError(Exception):
    """An export whose file does not do what the network does; nothing is written."""


@dataclass(frozen=True)
class Description:
    """What a file says of itself, as strings under `photochrom.` in its metadata."""

    system: str
    size_multiple: int
    license: str
    training: dict[str, Any]
    prior_sha256: str = ""
    default_temperature: float = 0.38

    def metadata(self) -> dict[str, str]:
        """The metadata entries."""
        return {
            "photochrom.format": "1",
            "photochrom.version": photochrom.__version__,
            "photochrom.system": self.system,
            "photochrom.output": "distribution",
            "photochrom.bins": json.dumps(ab_bins().astype(int).tolist(), separators=(",", ":")),
            "photochrom.stride": "4",
            "photochrom.size_multiple": str(self.size_multiple),
            "photochrom.default_temperature": str(self.default_temperature),
            "photochrom.license": self.license,
            "photochrom.training": json.dumps(self.training, sort_keys=True),
            "photochrom.prior_sha256": self.prior_sha256,
        }


class AnnealedNetwork(nn.Module):
    """A network with the annealed mean behind it: what is exported.

    Args:
        network: lightness [N, 1, H, W] to logits [N, Q, H/4, W/4].
        scale: what the logits are multiplied by first, where a network was made for another reading of T.
    """

    def __init__(self, network: nn.Module, *, scale: float = 1.0) -> None:
        super().__init__()
        self.network, self.scale = network, scale
        self.register_buffer("bins", torch.from_numpy(np.array(ab_bins())))

    def forward(self, lightness: Tensor, temperature: Tensor) -> tuple[Tensor, Tensor]:
        """Lightness float32 [N, 1, H, W] and a scalar T to ab [N, 2, H/4, W/4] and logits [N, Q, H/4, W/4]."""
        logits = self.network(lightness)
        if self.scale != 1.0:
            logits = logits * self.scale
        shares = torch.softmax(logits.permute(0, 2, 3, 1) / temperature, dim=-1)
        return torch.matmul(shares, self.bins).permute(0, 3, 1, 2), logits


def export_run(
    run: Path,
    out: Path,
    *,
    quantize: bool = False,
    calibration: Path | None = None,
    license: str = "not stated",
    moderation: float = 0.0,
    average: Sequence[Path] = (),
) -> dict[str, Any]:
    """Write the averaged weights of a run as an ONNX file.

    Args:
        run: the run's folder.
        out: the file to write.
        quantize: to 8-bit integers, with photographs of `calibration` to choose the ranges.
        calibration: Parquet file or folder of photographs; also what the file is checked on. Without it the check uses
            the held-out photographs kept with the run, and quantizing is refused.
        license: of the weights, as the file will state it.
        moderation: how much of the rarity weighting is taken back, 0..1, see `moderate`.
        average: other runs, one begun from another, whose weights are averaged with this one's, all alike.
    Returns: what was written: bytes, sha256, and the largest and mean difference of ab from PyTorch.

    Raises:
        RunError: not a run, or one without a checkpoint.
        ExportError: ONNX Runtime disagrees with PyTorch, or photographs to calibrate with are missing.
    """
    if quantize and calibration is None:
        raise ExportError("quantizing needs photographs to choose its ranges by: add --calibration FOLDER")
    folder = Run(run)
    settings, data = folder.settings(), folder.data()
    network = build_system(settings.system, pretrained=False)
    network.load_state_dict(average_weights([folder, *(Run(other) for other in average)]))
    moderate(network, rarity_weights(folder.prior(), settings.uniform_share), moderation)
    description = Description(
        system=settings.system,
        size_multiple=32,
        license=license,
        training={
            "data": data,
            "recipe": dataclasses.asdict(settings),
            "moderation": moderation,
            "averaged with": [
                {"data": Run(o).data(), "recipe": dataclasses.asdict(Run(o).settings())} for o in average
            ],
        },
        prior_sha256=hashlib.sha256(folder.prior().tobytes()).hexdigest(),
    )
    photographs = read_lightness(calibration) if calibration else [photo[None] for photo in folder.photographs()]
    return export_network(network, out, description, photographs, quantize=quantize)


def average_weights(runs: Sequence[Run]) -> dict[str, Tensor]:
    """The mean of the runs' weights, float for float; a single run's own.

    Between a run and one begun from it the mean is often as good as the better on each kind of photograph.

    Raises: ExportError for runs of different systems.
    Source: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903.
    """
    systems = {run.settings().system for run in runs}
    if len(systems) > 1:
        raise ExportError(f"runs of {' and '.join(sorted(systems))} cannot be averaged; name runs of one system")
    weights = [run.weights() for run in runs]
    return {
        name: torch.stack([each[name] for each in weights]).mean(dim=0) if value.is_floating_point() else value
        for name, value in weights[0].items()
    }


def moderate(network: nn.Module, rarity: np.ndarray, moderation: float) -> None:
    """Take back a part of the rarity weighting from a trained network, in place, without training again.

    A loss weighed by w teaches probabilities in proportion to w p; `logits - m log w` divides them by w^m. 0 leaves the
    network as trained, 1 gives what it would have learned unweighted, in between common colors gain on rare ones.

    Args:
        network: a system over the bins.
        rarity: float32 [Q], the weights it was trained with.
        moderation: m in 0..1.
    Raises: ExportError for m outside 0..1.
    Source: Menon et al. 2021, "Long-tail learning via logit adjustment", arXiv:2007.07314, section 4.
    """
    if not 0 <= moderation <= 1:
        raise ExportError(f"moderation must lie in 0..1, got {moderation:g}; 0 leaves the colors as they were learned")
    with torch.no_grad():
        prediction_layer(network).bias -= moderation * torch.from_numpy(rarity).log()


def export_network(
    network: nn.Module,
    out: Path,
    description: Description,
    photographs: list[np.ndarray],
    *,
    scale: float = 1.0,
    quantize: bool = False,
) -> dict[str, Any]:
    """Write any network over the bins as an ONNX file, checked against PyTorch on photographs, float32 [1, 1, H, W]."""
    whole = AnnealedNetwork(network, scale=scale).eval()
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        write_graph(whole, exact, photographs[0])
        differences = compare(whole, exact, photographs)
        if not differences["largest"] < LARGEST_DIFFERENCE:
            raise ExportError(
                f"ONNX Runtime differs from PyTorch by {differences['largest']:.3f} ab units where at most "
                f"{LARGEST_DIFFERENCE} is rounding: nothing was written; report it with the version of onnxruntime"
            )
        file = exact
        if quantize:
            from photochrom.training.quantize import quantize_graph

            file = Path(folder) / "quantized.onnx"
            quantize_graph(exact, file, photographs)
            description = replace(description, training={**description.training, "quantized": "int8"})
        graph = onnx.load(file)
        onnx.helper.set_model_props(graph, description.metadata())
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, lambda path: onnx.save(graph, path))
    written = out.read_bytes()
    result = {"file": str(out), "bytes": len(written), "sha256": hashlib.sha256(written).hexdigest()}
    return {**result, "float32": differences, **({"int8": compare(whole, out, photographs)} if quantize else {})}


def write_graph(network: nn.Module, file: Path, example: np.ndarray) -> None:
    """Trace a network of (lightness, temperature) into an ONNX file with free batch, height and width."""
    inputs = (torch.from_numpy(example).repeat(2, 1, 1, 1), torch.tensor(0.38))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of torchvision, which nothing here needs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of PyTorch about its own parts
        program = torch.onnx.export(
            network,
            inputs,
            input_names=["lightness", "temperature"],
            output_names=["ab", "logits"],
            dynamic_shapes=({0: torch.export.Dim("n"), 2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO}, {}),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.save(str(file), external_data=False)


def compare(network: nn.Module, file: Path, photographs: Iterable[np.ndarray]) -> dict[str, float]:
    """The largest and mean |ab| difference between PyTorch and ONNX Runtime."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    differences = []
    for lightness in islice(photographs, CHECK_COUNT):
        for temperature in CHECK_TEMPERATURES:
            scalar = np.array(temperature, np.float32)  # ONNX Runtime takes no NumPy scalar
            found = session.run(["ab"], {"lightness": lightness, "temperature": scalar})[0]
            with torch.inference_mode():
                wanted, _ = network(torch.from_numpy(lightness), torch.tensor(scalar))
            differences.append(np.abs(found - wanted.numpy()))
    largest = max(float(difference.max()) for difference in differences)
    return {"largest": largest, "mean": float(np.mean([difference.mean() for difference in differences]))}


def read_lightness(source: Path, *, count: int = 48, size: int = 256) -> list[np.ndarray]:
    """The lightness of the middle squares of photographs, float32 [1, 1, size, size] each."""
    from photochrom.data.crops import center_squares, decode_all
    from photochrom.data.sources import read_source
    from photochrom.training.targets import lightness_and_ab

    squares = center_squares(decode_all(islice(read_source(source), count), short_side=size), size)
    lightness, _ = lightness_and_ab(squares, target="mean")
    return [photograph[None].numpy() for photograph in lightness]


def noise_lightness(size: int = 256) -> np.ndarray:
    """A smooth random picture, float32 [1, 1, size, size] in 0..100, for a check where no photographs are at hand."""
    coarse = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 100
    return nn.functional.interpolate(coarse, size=(size, size), mode="bicubic").clamp(0, 100).numpy()
