"""What a figure was made with: versions for the report, and a digest of the code that measures."""

from __future__ import annotations

import hashlib
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "onnxruntime", "torch", "pyvips")

# The modules that a record depends on; what only reads or presents records is not among them.
MEASURING = (
    *(f"color/{name}.py" for name in ("ab_bins", "distribution", "gamut", "lab", "upsample")),
    "data/crops.py",
    "data/decoding.py",
    "inference/predictor.py",
    *(f"networks/{name}.py" for name in ("efficientnet_lite", "inception", "vgg16")),
    "photos/photograph.py",
    *(
        f"evaluation/{name}.py"
        for name in (
            "ciede2000",
            "classification",
            "color_error",
            "colorfulness",
            "features",
            "frechet",
            "hue",
            "image_measures",
            "imagenet_lite",
            "lite_graph",
            "measuring",
            "photographs",
            "records",
            "resize",
            "systems",
        )
    ),
)


def versions() -> dict[str, str]:
    """Of the package, its commit where it lies in a repository, Python, the packages that compute, and the platform."""
    from photochrom.data.loading import current_commit

    return {
        "photochrom": version("photochrom"),
        "commit": current_commit() or "unknown",
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
        "platform": platform.platform(),
    }


@lru_cache(maxsize=1)
def measuring_code() -> str:
    """The sha256 of the modules that measure, so that records of other code are not taken for this one's."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(version("photochrom").encode())
    for module in MEASURING:
        digest.update((package / module).read_bytes())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
