"""What a figure was made with."""

import ast
from pathlib import Path

import photochrom
from photochrom.evaluation import provenance

PACKAGE = Path(photochrom.__file__).parent

# Rooms and modules that `measuring` reaches and that change no record: records name their format, the data and the
# weights; the rest only carries, checks or reports. What decodes and exports has its own entries above these.
HARMLESS = (
    "evaluation/settings",
    "evaluation/report",
    "evaluation/labels",
    "inference/",
    "data/",
    "training/",
    "photos/",
    "storage/",
)


def test_versions_name_the_package_and_what_computes():
    versions = provenance.versions()
    assert versions["photochrom"] == photochrom.__version__
    assert set(versions) == {"photochrom", "commit", "python", "platform", *provenance.PACKAGES}
    assert all(isinstance(version, str) and version for version in versions.values())


def test_what_measures_is_in_the_digest():
    reached, waiting = set(), ["evaluation/measuring.py"]
    while waiting:
        module = waiting.pop()
        if module not in reached and not module.startswith(HARMLESS):
            reached.add(module)
            waiting += imported_by(PACKAGE / module)
    assert len(reached) > 15
    assert reached <= set(provenance.MEASURING)


def imported_by(file):
    """The package's modules that a module imports anywhere, as paths inside the package; a room's __init__ aside."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        name = node.module if node.level == 0 else f"photochrom.{file.parent.name}.{node.module}"
        path = name.removeprefix("photochrom.").replace(".", "/") + ".py"
        if name.startswith("photochrom.") and (PACKAGE / path).is_file():
            found.append(path)
    return found
