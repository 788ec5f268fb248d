"""A tiny network that keeps the contract of exported files, so that no test waits for training; and a browser."""

import json
import os
import re
import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from photochrom.color.ab_bins import ab_bins

# Triton decides for its interpreter when it is imported, which PyTorch may do in any test.
if shutil.which("nvidia-smi") is None:
    os.environ.setdefault("TRITON_INTERPRET", "1")


@pytest.fixture(scope="session")
def tiny_weights():
    """slope and offset, float32 [313] each: logits = slope * (mean lightness of a 4x4 cell) / 100 + offset."""
    random = np.random.default_rng(0)
    return random.normal(0, 3, 313).astype(np.float32), random.normal(0, 1, 313).astype(np.float32)


@pytest.fixture(scope="session")
def build_model(tiny_weights):
    """build_model(path, output="distribution", without=(), **metadata) writes the tiny network and returns its path."""

    def build(path, *, output="distribution", without=(), ab_name="ab", **metadata):
        slope, offset = tiny_weights
        kernel = np.broadcast_to(slope[:, None, None, None] / 1600, (313, 1, 4, 4)).astype(np.float32)
        point = np.zeros((2, 1, 4, 4), np.float32)
        point[0], point[1] = 0.3 / 16, -0.2 / 16  # a regression: a = 0.3 L, b = -0.2 L
        graph_of = {
            "distribution": (
                [
                    helper.make_node("Conv", ["lightness", "kernel", "offset"], ["logits"], strides=[4, 4]),
                    helper.make_node("Transpose", ["logits"], ["last"], perm=[0, 2, 3, 1]),
                    helper.make_node("Div", ["last", "temperature"], ["sharpened"]),
                    helper.make_node("Softmax", ["sharpened"], ["probabilities"], axis=-1),
                    helper.make_node("MatMul", ["probabilities", "bins"], ["mean"]),
                    helper.make_node("Transpose", ["mean"], [ab_name], perm=[0, 3, 1, 2]),
                ],
                {"kernel": kernel, "offset": offset, "bins": ab_bins()},
                [(ab_name, 2), ("logits", 313)],
                ["lightness", "temperature"],
            ),
            "point": (
                [helper.make_node("Conv", ["lightness", "point"], [ab_name], strides=[4, 4])],
                {"point": point},
                [(ab_name, 2)],
                ["lightness"],
            ),
        }
        nodes, constants, outputs, inputs = graph_of[output]
        shapes = {"lightness": ["n", 1, "h", "w"], "temperature": []}
        graph = helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in inputs],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, "h4", "w4"])
                for name, channels in outputs
            ],
            [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        properties = {
            "format": "1",
            "system": "tiny",
            "output": output,
            "bins": json.dumps(ab_bins().tolist()),
            "stride": "4",
            "size_multiple": "32",
            "default_temperature": "0.38",
            "license": "CC0-1.0",
            "training": json.dumps({"recipe": "none"}),
            "prior_sha256": "",
        } | metadata
        helper.set_model_props(
            model, {f"photochrom.{key}": value for key, value in properties.items() if key not in without}
        )
        onnx.save(model, path)
        return path

    return build


@pytest.fixture(scope="session")
def tiny_model(build_model, tmp_path_factory):
    """The tiny network over the bins, as a file."""
    return build_model(tmp_path_factory.mktemp("models") / "tiny.onnx")


@pytest.fixture(scope="session")
def point_model(build_model, tmp_path_factory):
    """A tiny regression: a = 0.3 L, b = -0.2 L."""
    return build_model(tmp_path_factory.mktemp("models") / "point.onnx", output="point")


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = os.environ.get("PHOTOCHROM_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium: install it, or name it in PHOTOCHROM_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium refuses its sandbox to root
        launched = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser):
    """visit(address, viewport, scheme) -> a page; at the end, that nothing went wrong and nobody else was asked."""
    contexts, wrong = [], []

    def open_page(address, viewport=None, scheme="light", **options):
        viewport = viewport or {"width": 1280, "height": 800}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        origin = re.match(r"https?://[^/]+/", address)[0]
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda request: outside(request.url, origin))
        page.on("console", lambda message: policy(message.text))
        page.goto(address, wait_until="networkidle")
        return page

    def outside(url, origin):
        if not url.startswith((origin, "blob:")):
            wrong.append(f"asked elsewhere: {url}")

    def policy(text):
        if "Content Security Policy" in text:
            wrong.append(text)

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
