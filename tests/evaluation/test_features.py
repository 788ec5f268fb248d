"""Feature networks by name, and that one pass serves two questions."""

import hashlib

import numpy as np
import pytest
import torch

from photochrom.evaluation.classification import load_classifier
from photochrom.evaluation.features import NETWORKS, load_features, look
from photochrom.evaluation.imagenet_lite import ImageNetLite
from photochrom.evaluation.settings import EvaluationError
from photochrom.networks.inception import InceptionFeatures, published_shapes

PICTURES = np.random.default_rng(0).integers(0, 256, (2, 40, 30, 3), dtype=np.uint8)


class Counted:
    """A judge that counts how often it is asked."""

    name, sha256, dimensions = "counted", "0" * 64, 4

    def __init__(self):
        self.asked = []

    def probabilities(self, pictures):
        self.asked.append("probabilities")
        return np.full((len(pictures), 1000), 0.001, np.float32)

    def features(self, pictures):
        self.asked.append("features")
        return np.ones((len(pictures), 4), np.float32)


@pytest.fixture(scope="module")
def inception_file(tmp_path_factory):
    """Weights of 0 and an offset of 0.5: whatever the picture, every feature is 0.5."""
    with torch.device("meta"):
        shapes = published_shapes(InceptionFeatures())
    values = {"conv.weight": 0.0, "bn.weight": 1.0, "bn.bias": 0.5, "bn.running_mean": 0.0, "bn.running_var": 1.0}
    state = {
        name: torch.tensor([values[".".join(name.split(".")[-2:])]]).expand(shape) for name, shape in shapes.items()
    }
    file = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.save(state | {"fc.weight": torch.zeros(1).expand(1008, 2048), "fc.bias": torch.zeros(1008)}, file)
    return file


def test_one_network_for_both_passes_once(monkeypatch):
    judge = load_classifier("efficientnet-lite0")
    assert load_features("efficientnet-lite0") is judge
    passes = []
    once = ImageNetLite.look
    monkeypatch.setattr(ImageNetLite, "look", lambda self, pictures: passes.append(1) or once(self, pictures))
    probabilities, features = look(judge, judge, PICTURES)
    assert len(passes) == 1
    np.testing.assert_array_equal(probabilities, judge.probabilities(PICTURES))
    np.testing.assert_array_equal(features, judge.features(PICTURES))


def test_two_networks_are_asked_one_after_the_other():
    classifier, network = Counted(), Counted()
    probabilities, features = look(classifier, network, PICTURES)
    assert (classifier.asked, network.asked) == (["probabilities"], ["features"])
    assert (probabilities.shape, features.shape) == ((2, 1000), (2, 4))


def test_a_judge_that_cannot_do_both_at_once_is_asked_twice():
    both = Counted()
    look(both, both, PICTURES)
    assert both.asked == ["probabilities", "features"]


def test_what_nobody_asks_for_is_not_computed():
    judge = Counted()
    assert look(None, None, PICTURES) == (None, None)
    assert look(judge, None, PICTURES)[1] is None
    assert look(None, judge, PICTURES)[0] is None
    assert judge.asked == ["probabilities", "features"]


def test_inception_gives_2048_features_of_each_picture(inception_file):
    network = load_features("inception", inception_file)
    assert (network.name, network.dimensions) == ("inception", 2048)
    np.testing.assert_allclose(network.features(PICTURES), np.full((2, 2048), 0.5, np.float32))
    assert network.features(PICTURES[:0]).shape == (0, 2048)
    with pytest.raises(ValueError, match=r"must be uint8 \[n, h, w, 3\]"):
        network.features(PICTURES[0])


def test_a_report_can_say_which_weights_were_used(inception_file):
    wanted = hashlib.sha256(inception_file.read_bytes()).hexdigest()
    assert load_features("inception", inception_file).sha256 == wanted


def test_an_unknown_name_or_a_missing_file_is_explained(tmp_path):
    with pytest.raises(EvaluationError, match=f"'vgg'; take one of: {', '.join(NETWORKS)}"):
        load_features("vgg")
    with pytest.raises(EvaluationError, match="inception=PATH"):
        load_features("inception")
    (tmp_path / "page.pth").write_text("<html>quota exceeded</html>")
    with pytest.raises(EvaluationError, match="no state dict of Inception v3"):
        load_features("inception", tmp_path / "page.pth")
