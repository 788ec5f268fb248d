"""Time and memory of joining color to a photograph, whole cold processes, without a network.

    python benchmarks/joining.py [--repeats 5]

Each process decodes a photograph, takes its lightness, joins an invented ab map at full size and encodes the result.
The other script does the same with Pillow, OpenCV and NumPy, as most colorizers do: bilinear ab, float Lab, clipping.
The two take turns; medians are printed: wall seconds, and those of all cores together, which a busy machine disturbs
less. Photographs are scikit-image's cameraman, enlarged, with some film grain.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (  # file, width, height
    ("1.jpg", 1224, 816),
    ("12.jpg", 4240, 2832),
    ("100.tif", 12240, 8160),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--process", choices=("photochrom", "opencv"), help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.process:
        (join_with_photochrom if options.process == "photochrom" else join_with_opencv)(*options.paths)
        return
    machine = f"{platform.platform()}, Python {platform.python_version()}"
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {machine}\n")
    print("| photograph | photochrom s (CPU s) | MB | Pillow + OpenCV s (CPU s) | MB | time ratio | memory ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name, width, height in SIZES:
            source = make_photograph(Path(folder) / name, width, height)
            turns: dict[str, list[tuple[float, float, float]]] = {"photochrom": [], "opencv": []}
            for _ in range(options.repeats + 1):  # the first of each warms the disk and is left out
                for process, results in turns.items():
                    results.append(measure(process, source, Path(folder) / f"out{source.suffix}"))
            ours, theirs = (
                [statistics.median(column) for column in zip(*results[1:], strict=True)] for results in turns.values()
            )
            cells = " | ".join(f"{wall:.2f} ({cpu:.2f}) | {memory:.0f}" for wall, cpu, memory in (ours, theirs))
            ratios = f"{theirs[0] / ours[0]:.2f} | {theirs[2] / ours[2]:.1f}"
            print(f"| {name}, {width} x {height} | {cells} | {ratios} |", flush=True)


def make_photograph(path: Path, width: int, height: int) -> Path:
    import pyvips
    import skimage.data

    small = pyvips.Image.new_from_array(skimage.data.camera())
    large = small.resize(width / small.width, vscale=height / small.height, kernel="cubic")
    grain = pyvips.Image.gaussnoise(width, height, sigma=4, mean=0, seed=1)
    (large + grain).cast("uchar").copy(interpretation="b-w").write_to_file(str(path))
    return path


def measure(process: str, source: Path, target: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of one process."""
    target.unlink(missing_ok=True)
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, __file__, "--process", process, str(source), str(target)])
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{process} failed on {source}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def join_with_photochrom(source: Path, target: Path) -> None:
    from photochrom.photos import join_color, open_photograph, save_photograph

    photograph = open_photograph(source)
    lightness = photograph.lightness(384, 256)
    save_photograph(join_color(photograph, invented_ab(), lightness=lightness), target)


def join_with_opencv(source: Path, target: Path) -> None:
    import cv2
    import numpy as np
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    rgb = np.asarray(Image.open(source).convert("RGB"))
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    cv2.resize(lab[..., 0], (384, 256), interpolation=cv2.INTER_AREA)  # what a network would be given
    for channel, ab in enumerate(invented_ab()):
        lab[..., 1 + channel] = cv2.resize(ab, lab.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    colored = (cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).clip(0, 1) * 255).round().astype(np.uint8)
    options = {"quality": 90} if target.suffix == ".jpg" else {"compression": "tiff_adobe_deflate"}
    Image.fromarray(colored).save(target, **options)


def invented_ab():
    import numpy as np

    rows, columns = np.mgrid[:64, :96].astype(np.float32)
    return np.stack([30 * np.sin(rows / 7), 30 * np.cos(columns / 9)]).astype(np.float32)


if __name__ == "__main__":
    main()
