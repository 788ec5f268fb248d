"""Random tone curves."""

import numpy as np
import torch

from photochrom.training.tone import bend_tone, random_gammas


def test_gammas_follow_seed_and_step_alone_and_have_the_spread_asked_for():
    gammas = random_gammas(3, 1, count=4000, spread=0.2)
    np.testing.assert_array_equal(gammas, random_gammas(3, 1, count=4000, spread=0.2))
    assert not np.array_equal(gammas, random_gammas(4, 1, count=4000, spread=0.2))
    assert abs(np.log(gammas).std() - 0.2) < 0.01
    assert (random_gammas(3, 1, count=5, spread=0.0) == 1).all()


def test_each_photograph_has_its_own_gamma_and_black_and_white_stay():
    lightness = torch.tensor([0.0, 49.0, 100.0]).expand(2, 1, 1, 3)
    bent = bend_tone(lightness, np.array([0.5, 1.0], np.float32))
    torch.testing.assert_close(bent[:, 0, 0], torch.tensor([[0.0, 70.0, 100.0], [0.0, 49.0, 100.0]]))
