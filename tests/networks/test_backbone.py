"""What the backbones promise of their taps, and that gray is told to each in its own terms."""

import pytest
import torch

from photochrom.networks.backbone import BACKBONES, build_backbone
from photochrom.networks.efficientnet_lite import EfficientNetLite


@pytest.mark.parametrize("name", BACKBONES)
def test_taps_have_the_channels_and_strides_they_promise(name):
    with torch.device("meta"):
        backbone = build_backbone(name, fully_connected=True)
        features = backbone(torch.zeros(2, 1, 64, 96))
    assert list(features) == list(backbone.taps)
    for tap_name, tap in backbone.taps.items():
        assert features[tap_name].shape == (2, tap.channels, 64 // tap.stride, 96 // tap.stride)
    strides = [tap.stride for tap in backbone.taps.values()]
    assert strides == sorted(strides)


def test_the_packaged_encoder_gives_what_it_gives_alone():
    torch.manual_seed(0)
    backbone = build_backbone("lite0").eval()
    encoder = EfficientNetLite("lite0").eval()
    encoder.accept_lightness()
    encoder.load_state_dict(backbone.encoder.state_dict())
    lightness = torch.rand(1, 1, 64, 64) * 100
    with torch.inference_mode():
        seen, features = encoder((lightness * 2.55 - 127) / 128), backbone(lightness)
    assert torch.equal(features["block15"], seen.stride32)
    assert torch.equal(features[f"block{encoder.taps[0]}"], seen.stride4)


def test_an_unknown_backbone_is_refused_by_name():
    with pytest.raises(ValueError, match="resnet"):
        build_backbone("resnet")
