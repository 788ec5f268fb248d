"""VGG-16 against the published names and shapes, and against a plain reading of configuration D."""

import hashlib

import pytest
import torch
from torch import nn

from photochrom.networks.vgg16 import VGG16, WeightFileError, load_vgg16, load_vgg16_features

# Index in torchvision's `features` of each convolution of configuration D, by its channels: an M halves, and every
# convolution is followed by a ReLU.
CONFIGURATION = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


def published_network() -> tuple[nn.Sequential, nn.Sequential]:
    """`features` and `classifier` as torchvision numbers them, with random weights."""
    torch.manual_seed(0)
    features: list[nn.Module] = []
    inputs = 3
    for entry in CONFIGURATION:
        if entry == "M":
            features.append(nn.MaxPool2d(2, 2))
        else:
            features += [nn.Conv2d(inputs, entry, 3, padding=1), nn.ReLU()]
            inputs = entry
    classifier = [nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()]
    return nn.Sequential(*features).eval(), nn.Sequential(*classifier, nn.Linear(4096, 1000)).eval()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """(file, features, classifier): a random state dict of the right keys and shapes, and what it was taken from."""
    features, classifier = published_network()
    state = {f"features.{name}": value for name, value in features.state_dict().items()}
    state |= {f"classifier.{name}": value for name, value in classifier.state_dict().items()}
    file = tmp_path_factory.mktemp("vgg") / "vgg16.pth"
    torch.save(state, file)
    return file, features, classifier


@pytest.fixture(scope="module")
def picture():
    return torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))


def normalized(rgb):
    """By the constants that torchvision documents for its ImageNet weights."""
    return (rgb - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[
        :, None, None
    ]


def test_the_classifier_equals_the_published_architecture(published, picture):
    file, features, classifier = published
    with torch.inference_mode():
        wanted = classifier(features(normalized(picture)).flatten(1))
        torch.testing.assert_close(load_vgg16(file, verify=False)(picture), wanted, rtol=1e-4, atol=1e-5)


def test_the_parameters_are_as_many_as_published():
    # Simonyan and Zisserman, table 2: 138 million in configuration D; torchvision counts 138,357,544.
    with torch.device("meta"):
        features, classifier = published_network()
        ours = VGG16(fully_connected=True)
    count = sum(p.numel() for part in (features, classifier) for p in part.parameters())
    assert count == 138_357_544
    assert sum(p.numel() for p in ours.parameters()) == count - 4_097_000  # fc8


def test_taps_come_after_their_relu_at_their_stride(published, picture):
    file, features, _ = published
    network = load_vgg16_features(file, gray=False, verify=False)
    with torch.inference_mode():
        taps = network(picture[:, :, :64, :96])
        up_to_conv3_2 = features[:14](normalized(picture[:, :, :64, :96]))  # its ReLU is the 14th module
    assert {name: (tap.shape[1], 64 // tap.shape[2], 96 // tap.shape[3]) for name, tap in taps.items()} == {
        name: (channels, stride, stride) for name, (channels, stride) in network.taps.items()
    }
    torch.testing.assert_close(taps["conv3_2"], up_to_conv3_2, rtol=1e-4, atol=1e-5)


def test_gray_levels_give_what_three_equal_channels_gave_away_from_the_edge(published, picture):
    file, _, _ = published
    gray = picture[:, :1, :64, :64]
    with torch.inference_mode():
        wanted = load_vgg16_features(file, gray=False, verify=False)(gray.repeat(1, 3, 1, 1))["conv1_2"]
        found = load_vgg16_features(file, verify=False)(gray)["conv1_2"]
    torch.testing.assert_close(found[..., 2:-2, 2:-2], wanted[..., 2:-2, 2:-2], rtol=1e-4, atol=1e-5)
    assert (found - wanted).abs().max() < 0.1 * wanted.abs().max()


def test_fully_connected_layers_as_convolutions_see_the_picture_as_the_classifier_does(published, picture):
    file, features, classifier = published
    network = load_vgg16_features(file, gray=False, fully_connected=True, verify=False)
    with torch.inference_mode():
        wanted = classifier[:5](features(normalized(picture)).flatten(1))  # to the ReLU after the second layer
        found = network(picture)["fc7"]
    assert found.shape == (1, 4096, 7, 7)
    torch.testing.assert_close(found[..., 3, 3], wanted, rtol=1e-4, atol=1e-5)  # the middle window is the whole picture


def test_a_file_with_another_checksum_is_refused_by_name(published):
    with pytest.raises(WeightFileError, match="begins with 397923af"):
        load_vgg16(published[0])


def test_a_file_with_the_published_checksum_is_taken(published, monkeypatch):
    file = published[0]
    beginning = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    monkeypatch.setitem(load_vgg16.__globals__, "PUBLISHED_SHA256", beginning)
    assert load_vgg16_features(file).layers["conv1_1"].in_channels == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("features.7.bias"), r"conv2_2\.bias"),
        (lambda state: state.update({"features.3.weight": torch.zeros(1)}), r"features\.3"),
        (lambda state: state.update({"classifier.6.bias": torch.zeros(10)}), r"fc8\.bias"),
    ],
    ids=["missing", "extra", "shape"],
)
def test_a_missing_extra_or_misshapen_layer_is_refused_by_name(published, tmp_path, change, message):
    # Of one value each, repeated: a file of the right keys and shapes in a few kilobytes.
    state = {
        name: torch.zeros(1).expand(value.shape)
        for name, value in torch.load(published[0], weights_only=True, mmap=True).items()
    }
    change(state)
    torch.save(state, tmp_path / "changed.pth")
    with pytest.raises(WeightFileError, match=message):
        load_vgg16(tmp_path / "changed.pth", verify=False)


def test_a_file_that_is_no_state_dict_or_missing_is_refused(tmp_path):
    (tmp_path / "page.pth").write_text("<html>quota exceeded</html>")
    with pytest.raises(WeightFileError, match="not torchvision's vgg16"):
        load_vgg16(tmp_path / "page.pth", verify=False)
    with pytest.raises(WeightFileError, match=r"cannot read .*; give the path"):
        load_vgg16(tmp_path / "absent.pth")
