"""Inception v3 against a plain reading of the published network, layer by layer under the names of its weight files."""

import pytest
import torch
from torch.nn import functional as F

from photochrom.networks.inception import InceptionFeatures, InceptionFileError, load_inception, published_shapes

# torchvision documents 27,161,264 parameters for inception_v3. Of these the classifier has 2048 x 1000 + 1000, and the
# one that helps in training 768 x 128 + 2 x 128, 128 x 768 x 25 + 2 x 768, and 768 x 1000 + 1000.
PUBLISHED_PARAMETERS = 27_161_264 - 2_049_000 - (98_560 + 2_459_136 + 769_000)


class PlainInception:
    """The network as functions of a state dict; the first pass makes random weights of the shapes it needs."""

    def __init__(self, *, as_fid):
        self.as_fid = as_fid
        self.random = torch.Generator().manual_seed(0)
        self.state = {}

    def conv(self, x, name, outputs, kernel, stride=1, padding=0):
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        if f"{name}.conv.weight" not in self.state:
            spread = (2 / (x.shape[1] * kernel[0] * kernel[1])) ** 0.5
            self.state |= {
                f"{name}.conv.weight": spread * torch.randn(outputs, x.shape[1], *kernel, generator=self.random),
                f"{name}.bn.weight": 0.8 + 0.4 * torch.rand(outputs, generator=self.random),
                f"{name}.bn.bias": 0.1 * torch.randn(outputs, generator=self.random),
                f"{name}.bn.running_mean": 0.1 * torch.randn(outputs, generator=self.random),
                f"{name}.bn.running_var": 0.5 + torch.rand(outputs, generator=self.random),
                f"{name}.bn.num_batches_tracked": torch.tensor(7),
            }
        weight, *norm = (
            self.state[f"{name}.{value}"]
            for value in ("conv.weight", "bn.running_mean", "bn.running_var", "bn.weight", "bn.bias")
        )
        return F.relu(F.batch_norm(F.conv2d(x, weight, stride=stride, padding=padding), *norm, eps=0.001))

    def mean(self, x):
        return F.avg_pool2d(x, 3, 1, 1, count_include_pad=not self.as_fid)

    def a(self, x, name, pooled):
        one = self.conv(x, f"{name}.branch1x1", 64, 1)
        five = self.conv(self.conv(x, f"{name}.branch5x5_1", 48, 1), f"{name}.branch5x5_2", 64, 5, padding=2)
        three = self.conv(x, f"{name}.branch3x3dbl_1", 64, 1)
        three = self.conv(three, f"{name}.branch3x3dbl_2", 96, 3, padding=1)
        three = self.conv(three, f"{name}.branch3x3dbl_3", 96, 3, padding=1)
        return torch.cat([one, five, three, self.conv(self.mean(x), f"{name}.branch_pool", pooled, 1)], 1)

    def c(self, x, name, width):
        one = self.conv(x, f"{name}.branch1x1", 192, 1)
        seven = self.conv(x, f"{name}.branch7x7_1", width, 1)
        seven = self.conv(seven, f"{name}.branch7x7_2", width, (1, 7), padding=(0, 3))
        seven = self.conv(seven, f"{name}.branch7x7_3", 192, (7, 1), padding=(3, 0))
        double = self.conv(x, f"{name}.branch7x7dbl_1", width, 1)
        double = self.conv(double, f"{name}.branch7x7dbl_2", width, (7, 1), padding=(3, 0))
        double = self.conv(double, f"{name}.branch7x7dbl_3", width, (1, 7), padding=(0, 3))
        double = self.conv(double, f"{name}.branch7x7dbl_4", width, (7, 1), padding=(3, 0))
        double = self.conv(double, f"{name}.branch7x7dbl_5", 192, (1, 7), padding=(0, 3))
        return torch.cat([one, seven, double, self.conv(self.mean(x), f"{name}.branch_pool", 192, 1)], 1)

    def e(self, x, name):
        one = self.conv(x, f"{name}.branch1x1", 320, 1)
        three = self.conv(x, f"{name}.branch3x3_1", 384, 1)
        row = self.conv(three, f"{name}.branch3x3_2a", 384, (1, 3), padding=(0, 1))
        column = self.conv(three, f"{name}.branch3x3_2b", 384, (3, 1), padding=(1, 0))
        double = self.conv(self.conv(x, f"{name}.branch3x3dbl_1", 448, 1), f"{name}.branch3x3dbl_2", 384, 3, padding=1)
        row2 = self.conv(double, f"{name}.branch3x3dbl_3a", 384, (1, 3), padding=(0, 1))
        column2 = self.conv(double, f"{name}.branch3x3dbl_3b", 384, (3, 1), padding=(1, 0))
        pooled = F.max_pool2d(x, 3, 1, 1) if self.as_fid and name == "Mixed_7c" else self.mean(x)
        return torch.cat([one, row, column, row2, column2, self.conv(pooled, f"{name}.branch_pool", 192, 1)], 1)

    def __call__(self, images):
        x = 2 * F.interpolate(images, (299, 299), mode="bilinear", align_corners=False) - 1
        x = self.conv(x, "Conv2d_1a_3x3", 32, 3, stride=2)
        x = self.conv(x, "Conv2d_2a_3x3", 32, 3)
        x = F.max_pool2d(self.conv(x, "Conv2d_2b_3x3", 64, 3, padding=1), 3, 2)
        x = self.conv(self.conv(x, "Conv2d_3b_1x1", 80, 1), "Conv2d_4a_3x3", 192, 3)
        x = F.max_pool2d(x, 3, 2)
        for letter, pooled in zip("bcd", (32, 64, 64), strict=True):
            x = self.a(x, f"Mixed_5{letter}", pooled)
        double = self.conv(self.conv(x, "Mixed_6a.branch3x3dbl_1", 64, 1), "Mixed_6a.branch3x3dbl_2", 96, 3, padding=1)
        double = self.conv(double, "Mixed_6a.branch3x3dbl_3", 96, 3, stride=2)
        x = torch.cat([self.conv(x, "Mixed_6a.branch3x3", 384, 3, stride=2), double, F.max_pool2d(x, 3, 2)], 1)
        for letter, width in zip("bcde", (128, 160, 160, 192), strict=True):
            x = self.c(x, f"Mixed_6{letter}", width)
        three = self.conv(self.conv(x, "Mixed_7a.branch3x3_1", 192, 1), "Mixed_7a.branch3x3_2", 320, 3, stride=2)
        seven = self.conv(x, "Mixed_7a.branch7x7x3_1", 192, 1)
        seven = self.conv(seven, "Mixed_7a.branch7x7x3_2", 192, (1, 7), padding=(0, 3))
        seven = self.conv(seven, "Mixed_7a.branch7x7x3_3", 192, (7, 1), padding=(3, 0))
        seven = self.conv(seven, "Mixed_7a.branch7x7x3_4", 192, 3, stride=2)
        x = torch.cat([three, seven, F.max_pool2d(x, 3, 2)], 1)
        x = self.e(self.e(x, "Mixed_7b"), "Mixed_7c")
        return x.mean((2, 3))


def saved(path, state, *, classes=1008, **changes):
    """A weight file of that state."""
    state = state | {"fc.weight": torch.zeros(1).expand(classes, 2048), "fc.bias": torch.zeros(classes)} | changes
    torch.save({name: value for name, value in state.items() if value is not None}, path)
    return path


def flat_state():
    """The right names and shapes, each one number repeated: a file of some kilobytes."""
    with torch.device("meta"):
        shapes = published_shapes(InceptionFeatures())
    return {name: torch.ones(1).expand(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(("as_fid", "classes"), [(True, 1008), (False, 1000)], ids=["pytorch-fid", "torchvision"])
def test_features_are_those_of_the_published_network(tmp_path, as_fid, classes):
    plain = PlainInception(as_fid=as_fid)
    picture = torch.rand(1, 3, 256, 200, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        wanted = plain(picture)
        helper = {} if as_fid else {"AuxLogits.conv0.conv.weight": torch.zeros(128, 768, 1, 1)}
        network = load_inception(saved(tmp_path / "weights.pth", plain.state, classes=classes, **helper))
        found = network(picture)
    assert network.as_fid is as_fid
    assert found.shape == (1, network.dimensions)
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4 * float(wanted.max()))


def test_the_two_ways_of_pooling_differ(tmp_path):
    plain = PlainInception(as_fid=True)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        as_fid = plain(picture)
        plain.as_fid = False
        assert (plain(picture) - as_fid).abs().max() > 0.05 * as_fid.abs().max()


def test_parameters_are_as_many_as_published():
    with torch.device("meta"):
        network = InceptionFeatures()
    folded_gains = sum(value.numel() for name, value in network.named_parameters() if name.endswith("bias"))
    assert sum(value.numel() for value in network.parameters()) + folded_gains == PUBLISHED_PARAMETERS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Mixed_6c.branch7x7_2.conv.weight": None}, r"Mixed_6c\.branch7x7_2\.conv\.weight is missing there, \(160"),
        ({"Mixed_6c.branch9x9.conv.weight": torch.zeros(1)}, r"branch9x9.* no layer in the published network"),
        ({"Conv2d_1a_3x3.conv.weight": torch.zeros(32, 1, 3, 3)}, r"\(32, 1, 3, 3\) there, \(32, 3, 3, 3\)"),
        ({"fc.weight": torch.zeros(10, 2048)}, r"has 10 classes .* 1008 in pytorch-fid's file and 1000"),
        ({"fc.weight": None}, "has no classes"),
        ({"Mixed_5b.note": "a string"}, "names and tensors"),
    ],
    ids=["missing", "extra", "shape", "classes", "headless", "no tensor"],
)
def test_a_file_of_another_network_is_refused_in_one_line(tmp_path, changes, message):
    with pytest.raises(InceptionFileError, match=message) as caught:
        load_inception(saved(tmp_path / "other.pth", flat_state(), **changes))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_state_dict_or_is_not_there_is_refused(tmp_path):
    (tmp_path / "page.pth").write_text("<html>quota exceeded</html>")
    with pytest.raises(InceptionFileError, match="no state dict of Inception v3"):
        load_inception(tmp_path / "page.pth")
    with pytest.raises(InceptionFileError, match=r"cannot read .*; give the path"):
        load_inception(tmp_path / "absent.pth")
