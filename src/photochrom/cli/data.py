"""`photochrom data`: pack photographs for training, count their colors, look at what is there."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from photochrom.cli.extras import train_extra
from photochrom.cli.reports import complain, refuse_existing

if TYPE_CHECKING:
    from photochrom.data.ledger import Ledger
    from photochrom.data.shards import EncodedPhotograph

data = typer.Typer(help="Photographs for training: pack, count colors, inspect.", rich_markup_mode=None)

Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", help="Parquet files, tar shards, photographs, folders of them, or URLs."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N photographs.")]


class Encoding(StrEnum):
    """How packed photographs are stored."""

    webp = "webp"
    jpeg = "jpeg"


class Shards(StrEnum):
    """In what files."""

    parquet = "parquet"
    tar = "tar"


class Target(StrEnum):
    """Which colors are counted."""

    mean = "mean"
    point = "point"


@data.command("pack")
def pack_photographs(
    sources: Sources,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for shards and manifest.")],
    short_side: Annotated[int, typer.Option("--short-side", min=16, metavar="PIXELS", help="Never enlarged.")] = 256,
    long_side: Annotated[int, typer.Option("--long-side", min=16, metavar="PIXELS", help="At most.")] = 512,
    smallest: Annotated[
        int, typer.Option("--smallest", min=16, metavar="PIXELS", help="Leave out what has a shorter short side.")
    ] = 128,
    encoding: Annotated[Encoding, typer.Option("--format", help="Of the photographs.")] = Encoding.webp,
    quality: Annotated[int, typer.Option("--quality", min=1, max=100, help="Of WebP and JPEG.")] = 80,
    shards: Annotated[Shards, typer.Option("--shards", help="Parquet, or tar for WebDataset.")] = Shards.parquet,
    shard_size: Annotated[int, typer.Option("--shard-size", min=1, metavar="N", help="Photographs in one.")] = 1000,
    keep_gray: Annotated[bool, typer.Option("--keep-gray", help="Keep gray and toned photographs.")] = False,
    near: Annotated[
        int, typer.Option("--near", min=-1, max=63, metavar="BITS", help="Of 64, for near-duplicates; -1 keeps all.")
    ] = 4,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the order.")] = 0,
    unreadable: Annotated[
        float, typer.Option("--unreadable", min=0, max=1, metavar="SHARE", help="Stop when more are damaged.")
    ] = 0.01,
    as_json: AsJson = False,
) -> None:
    """Pack photographs into shards; killed, the same command goes on (needs the extra `train`)."""
    with train_extra():
        from photochrom.data.packing import PackSettings, pack
    try:
        settings = PackSettings(
            short_side=short_side,
            long_side=long_side,
            smallest=smallest,
            format=encoding.value,
            quality=quality,
            keep_gray=keep_gray,
            near=None if near < 0 else near,
            shards=shards.value,
            shard_size=shard_size,
            seed=seed,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    manifest = pack(sources, output, settings, unreadable_share=unreadable, progress=show_progress)
    end_progress()
    if as_json:
        print(json.dumps(manifest, indent=2, ensure_ascii=False))
        return
    left_out = manifest["left_out"]
    assert isinstance(left_out, dict)
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "nothing"
    print(f"{output}: {manifest['photographs']} of {manifest['read']} photographs; left out: {reasons}")


@data.command("prior")
def prior_of(
    sources: Sources,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.npy", help="float64 [313], sums to 1.")],
    target: Annotated[
        Target, typer.Option("--target", help="Count the mean of 4x4 pixels, or the first of them.")
    ] = Target.mean,
    sigma: Annotated[float, typer.Option("--sigma", min=0, help="Smoothing, ab units.")] = 5.0,
    uniform_share: Annotated[
        float, typer.Option("--lambda", min=0, max=1, help="Of the rarity weights; 1 weighs all colors alike.")
    ] = 0.5,
    limit: Limit = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count the 313 colors; writes FILE.npy, FILE.weights.npy and the plot FILE.png (needs the extra `train`)."""
    if output.suffix != ".npy":
        raise typer.BadParameter(f"-o {output} must end in .npy, the form of NumPy's arrays")
    weights, plot = output.with_suffix(".weights.npy"), output.with_suffix(".png")
    for file in (output, weights, plot):
        refuse_existing(file, force=force)
    with train_extra():
        import matplotlib as _  # noqa: F401  # missed now rather than after an hour of counting
        import numpy as np

        from photochrom.data.ledger import Ledger
        from photochrom.data.prior import count_prior
        from photochrom.data.prior_plot import plot_prior
    ledger = Ledger()
    try:
        prior = count_prior(
            watched(sources, limit), ledger=ledger, target=target.value, sigma=sigma, uniform_share=uniform_share
        )
    except ValueError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    end_progress()
    try:
        np.save(output, prior.shares)
        np.save(weights, prior.weights)
        plot_prior(prior, plot)
    except OSError as error:
        complain(f"{output} cannot be written ({error.strerror}); choose another place with -o")
        raise typer.Exit(1) from None
    tell_unreadable(ledger)
    if prior.warning is not None:
        complain(f"warning: {prior.warning}")
    if as_json:
        summary = {
            "photographs": prior.photographs,
            "unreadable": len(ledger.unreadable),
            "gray_share": float(prior.shares[120]),
            "gray_leads": prior.warning is None,
            "weights": {"min": float(prior.weights.min()), "max": float(prior.weights.max())},
            "files": {"prior": str(output), "weights": str(weights), "plot": str(plot)},
            "sha256": hashlib.sha256(prior.shares.tobytes()).hexdigest(),
        }
        print(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    print(
        f"{output}: {prior.photographs} photographs, gray {prior.shares[120]:.1%}, "
        f"weights {prior.weights.min():.3f} to {prior.weights.max():.3f}; plot in {plot}"
    )


@data.command("inspect")
def inspect(
    sources: Sources,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE", help="A contact sheet, such as sheet.png.")
    ] = None,
    shown: Annotated[int, typer.Option("--shown", min=1, metavar="N", help="Photographs on the sheet.")] = 48,
    limit: Limit = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a sheet that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count formats, sizes, gray and unreadable photographs (needs the extra `train`)."""
    if sheet is not None:
        refuse_existing(sheet, force=force)
    with train_extra():
        from photochrom.data.inspection import inspect_photographs, inspection_sheet
        from photochrom.photos import PhotoError, save_photograph
    found = inspect_photographs(watched(sources, limit), shown=shown)
    end_progress()
    tell_unreadable(found.ledger)
    summary = found.summary()
    if as_json:
        names = [{"name": each.name, "source": each.source, "reason": each.reason} for each in found.ledger.unreadable]
        print(json.dumps(summary | {"unreadable_photographs": names}, indent=2, ensure_ascii=False))
    else:
        for key, value in summary.items():
            print(f"{key}: {json.dumps(value)}")
    if sheet is not None and found.shown:
        try:
            save_photograph(inspection_sheet(found), sheet, overwrite=force)
        except PhotoError as error:
            complain(str(error))
            raise typer.Exit(1) from None
    if not found.photographs:
        raise typer.Exit(1)


def watched(sources: Iterable[str], limit: int | None) -> Iterator[EncodedPhotograph]:
    """The photographs of the sources, counted on stderr while they go by."""
    from itertools import chain, islice

    from photochrom.data.sources import read_source

    photographs = islice(chain.from_iterable(map(read_source, sources)), limit)
    for count, photograph in enumerate(photographs, start=1):
        if count % 50 == 0:
            show_progress("read", count)
        yield photograph


def show_progress(doing: str, count: int) -> None:
    """One line on stderr that is written over, when somebody watches."""
    if sys.stderr.isatty():
        print(f"\r{doing} {count:,}", end="", file=sys.stderr, flush=True)


def end_progress() -> None:
    """Clear that line."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def tell_unreadable(ledger: Ledger) -> None:
    """One line on stderr where photographs could not be read."""
    if ledger.unreadable:
        complain(ledger.summary())
