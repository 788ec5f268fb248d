"""Importing the authors' weights, with a random state dict of the same names."""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from photochrom.networks.eccv16 import ECCV16
from photochrom.training.release import ReleaseError, import_release, is_folded


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """(file, network): random weights whose last layer is spread as one with 2.606 folded in."""
    torch.manual_seed(0)
    network = ECCV16().eval()
    with torch.no_grad():
        network.model8[6].weight.normal_(0, 0.108)
    file = tmp_path_factory.mktemp("released") / "released.pth"
    torch.save(network.state_dict(), file)
    return file, network


def test_folded_weights_are_unfolded_so_that_t_keeps_its_meaning(released, tmp_path):
    file, network = released
    result = import_release(file, tmp_path / "eccv16.onnx")
    assert result["annealed"] == "folded"
    assert result["known"] is None
    assert result["decoding"] == "bins"
    session = onnxruntime.InferenceSession(str(tmp_path / "eccv16.onnx"), providers=["CPUExecutionProvider"])
    said = session.get_modelmeta().custom_metadata_map
    assert said["photochrom.system"] == "eccv16"
    assert json.loads(said["photochrom.training"])["folded"] is True
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 1, 32, 40)).astype(np.float32)
    with torch.inference_mode():
        # The release's own forward: softmax without a temperature, the decoding layer, times 110.
        wanted = network.model_out(torch.softmax(network(torch.from_numpy(lightness)), dim=1)) * 110
    (ab,) = session.run(["ab"], {"lightness": lightness, "temperature": np.array(1 / 2.606, np.float32)})
    np.testing.assert_allclose(ab, wanted, atol=0.02)


def test_the_choice_is_read_off_the_spread_of_the_last_layer():
    assert not is_folded(0.04157)
    assert is_folded(0.04157 * 2.606)


def test_a_file_with_other_names_is_refused_and_nothing_written(tmp_path):
    file = tmp_path / "other.pth"
    torch.save({"model1.0.weight": torch.zeros(64, 1, 3, 3)}, file)
    with pytest.raises(ReleaseError, match="not the released eccv16"):
        import_release(file, tmp_path / "out.onnx")
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_no_state_dict_or_missing_is_refused(tmp_path):
    (tmp_path / "text.pth").write_text("<html>quota exceeded</html>")
    with pytest.raises(ReleaseError, match="not the released"):
        import_release(tmp_path / "text.pth", tmp_path / "out.onnx")
    with pytest.raises(ReleaseError, match="cannot read"):
        import_release(tmp_path / "absent.pth", tmp_path / "out.onnx")
