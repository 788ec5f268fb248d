"""The network against the table of the paper: names, shapes, sizes."""

import torch

from photochrom.color.ab_bins import ab_bins
from photochrom.networks.eccv16 import ECCV16

# (Sequential, index): shape of the weight, as in the authors' released state dict.
CONVOLUTIONS = {
    "model1": {0: (64, 1, 3, 3), 2: (64, 64, 3, 3)},
    "model2": {0: (128, 64, 3, 3), 2: (128, 128, 3, 3)},
    "model3": {0: (256, 128, 3, 3), 2: (256, 256, 3, 3), 4: (256, 256, 3, 3)},
    "model4": {0: (512, 256, 3, 3), 2: (512, 512, 3, 3), 4: (512, 512, 3, 3)},
    "model5": {0: (512, 512, 3, 3), 2: (512, 512, 3, 3), 4: (512, 512, 3, 3)},
    "model6": {0: (512, 512, 3, 3), 2: (512, 512, 3, 3), 4: (512, 512, 3, 3)},
    "model7": {0: (512, 512, 3, 3), 2: (512, 512, 3, 3), 4: (512, 512, 3, 3)},
    "model8": {0: (512, 256, 4, 4), 2: (256, 256, 3, 3), 4: (256, 256, 3, 3), 6: (313, 256, 1, 1)},
}
NORMS = {"model1.4": 64, "model2.4": 128, "model3.6": 256, **{f"model{n}.6": 512 for n in (4, 5, 6, 7)}}


def released_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"model_out.weight": (2, 313, 1, 1)}
    for part, layers in CONVOLUTIONS.items():
        for index, shape in layers.items():
            shapes[f"{part}.{index}.weight"] = shape
            shapes[f"{part}.{index}.bias"] = (shape[1] if len(shape) == 4 and shape[2] == 4 else shape[0],)
    for name, channels in NORMS.items():
        for value in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{value}"] = (channels,)
        shapes[f"{name}.num_batches_tracked"] = ()
    return shapes


def test_names_and_shapes_are_those_of_the_released_state_dict():
    found = {name: tuple(value.shape) for name, value in ECCV16().state_dict().items()}
    assert found == released_shapes()
    assert len(found) == 82


def test_parameters_are_as_many_as_published():
    assert sum(parameter.numel() for parameter in ECCV16().parameters()) == 32_236_011


def test_resolutions_strides_and_dilations_follow_the_table():
    network = ECCV16().eval()
    sizes = []
    x = torch.zeros(1, 1, 64, 64)
    with torch.inference_mode():
        for index in range(1, 9):
            x = getattr(network, f"model{index}")(x)
            sizes.append(x.shape[-1])
    assert sizes == [32, 16, 8, 8, 8, 8, 8, 16]
    dilations = [getattr(network, f"model{index}")[0].dilation[0] for index in range(1, 8)]
    assert dilations == [1, 1, 1, 1, 2, 2, 1]


def test_no_relu_follows_the_prediction_and_batch_norm_follows_the_relu():
    network = ECCV16()
    assert isinstance(network.model8[-1], torch.nn.Conv2d)
    for index in range(1, 8):
        part = getattr(network, f"model{index}")
        assert isinstance(part[-2], torch.nn.ReLU)
        assert isinstance(part[-1], torch.nn.BatchNorm2d)


def test_the_decoding_layer_holds_the_bins_over_110():
    weight = ECCV16().model_out.weight[:, :, 0, 0]
    torch.testing.assert_close(weight.T * 110, torch.tensor(ab_bins()))


def test_a_regression_has_two_outputs_and_no_decoding_layer():
    network = ECCV16(outputs=2)
    names = set(network.state_dict())
    assert names == set(released_shapes()) - {"model_out.weight"}
    assert network.model8[6].weight.shape == (2, 256, 1, 1)
