"""What a run tells while it goes: lines of metrics.jsonl, TensorBoard, a sheet of photographs, and a bar."""

from __future__ import annotations

import dataclasses
import math
import time

import numpy as np
import pyvips
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from photochrom.training.checkpoint import Run, write_whole
from photochrom.training.progress import Progress
from photochrom.training.validation import SHOWN, Validator

SAMPLES, BOARD = "samples", "tensorboard"
FIRST_WORDS = 0.1  # of the run: until then colors may be dull without a warning


class LossError(ArithmeticError):
    """A loss that is no number; the message says where and what to do."""


class Window:
    """Losses and gradient norms since the last line of the log.

    They stay where they were computed until `settle`, so that a device need not be waited for at every step.

    Args:
        step: how many steps were made before.
        losses: of a window that a checkpoint interrupted.
    """

    def __init__(self, step: int, losses: list[float]) -> None:
        self.step, self.losses = step, losses
        self.pending: list[tuple[Tensor, Tensor]] = []
        self.norm, self.norms = 0.0, 0
        self.began, self.photographs = time.monotonic(), 0

    def add(self, loss: Tensor, norm: Tensor, photographs: int) -> None:
        """Count one step of so many photographs."""
        self.step += 1
        self.pending.append((loss.detach().float(), norm.detach().float()))
        self.photographs += photographs

    def settle(self, fabric: Fabric) -> None:
        """Bring in what is pending: the mean over processes.

        Raises: LossError for a loss or a gradient that is not finite; but float16 skips such gradients by itself.
        """
        if not self.pending:
            return
        figures = fabric.all_reduce(torch.stack([torch.stack(pair) for pair in self.pending])).tolist()
        first, skips = self.step - len(figures), fabric.strategy.precision.precision == "16-mixed"
        for offset, (loss, norm) in enumerate(figures):
            if not math.isfinite(loss) or (not math.isfinite(norm) and not skips):
                raise LossError(f"the loss of step {first + offset + 1} is {loss:g} (norm of the gradient {norm:g})")
        self.losses += [loss for loss, _ in figures]
        self.norm += sum(norm for _, norm in figures)
        self.norms += len(figures)
        self.pending = []

    def close(self) -> dict[str, float]:
        """The means, and photographs a second; then begin anew."""
        figures = {
            "loss": sum(self.losses) / len(self.losses),
            "grad_norm": self.norm / max(1, self.norms),
            "photos_per_second": self.photographs / max(1e-9, time.monotonic() - self.began),
        }
        self.losses, self.norm, self.norms = [], 0.0, 0
        self.restart_clock()
        return figures

    def restart_clock(self) -> None:
        """Measure the rate from now on: after a checkpoint, which is no training."""
        self.began, self.photographs = time.monotonic(), 0


class Journal:
    """Where the first process tells how the run goes; the others keep quiet.

    Args:
        run: its folder takes the lines, the board and the sheets.
        speaks: whether this is the first process.
    """

    def __init__(self, run: Run, *, speaks: bool) -> None:
        self.run, self.speaks, self.progress = run, speaks, Progress()
        self.board: SummaryWriter | None = None

    def say(self, text: str) -> None:
        """A line for the person who waits."""
        if self.speaks:
            self.progress.say(text)

    def begin(self, title: str, step: int) -> None:
        """From here on there are steps, the first of them number `step`."""
        if self.speaks:
            self.board = SummaryWriter(str(self.run.folder / BOARD), purge_step=step)
            self.progress.begin(title)

    def steps(self, figures: dict[str, float], *, step: int, spent: float, done: float, left: float) -> None:
        """The figures of some steps; spent and left in seconds, done in 0..1."""
        if self.speaks:
            self.run.log({"step": step, "minutes": spent / 60, **figures})
            self.plot("train", figures, step)
            self.progress.update(done, loss=figures["loss"], rate=figures["photos_per_second"], seconds_left=left)

    def validate(self, validator: Validator, network: nn.Module, step: int, spent: float, done: float) -> None:
        """Measure a network in eval mode, tell how it stands, and leave a sheet of the same photographs each time."""
        measured = validator.measure(network)
        collapse = measured.collapse()
        record = {"validation": dataclasses.asdict(measured), "collapse": collapse}
        self.run.log({"step": step, "minutes": spent / 60, **record})
        self.run.judge(step, measured.loss)
        raw, rebalanced = measured.over_gray()
        figures = {"loss": measured.loss, "raw_over_gray": raw, "rebalanced_over_gray": rebalanced}
        figures |= {"chroma": measured.chroma[SHOWN], "hue_entropy": measured.hue_entropy[SHOWN]}
        self.plot("validation", figures, step)
        self.show(validator.sheet(network), step)
        self.say(
            f"step {step}, {spent / 60:.1f} min: validation loss {measured.loss:.3f}; "
            f"over gray {raw:+.2f} raw, {rebalanced:+.2f} rebalanced at T = {SHOWN}; "
            f"chroma {measured.chroma[SHOWN]:.1f} (truth {measured.true_chroma:.1f})"
        )
        if collapse is not None and done >= FIRST_WORDS:
            self.say(
                f"warning: the colors have collapsed to {collapse}. "
                "If this stays, look at the photographs (photochrom data inspect), lower rate, or raise ema"
            )

    def plot(self, group: str, figures: dict[str, float], step: int) -> None:
        """Put figures on the board."""
        if self.board is not None:
            for name, value in figures.items():
                self.board.add_scalar(f"{group}/{name}", value, step)

    def show(self, sheet: np.ndarray, step: int) -> None:
        """Keep a sheet, uint8 [h, w, 3], as a file and on the board."""
        if self.board is not None:
            self.board.add_image("validation/sheet", sheet, step, dataformats="HWC")
        folder = self.run.folder / SAMPLES
        folder.mkdir(exist_ok=True)
        picture = pyvips.Image.new_from_array(np.ascontiguousarray(sheet)).write_to_buffer(".png")
        write_whole(folder / f"step-{step:07d}.png", lambda path: path.write_bytes(picture))

    def end(self) -> None:
        """Close the board and take the bar away."""
        if self.board is not None:
            self.board.close()
        if self.speaks:
            self.progress.end()
