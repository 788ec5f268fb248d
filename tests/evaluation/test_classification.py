"""Hits, gaps and changes against plain counting and scikit-learn, and the classifiers by name."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import top_k_accuracy_score
from torch import nn

from photochrom.evaluation.classification import (
    CLASSIFIERS,
    LabelsMissing,
    VGGJudge,
    class_changes,
    helped_and_hurt,
    hits,
    load_classifier,
    middle_crops,
    recovered_gap,
    true_class_probability,
    true_class_rank,
)
from photochrom.evaluation.report import ClassChange
from photochrom.evaluation.settings import EvaluationError
from photochrom.networks.vgg16 import VGG16Classifier, load_vgg16


@pytest.fixture(scope="module")
def answers():
    """probabilities float32 [200, 1000] and labels [200]; one in three is right."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 1000, 200)
    scores = random.normal(size=(200, 1000))
    scores[np.arange(200), labels] += random.choice([0, 3, 6], 200)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return shares.astype(np.float32), labels


def test_accuracies_are_those_of_scikit_learn(answers):
    probabilities, labels = answers
    found = hits(probabilities, labels)
    for count, right in ((1, found.top1), (5, found.top5)):
        wanted = top_k_accuracy_score(labels, probabilities, k=count, labels=np.arange(1000))
        assert right.mean() == pytest.approx(wanted)
    assert 0.2 < found.top1.mean() < found.top5.mean() < 0.8


def test_ranks_are_places_in_the_sorted_list(answers):
    probabilities, labels = answers
    order = np.argsort(-probabilities, axis=1)
    wanted = [row.tolist().index(label) for row, label in zip(order, labels, strict=True)]
    assert true_class_rank(probabilities, labels).tolist() == wanted


def test_the_true_class_has_its_own_probability(answers):
    probabilities, labels = answers
    wanted = [row[label] for row, label in zip(probabilities, labels, strict=True)]
    assert true_class_probability(probabilities, labels).tolist() == wanted


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([3, None], "1 of 2 photographs have no ImageNet class; leave them out"),
        ([-1, -1], "2 of 2 photographs"),
        ([3, 1000], r"the label 1000 is no class 0\.\.999"),
        ([2.5, 3.5], "2 of 2"),
    ],
)
def test_labels_that_are_missing_or_no_classes_are_counted(labels, message):
    with pytest.raises(LabelsMissing, match=message):
        hits(np.full((2, 1000), 0.001), labels)


def test_another_number_of_labels_is_refused():
    with pytest.raises(ValueError, match=r"must be \[2\], one for each photograph, got shape \(3,\)"):
        hits(np.full((2, 1000), 0.001), [1, 2, 3])


def test_no_photographs_have_no_hits():
    assert hits(np.zeros((0, 1000)), []).top1.shape == (0,)


def test_the_recovered_gap_is_a_share_of_the_way_from_gray_to_truth():
    # The paper's table 1: 52.7 for gray, 68.3 for truth, 56.0 for the full method.
    assert recovered_gap(56.0, 52.7, 68.3) == pytest.approx(100 * 3.3 / 15.6)
    np.testing.assert_allclose(recovered_gap([52.7, 68.3, 41.0], 52.7, 68.3), [0, 100, -75])


def test_without_a_gap_there_is_nothing_to_recover():
    found = recovered_gap([70.0, 70.0], [60.0, 68.3], [68.3, 68.3])
    assert np.isnan(found).tolist() == [False, True]
    assert np.isnan(recovered_gap(70.0, 69.0, 68.3))  # nor where truth is recognized less often than gray


def test_changes_are_means_over_the_photographs_of_a_class():
    gray, system = [0.2, 0.5, 0.9, 0.4], [0.6, 0.4, 0.8, 0.9]
    changes = class_changes(system, gray, [7, 3, 7, 12], ["fox", "owl", "fox", ""])
    assert [(one.name, one.photographs) for one in changes] == [("class 12", 1), ("fox", 2), ("owl", 1)]
    np.testing.assert_allclose([one.change for one in changes], [50, 100 * (0.4 - 0.1) / 2, -10])


def test_the_changes_add_up_to_the_change_of_all_photographs(answers):
    probabilities, labels = answers
    labels = labels % 10  # several photographs a class
    gray, system = true_class_probability(probabilities, labels), np.random.default_rng(1).random(200)
    changes = class_changes(system, gray, labels, [f"class {label}" for label in labels])
    total = sum(one.photographs * one.change for one in changes)
    assert total / 200 == pytest.approx(100 * (system.mean() - gray.mean()))


def test_changes_of_lists_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="must be as many, got 2, 1 and 2"):
        class_changes([0.1, 0.2], [0.1], [0, 1], ["a", "b"])


def test_helped_and_hurt_begin_with_the_strongest_and_leave_out_what_did_not_change():
    changes = [ClassChange(name, 1, change) for name, change in zip("abcdef", (3, -1, 0, 9, -7, 5), strict=True)]
    found = helped_and_hurt("lite", changes, count=2)
    assert found.row == "lite"
    assert [one.name for one in found.helped] == ["d", "f"]
    assert [one.name for one in found.hurt] == ["e", "b"]
    assert [one.name for one in helped_and_hurt("lite", changes).helped] == ["d", "f", "a"]


def test_vgg_sees_the_middle_of_the_picture_at_its_short_side():
    pictures = np.random.default_rng(0).integers(0, 256, (1, 128, 160, 3), dtype=np.uint8)
    whole = Image.fromarray(pictures[0]).resize((320, 256), Image.Resampling.BICUBIC)
    wanted = np.asarray(whole.crop((48, 16, 272, 240)))
    crops = middle_crops(pictures)
    assert crops.shape == (1, 3, 224, 224)
    found = np.round(255 * crops[0].permute(1, 2, 0).numpy())
    assert np.abs(found - wanted).max() <= 1
    assert (found != wanted).mean() < 0.005


def test_at_256_nothing_is_resized():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 256, 256, 3), dtype=np.uint8)
    found = 255 * middle_crops(pictures).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(found, pictures[:, 16:240, 16:240], atol=1e-4)


def test_vgg_gives_probabilities_of_its_logits():
    class Means(nn.Module):
        """Logits 1, 2 and 3 times the mean of red, green and blue."""

        def forward(self, images):
            return images.mean(dim=(2, 3)) * torch.tensor([1.0, 2.0, 3.0])

    pictures = np.zeros((2, 256, 256, 3), np.uint8)
    pictures[1] = 255
    found = VGGJudge(Means(), "0" * 64).probabilities(pictures)
    np.testing.assert_allclose(found[0], 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(found[1], np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum(), rtol=1e-6)
    assert VGGJudge(Means(), "").probabilities(pictures[:0]).shape == (0, 1000)
    with pytest.raises(ValueError, match=r"must be uint8 \[n, h, w, 3\]"):
        VGGJudge(Means(), "").probabilities(pictures[0])


def test_vgg_is_loaded_from_the_file_of_torchvision(tmp_path, monkeypatch):
    # The right names and shapes with one number each repeated: 138 million parameters in a few kilobytes. With weights
    # of 0 only the last offsets speak.
    from photochrom.networks.vgg16 import our_name

    with torch.device("meta"):
        shapes = {name: value.shape for name, value in VGG16Classifier().state_dict().items()}
    published = {
        f"{part}.{index}.{value}"
        for part, count in (("features", 29), ("classifier", 7))
        for index in range(count)
        for value in ("weight", "bias")
    }
    state = {}
    for name in published:
        try:
            state[name] = torch.zeros(1).expand(shapes[our_name(name)])
        except KeyError:  # a ReLU, a pooling or a dropout has this number
            continue
    assert len(state) == len(shapes) == 32
    state["classifier.6.bias"] = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    file = tmp_path / "vgg16.pth"
    torch.save(state, file)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setitem(load_vgg16.__globals__, "PUBLISHED_SHA256", sha256[:8])
    classifier = load_classifier("vgg16", file)
    assert (classifier.name, classifier.sha256) == ("vgg16", sha256)
    found = classifier.probabilities(np.full((1, 256, 256, 3), 90, np.uint8))
    np.testing.assert_allclose(found[0], torch.softmax(state["classifier.6.bias"], 0).numpy(), rtol=1e-5)


def test_an_unknown_name_or_a_missing_file_is_explained(tmp_path):
    with pytest.raises(EvaluationError, match=f"'resnet'; take one of: {', '.join(CLASSIFIERS)}"):
        load_classifier("resnet")
    with pytest.raises(EvaluationError, match=r"vgg16=PATH/vgg16-397923af\.pth"):
        load_classifier("vgg16")
    with pytest.raises(EvaluationError, match=r"cannot read .*absent\.pth"):
        load_classifier("vgg16", tmp_path / "absent.pth")
    (tmp_path / "page.pth").write_text("<html>quota exceeded</html>")
    with pytest.raises(EvaluationError, match="the published vgg16 begins with 397923af"):
        load_classifier("vgg16", tmp_path / "page.pth")
