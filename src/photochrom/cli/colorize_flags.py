"""The options of `photochrom colorize`, by what they are about; their help is what a user reads first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photochrom.cli.panels import panel

_color = panel("Color", typer.Option)
_results = panel("Results", typer.Option)
_many = panel("Many photographs", typer.Option)
_running = panel("Running", typer.Option)

Photos = Annotated[
    list[str],
    typer.Argument(
        metavar="PHOTO...",
        help="Files, folders with all under them, patterns in quotes ('scans/**/*.tif'), http(s) addresses, or - for "
        "standard input. They are only read.",
        show_default=False,
    ),
]

# Color

Temperature = Annotated[
    float | None,
    _color("--temperature", "-t", metavar="T", help="In (0, 1]: 1 is the mean, towards 0 the likeliest color."),
]
Saturation = Annotated[float, _color("--saturation", metavar="S", help="0..3 times the color: 0 is gray, 2 is strong.")]
WhiteBalance = Annotated[
    str,
    _color("--white-balance", metavar="W", help="-1 (cool) .. 1 (warm), or auto: what is nearly gray becomes gray."),
]
Detail = Annotated[
    str,
    _color(
        "--detail",
        metavar="SIZE",
        help="What the network sees, in pixels of the short side: 256, 384, 512 or auto. More finds small faces in "
        "groups, and takes longer.",
    ),
]
HintTexts = Annotated[
    list[str] | None,
    _color(
        "--hint",
        metavar="X,Y,#RRGGBB",
        help="A color for a place, in pixels or in shares (30%,45%,#a03020). May be repeated.",
    ),
]
HintsFile = Annotated[
    Path | None, _color("--hints", metavar="FILE", help="The same from a JSON list, for every photograph.")
]
Mask = Annotated[
    Path | None,
    _color(
        "--mask", metavar="FILE", help="A picture, stretched to the photograph: white is colored, black stays gray."
    ),
]
KeepColor = Annotated[
    bool, _color("--keep-color", help="Copy photographs that are in color already, rather than color them anew.")
]
Model = Annotated[str, _color("--model", "-m", metavar="NAME|FILE", help="Weights by name, or an ONNX file.")]

# Results

Output = Annotated[
    Path | None,
    _results(
        "-o",
        "--output",
        metavar="DIR|FILE|-",
        help="Folder for the results, where folders are mirrored; or the file for a single one; or - for standard "
        "output. Without it: old.color.jpg beside old.jpg.",
    ),
]
SideBySide = Annotated[
    bool, _results("--side-by-side", help="Gray on the left and color on the right, in one picture.")
]
Samples = Annotated[
    int, _results("--samples", metavar="N", help="Also N other colorings: old.color-1.jpg, old.color-2.jpg ...")
]
Seed = Annotated[int, _results("--seed", metavar="N", help="Of the other colorings; the same gives the same.")]
Layer = Annotated[
    bool, _results("--layer", help="Also the color alone, old.layer.png: for an editor, in its blend mode Color.")
]
Uncertainty = Annotated[
    Path | None,
    _results("--uncertainty", metavar="FILE|DIR", help="Also a map of where the colors are unsure; DIR for several."),
]
Quality = Annotated[int, _results("--quality", min=1, max=100, help="Of JPEG, WebP and AVIF.")]
Note = Annotated[
    bool,
    _results("--provenance/--no-provenance", help="Whether the file's metadata say that the colors are estimated."),
]
Mark = Annotated[bool, _results("--mark", help="A small visible mark in a corner.")]
Force = Annotated[bool, _results("--force", help="Replace results that are there. Never an original.")]

# Many photographs

Resume = Annotated[
    bool, _many("--resume", help="Skip what an earlier run has done, by content and choices; color the rest.")
]
DryRun = Annotated[bool, _many("--dry-run", help="Say what would be colored, and where it would go; write nothing.")]
Jobs = Annotated[
    int | None,
    _many("--jobs", "-j", min=1, metavar="N", help="Photographs at a time. Without it: one for each core, up to 16."),
]
Report = Annotated[
    Path | None,
    _many("--report", metavar="FILE.html", help="A page with every photograph before and after; complete in one file."),
]

# Running

DeviceName = Annotated[
    str,
    _running(
        "--device",
        metavar="NAME",
        help="What runs the network: auto takes the best that is installed; else cpu, cuda, coreml, directml or "
        "openvino.",
    ),
]
AsJson = Annotated[bool, _running("--json", help="One JSON document about all photographs on stdout.")]
MaxMegapixels = Annotated[
    float, _running("--max-megapixels", metavar="N", help="Refuse larger photographs before decoding them.")
]
