"""The whole way: photographs and systems in, a `Report` out.

Threads share the photographs: libvips, ONNX Runtime, PyTorch and NumPy's large operations all let go of Python's lock,
each runs on one thread within a worker, and the networks are loaded once (`benchmarks/evaluation_speed.py` measures
it). What a chunk of photographs yields is written to a work folder at once, under a key of the data, the weights and
the settings that matter; an evaluation that was interrupted, or that differs in one system, takes up what is there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from photochrom.color.ab_bins import ab_bins
from photochrom.evaluation import cautions, sweeping
from photochrom.evaluation.gallery import galleries
from photochrom.evaluation.human import read_human
from photochrom.evaluation.measuring import Judges, RowPlan, SweepPlan, chunks_of, measure_chunk
from photochrom.evaluation.photographs import Photographs, open_photographs
from photochrom.evaluation.progress import Progress, Silent
from photochrom.evaluation.provenance import measuring_code, versions
from photochrom.evaluation.records import FORMAT, is_whole, record_path
from photochrom.evaluation.report import Cost, Estimate, Report, Row
from photochrom.evaluation.settings import NAMED_WEIGHTS, EvaluationError, Settings, name_and_file
from photochrom.evaluation.standing import COLORIZERS
from photochrom.evaluation.summary import classes, confusion, curve, estimates, gather
from photochrom.evaluation.sums import Weights
from photochrom.evaluation.systems import Network, System, open_system
from photochrom.inference.weights import cache_folder, file_sha256

REFERENCES = ("truth", "gray")  # always measured: the others are read against them


def evaluate(
    photographs: str | Path,
    systems: Sequence[str | Path],
    settings: Settings | None = None,
    *,
    human: Path | None = None,
    work: Path | None = None,
    fresh: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure colorizers on photographs.

    Args:
        photographs: a folder of photographs, Parquet or tar shards, or one such file.
        systems: embedded names, ONNX files, training runs, folders of colored pictures, or `truth`, `gray`, `random`,
            `mean-color`; `NAME=` before one gives it another name. Truth and gray are always measured.
        settings: what else is chosen; None for `Settings()`.
        human: JSON results of a study with people, for the share labelled real.
        work: folder for what is kept between evaluations; None for a folder in photochrom's cache.
        fresh: measure again, even what is there.
        jobs: threads; None for as many as there are cores.
        progress: is told how far it is.
    Raises: EvaluationError, WeightsError, DataError or HumanResultsError, each in one line.

    Example:
        >>> report = evaluate("eval/", ["lite", "random"], Settings(limit=100))  # doctest: +SKIP
        >>> round(report.row("lite (T=0.38)").measures["auc_rebalanced"].value, 2)  # doctest: +SKIP
        66.96
    """
    settings, progress = settings or Settings(), progress or Silent()
    work = _writable(work or cache_folder() / "evaluations")
    labelled_real = read_human(human) if human is not None else {}
    weights = _rebalancing(settings)
    opened = open_photographs(photographs, work, settings, fresh=fresh)
    names = [str(system) for system in systems]
    names = [*(name for name in REFERENCES if name not in names), *names]
    chosen = [open_system(name, opened, settings, work, photographs) for name in dict.fromkeys(names)]
    judges = _judges(opened, settings)
    rows, sweeps = _plan(chosen, opened, settings, judges, work)
    if fresh:
        for plan in (*rows, *sweeps):
            shutil.rmtree(plan.folder, ignore_errors=True)
    _measure(opened, rows, sweeps, judges, jobs or os.cpu_count() or 1, progress)
    report = _report(opened, rows, sweeps, judges, settings, weights, labelled_real)
    opened.discard()
    return report


def _writable(folder: Path) -> Path:
    """The work folder, made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise EvaluationError(
            f"{folder} cannot keep what is measured ({error.strerror}); name another work folder"
        ) from None
    return folder


def _rebalancing(settings: Settings) -> Weights:
    """What `auc_of` takes: a name, or the prior of a file."""
    if settings.weights in NAMED_WEIGHTS:
        return settings.weights
    try:
        prior = np.asarray(np.load(settings.weights), np.float64)
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{settings.weights} is no .npy file with a prior ({error}); give another") from None
    if prior.shape != ab_bins().shape[:1] or not (np.isfinite(prior).all() and (prior >= 0).all()):
        raise EvaluationError(f"{settings.weights} must hold {len(ab_bins())} shares, it has shape {prior.shape}")
    return prior


def _judges(photographs: Photographs, settings: Settings) -> Judges:
    """The networks that were asked for, as far as the photographs allow."""
    classifier = features = None
    if settings.classifier is not None:
        from photochrom.evaluation.classification import load_classifier

        classifier = load_classifier(*name_and_file(settings.classifier))
    if settings.features is not None:
        from photochrom.evaluation.features import load_features

        features = load_features(*name_and_file(settings.features))
    return Judges(classifier if photographs.labelled else None, features, settings.sweep_classification)


def _plan(
    systems: Sequence[System], photographs: Photographs, settings: Settings, judges: Judges, work: Path
) -> tuple[list[RowPlan], list[SweepPlan]]:
    """The rows of the table and the sweeps, each with the folder of its records."""
    rows: list[RowPlan] = []
    sweeps: list[SweepPlan] = []
    judged_by = [[one.name, one.sha256] for one in (judges.classifier, judges.features) if one is not None]
    common = {
        "format": FORMAT,
        "code": measuring_code(),
        "photographs": photographs.sha256,
        "judges": judged_by,
    }
    for system in systems:
        own = {**common, "kind": system.kind, "sha256": system.sha256}
        if system.kind == "random":
            own["seed"] = settings.seed
        for temperature in system.temperatures:
            name = system.name if temperature is None else f"{system.name} (T={temperature:g})"
            folder = _records(work, system.name, {**own, "temperature": temperature})
            rows.append(RowPlan(name, system, temperature, folder))
        if settings.sweep and isinstance(system, Network) and system.has_temperature:
            swept = {**own, "temperatures": sweeping.TEMPERATURES, "classified": settings.sweep_classification}
            folder = _records(work, f"{system.name}-sweep", swept)
            sweeps.append(SweepPlan(rows[-len(system.temperatures)].name, system, sweeping.TEMPERATURES, folder))
    names = [row.name for row in rows]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise EvaluationError(
            f"two systems would both be called {twice!r}; name one of them with NAME=, as in new={twice}"
        )
    return rows, sweeps


def _records(work: Path, name: str, identity: dict[str, Any]) -> Path:
    """The folder of records that agree in all of this."""
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    readable = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in name)
    return work / "records" / f"{readable[:40]}-{key}"


def _measure(
    photographs: Photographs,
    rows: Sequence[RowPlan],
    sweeps: Sequence[SweepPlan],
    judges: Judges,
    jobs: int,
    progress: Progress,
) -> None:
    """Measure the chunks that some row or sweep lacks, in threads."""
    chunks = chunks_of(len(photographs))
    folders = [plan.folder for plan in (*rows, *sweeps)]
    lacking = [
        number for number in range(len(chunks)) if not all(is_whole(record_path(folder, number)) for folder in folders)
    ]
    if not lacking:
        return
    progress.begin(f"measuring {len(rows)} rows", sum(len(chunks[number]) for number in lacking))
    stopped = threading.Event()

    def advance() -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        progress.advance()

    with _one_torch_thread() as prepare, ThreadPoolExecutor(jobs, initializer=prepare) as pool:
        work = [pool.submit(measure_chunk, number, photographs, rows, sweeps, judges, advance) for number in lacking]
        try:
            done, _ = wait(work, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        finally:
            stopped.set()
            for future in work:
                future.cancel()
            progress.end()


@contextmanager
def _one_torch_thread() -> Iterator[Any]:
    """A function for each worker to begin with: PyTorch's own threads would fight with the other workers'."""
    import torch

    threads = torch.get_num_threads()
    try:
        yield lambda: torch.set_num_threads(1)
    finally:
        torch.set_num_threads(threads)


def _report(
    photographs: Photographs,
    plans: Sequence[RowPlan],
    sweeps: Sequence[SweepPlan],
    judges: Judges,
    settings: Settings,
    weights: Weights,
    labelled_real: dict[str, Estimate],
) -> Report:
    gathered, apart = gather(plans, photographs, settings, weights)
    costs = _costs(plans, settings)
    rows = []
    for plan in plans:
        measures = estimates(gathered[plan.name])
        shared = labelled_real.get(plan.name) or labelled_real.get(plan.system.name)
        if shared is not None:
            measures["labelled_real"] = shared
        rows.append(_row(plan, measures, costs.get(plan.system.name, Cost())))
    truth = {name: estimate.value for row in rows if row.kind == "truth" for name, estimate in row.measures.items()}
    competing = [plan for plan in plans if plan.system.kind in COLORIZERS]
    known = {name for plan in plans for name in (plan.name, plan.system.name)}
    return Report(
        data={
            "name": photographs.name,
            "photographs": len(photographs),
            "sha256": photographs.sha256,
            "size": photographs.size,
            "labels": photographs.labelled > 0,
            "skipped": [asdict(one) for one in photographs.skipped],
            "gray": photographs.gray,
        },
        settings=_settings(settings, judges),
        versions=versions(),
        rows=rows,
        differences=apart,
        curves=[curve(plan.name, gathered[plan.name], weights) for plan in plans],
        sweeps=[sweeping.sweep(plan, photographs, settings, weights, truth) for plan in sweeps],
        classes=[classes(plan.name, gathered[plan.name], photographs) for plan in competing if judges.classifier],
        confusions=[confusion(plan.name, gathered[plan.name]) for plan in plans if plan.system.kind != "truth"],
        galleries=galleries(plans, gathered, photographs, settings.gallery),
        warnings=[
            *cautions.of_photographs(photographs, classifier=settings.classifier),
            *cautions.of_colorings(gathered, photographs),
            *cautions.of_rewards(rows, apart),
            *(
                f"The results of the study name {name!r}, which no row is."
                for name in labelled_real
                if name not in known
            ),
        ],
    )


def _row(plan: RowPlan, measures: dict[str, Estimate], cost: Cost) -> Row:
    return Row(
        name=plan.name,
        system=plan.system.system,
        kind=plan.system.kind,
        measures=measures,
        temperature=plan.temperature,
        sha256=plan.system.sha256,
        cost=cost,
    )


def _costs(plans: Sequence[RowPlan], settings: Settings) -> dict[str, Cost]:
    """What each network costs, taken when nothing else runs."""
    networks = {plan.system.name: plan.system for plan in plans if isinstance(plan.system, Network)}
    if not (settings.cost and networks):
        return {}
    from photochrom.evaluation.cost import cost_of

    return {name: cost_of(system.predictor.path, settings.size) for name, system in networks.items()}


def _settings(settings: Settings, judges: Judges) -> dict[str, Any]:
    """All that was chosen, for the report."""
    chosen = asdict(settings)
    for role, judge in (("classifier", judges.classifier), ("features", judges.features)):
        chosen[role] = None if judge is None else {"name": judge.name, "sha256": judge.sha256}
    if settings.weights not in NAMED_WEIGHTS:
        chosen["weights"] = {"file": Path(settings.weights).name, "sha256": file_sha256(Path(settings.weights))}
    chosen["temperatures"] = list(settings.temperatures) or "each model's default"
    chosen["without"] = list(settings.without)
    chosen["sweep"] = list(sweeping.TEMPERATURES) if settings.sweep else None
    return chosen
