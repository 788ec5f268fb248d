import subprocess
import sys

# The switch is for the rest of a process, so each look at it is a process of its own.
PROGRAM = """
import sys
import pyvips
from photochrom.photos import open_photograph, restrict_loaders

restrict_loaders()
restrict_loaders()
for path in sys.argv[1:]:
    try:
        pyvips.Image.new_from_file(path).avg()
        print("read")
    except pyvips.Error:
        print("blocked")
print(open_photograph(sys.argv[1]).lightness(8, 8).shape)
"""


def test_photographs_are_read_and_everything_else_is_blocked(store, astronaut, tmp_path):
    photographs = [store(astronaut, f"a.{extension}") for extension in ("jpg", "png", "tif", "webp", "avif", "gif")]
    others = [store(astronaut, name) for name in ("a.v", "a.csv")]
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    paths = [*photographs, *others, tmp_path / "a.svg"]
    run = subprocess.run([sys.executable, "-c", PROGRAM, *map(str, paths)], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:-1] == ["read"] * 6 + ["blocked"] * 3 + ["(8, 8)"]


def test_without_it_libvips_reads_them(store, astronaut):
    program = PROGRAM.replace("restrict_loaders()\n", "\n")
    paths = [store(astronaut, "a.png"), store(astronaut, "a.v")]
    run = subprocess.run([sys.executable, "-c", program, *map(str, paths)], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("read\nread\n")
