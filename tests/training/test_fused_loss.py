"""The Triton kernels against plain PyTorch: on a GPU where there is one, else in Triton's interpreter."""

import subprocess
import sys

import pytest
import torch

from photochrom.training import fused_loss
from photochrom.training import loss as plain_loss
from photochrom.training.fused_loss import can_fuse
from photochrom.training.loss import SparseCrossEntropy, rebalanced_cross_entropy
from photochrom.training.targets import Targets

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture(scope="module")
def fused():
    """The module with kernels that run here: conftest.py asks for Triton's interpreter where there is no GPU."""
    pytest.importorskip("triton", reason="Triton is not installed: pip install triton (Linux)")
    return fused_loss


def build_case(shape, neighbors, *, dtype=torch.float32, layout=torch.contiguous_format):
    """(logits, indices, weights, importance); the first photograph is gray and has no say."""
    dice = torch.Generator().manual_seed(0)
    photographs, bins, height, width = shape
    places = photographs * height * width
    logits = (4 * torch.randn(shape, generator=dice)).to(dtype).to(memory_format=layout)
    indices = torch.rand(places, bins, generator=dice).argsort(dim=1)[:, :neighbors]
    weights = torch.rand(places, neighbors, generator=dice)
    importance = 3 * torch.rand(places, generator=dice)
    importance[: height * width] = 0
    case = logits, indices, weights / weights.sum(dim=1, keepdim=True), importance
    return [value.to(DEVICE) for value in case]


def loss_and_gradient(function, logits, *rest):
    leaf = logits.detach().clone().requires_grad_()  # keeps the layout
    loss = function(leaf, *rest)
    (2.5 * loss).backward()
    return loss.detach(), leaf.grad


plain = SparseCrossEntropy.apply


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(
    ("shape", "neighbors"),
    [((2, 313, 4, 4), 5), ((3, 313, 3, 5), 10), ((2, 64, 1, 33), 5), ((2, 7, 9, 1), 3)],
)
def test_loss_and_gradient_are_those_of_plain_pytorch(fused, shape, neighbors, dtype, layout):
    case = build_case(shape, neighbors, dtype=dtype, layout=layout)
    loss, gradient = loss_and_gradient(fused.FusedCrossEntropy.apply, *case)
    wanted_loss, wanted = loss_and_gradient(plain, *case)
    torch.testing.assert_close(loss, wanted_loss, rtol=1e-5, atol=1e-4)
    # The plain gradient is rounded twice in a short type; the interpreter cuts where a GPU rounds.
    step = {torch.float32: 1e-5, torch.bfloat16: 2**-6, torch.float16: 2**-9}[dtype]
    torch.testing.assert_close(gradient, wanted, rtol=step, atol=step / 4)
    assert gradient.dtype == dtype
    assert gradient.stride() == wanted.stride()
    assert not gradient[0].any()


def test_logits_cut_out_of_a_larger_array_are_taken_too(fused):
    logits, *rest = build_case((2, 20, 6, 8), 5)
    _, _, height, width = logits.shape
    larger = torch.zeros(2, 20, height + 2, width + 2, device=logits.device)
    larger[:, :, 1:-1, 1:-1] = logits
    cut = larger[:, :, 1:-1, 1:-1].requires_grad_()
    torch.testing.assert_close(fused.FusedCrossEntropy.apply(cut, *rest), plain(logits, *rest), rtol=1e-5, atol=1e-4)


def test_large_logits_do_not_overflow(fused):
    logits, *rest = build_case((1, 313, 2, 3), 5)
    rest[2] = torch.ones_like(rest[2])
    loss, gradient = loss_and_gradient(fused.FusedCrossEntropy.apply, 200 * logits, *rest)
    wanted_loss, wanted = loss_and_gradient(plain, 200 * logits, *rest)
    torch.testing.assert_close(loss, wanted_loss)
    torch.testing.assert_close(gradient, wanted)


def test_the_loss_takes_the_kernel_where_it_can(fused, monkeypatch):
    """What a GPU would do: here `can_fuse` is told so."""
    logits, indices, weights, _ = build_case((2, 313, 4, 4), 5)
    targets = Targets(
        indices.reshape(2, 4, 4, 5), weights.reshape(2, 4, 4, 5), torch.tensor([1.0, 0.0], device=DEVICE)[:, None, None]
    )
    rarity = torch.rand(313, generator=torch.Generator().manual_seed(1)).to(DEVICE)
    monkeypatch.setattr(plain_loss, "can_fuse", lambda logits: False)
    wanted = loss_and_gradient(lambda x: rebalanced_cross_entropy(x, targets, rarity), logits)
    calls = []

    class Counted(fused.FusedCrossEntropy):
        @staticmethod
        def forward(ctx, *arguments):
            calls.append(len(arguments))
            return fused.FusedCrossEntropy.forward(ctx, *arguments)

    monkeypatch.setattr(plain_loss, "can_fuse", lambda logits: True)
    monkeypatch.setattr(plain_loss, "FusedCrossEntropy", Counted)
    found = loss_and_gradient(lambda x: rebalanced_cross_entropy(x, targets, rarity), logits)
    assert calls
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)


def test_logits_on_a_cpu_are_left_to_plain_pytorch():
    assert not can_fuse(torch.zeros(1, 313, 2, 2))


COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from photochrom.training import fused_loss

numbers = dict.fromkeys(("places", "area", "stride_photo", "stride_bin", "stride_place"), "i32")
constants = {"BINS": 313, "K": 5, "BLOCK_PLACES": fused_loss.BLOCK_PLACES, "BLOCK_BINS": fused_loss.BLOCK_BINS}
pointers = {"logits": "*bf16", "indices": "*i64", "gradient": "*bf16"}
for kernel in (fused_loss.forward_kernel, fused_loss.backward_kernel):
    signature = {
        name: "constexpr" if name in constants else numbers.get(name) or pointers.get(name, "*fp32")
        for name in kernel.arg_names
    }
    values = {(kernel.arg_names.index(name),): value for name, value in constants.items()}
    source = ASTSource(fn=kernel, signature=signature, constexprs=values)
    built = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": fused_loss.WARPS})
    print(built.asm["ptx"].count(".entry"), len(built.asm["cubin"]) > 1000)
"""


@pytest.mark.slow
def test_the_kernels_compile_for_an_h100(tmp_path):
    """To machine code, which needs no GPU: the interpreter would run what the compiler refuses."""
    pytest.importorskip("triton", reason="Triton is not installed: pip install triton (Linux)")
    path = ":".join(filter(None, sys.path))
    environment = {"TRITON_CACHE_DIR": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", COMPILE], capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines() == ["1 True", "1 True"], done.stderr[-2000:]
