"""Crops that depend on the seed and the step alone, shared by processes, and taken on a device."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from photochrom.data.crops import CropSampler, center_squares
from photochrom.data.decoding import decode_all
from photochrom.data.device_cache import triangle_filter
from photochrom.data.mixture import Mixture


@pytest.fixture
def sampler():
    photographs = [np.full((40 + index, 60, 3), index, np.uint8) for index in range(10)]
    return CropSampler(photographs, size=32, batch=4, seed=3)


@pytest.fixture(scope="module")
def photographs(real):
    return decode_all(real[:24], short_side=192)


def test_a_step_gives_the_same_crops_again_and_another_step_gives_others(sampler):
    assert (sampler.draw(5) == sampler.draw(5)).all()
    assert sampler.indices(5) != sampler.indices(6)


def test_batches_from_a_later_step_continue_the_sequence(sampler):
    late = sampler.batches(7)
    assert (next(late) == sampler.draw(7)).all()
    assert (next(late) == sampler.draw(8)).all()


def test_every_photograph_comes_once_an_epoch(sampler):
    seen = [index for step in range(5) for index in sampler.indices(step)]  # 20 draws, two epochs of 10
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]


def test_weights_decide_how_often_a_source_is_shown(sampler):
    weighted = replace(sampler, weights=Mixture(counts=(2, 8), weights=(3, 1)))
    seen = [index for step in range(100) for index in weighted.indices(step)]  # 400 draws: one epoch
    assert sum(index < 2 for index in seen) == 300
    with pytest.raises(ValueError, match="9 photographs"):
        replace(sampler, weights=Mixture(counts=(2, 7), weights=(3, 1)))


@pytest.mark.parametrize("world", [2, 4])
@pytest.mark.parametrize("weights", [None, Mixture((8, 16), (1, 1))])
def test_the_shares_of_all_ranks_are_the_batch_of_one_process(photographs, world, weights):
    whole = CropSampler(photographs, size=64, batch=8, seed=1, weights=weights)
    for step in (0, 5):
        shares = [replace(whole, rank=rank, world=world).draw(step) for rank in range(world)]
        assert all(len(share) == 8 // world for share in shares)
        assert torch.equal(torch.cat(shares), whole.draw(step))


def test_a_batch_that_cannot_be_shared_is_refused(sampler):
    with pytest.raises(ValueError, match="multiple of 3"):
        replace(sampler, world=3)


def test_a_crop_shows_a_region_of_the_photograph_as_it_is():
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[None, :, None], (64, 64, 3)).copy()
    sampler = CropSampler([ramp], size=32, batch=1, seed=0, smallest=0.5)
    for step in range(8):
        crop = sampler.draw(step)[0, 0].numpy().astype(int)
        assert (np.ptp(crop, axis=0) <= 1).all()  # columns stay columns
        slopes = np.diff(crop[0])
        assert (slopes >= 0).all() or (slopes <= 0).all()
        assert 14 <= np.ptp(crop) <= 63


@pytest.mark.parametrize("size", [96, 192, 224])  # shrinking, as it is, enlarging
def test_crops_on_a_device_differ_by_rounding_alone(photographs, size):
    here = CropSampler(photographs, size=size, batch=16, seed=2)
    there = here.on("cpu")
    off = (here.draw(3).int() - there.draw(3).int()).abs()
    assert off.max() <= 2
    assert off.float().mean() < 0.3
    assert replace(there, size=64).cache is there.cache


def test_the_triangle_filter_is_that_of_interpolate_in_floats():
    random = torch.rand(3, 1, 90, 70, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for size in (32, 100):
        wanted = F.interpolate(random.float(), size=(size, size), mode="bilinear", antialias=True)[:, 0]
        rows, columns = (triangle_filter(torch.tensor([side]), side, size)[0] for side in (90, 70))
        torch.testing.assert_close(rows @ random[:, 0].float() @ columns.T, wanted, atol=1e-5, rtol=0)


def test_center_squares_take_the_middle():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    assert (center_squares([wide], 8) == 200).all()
