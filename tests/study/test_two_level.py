import numpy as np
import pytest
from scipy import stats

from photochrom.study.power import draw_tally
from photochrom.study.simulated_people import SimulatedPeople
from photochrom.study.trial_record import TrialRecord
from photochrom.study.two_level import Tally, bootstrap, count, differences, holm, permutation_p, shares


def record(participant, system, fooled, number=0):
    chosen = 0 if fooled else 1
    return TrialRecord(participant, system, "test", number, "p", 0, chosen, fooled, 500, (None, None), True, False)


@pytest.fixture(scope="module")
def answers():
    """Trials as plain lists: participant -> [labelled real?, ...], of unequal length, people unlike each other."""
    random = np.random.default_rng(5)
    return {
        number: (random.random(random.integers(8, 20)) < chance).tolist()
        for number, chance in enumerate(random.beta(3, 6, size=12))
    }


@pytest.fixture(scope="module")
def tally(answers):
    records = [record(person, "one", fooled, n) for person, given in answers.items() for n, fooled in enumerate(given)]
    return count(records, ("one",))


def test_the_share_is_that_of_all_trials(answers, tally):
    (share,) = shares(tally, bootstrap(tally, np.random.default_rng(0)))
    everything = [fooled for given in answers.values() for fooled in given]
    assert share.rate == pytest.approx(np.mean(everything))
    assert (share.trials, share.participants) == (len(everything), 12)


def test_the_bootstrap_agrees_with_drawing_people_and_then_trials_one_by_one(answers, tally):
    random = np.random.default_rng(1)
    brute = []
    for _ in range(4000):
        drawn = [answers[person] for person in random.integers(12, size=12)]
        trials = [given[place] for given in drawn for place in random.integers(len(given), size=len(given))]
        brute.append(np.mean(trials))
    (share,) = shares(tally, bootstrap(tally, np.random.default_rng(2)))
    assert share.error == pytest.approx(np.std(brute), rel=0.05)  # 2000^-1/2 is 2 % for either
    low, high = np.quantile(brute, [0.025, 0.975])
    assert (share.low, share.high) == pytest.approx((low, high), abs=0.012)


def test_the_error_is_that_of_the_formula_of_both_levels():
    random = np.random.default_rng(3)
    people, trials = 30, 25
    labelled = random.binomial(trials, random.beta(4, 8, people))[:, None]
    tally = Tally(("one",), tuple(range(people)), labelled, np.full((people, 1), trials))
    resampled = bootstrap(tally, np.random.default_rng(4), 40_000)
    observed = labelled[:, 0] / trials
    between, within = observed.var(), (observed * (1 - observed)).mean() / trials
    assert resampled.std() == pytest.approx(np.sqrt((between + within) / people), rel=0.015)


def test_participants_are_drawn_within_their_own_system_so_that_none_is_ever_without():
    trials = np.array([[10, 0], [10, 0], [0, 10], [0, 10]])
    tally = Tally(("one", "two"), (0, 1, 2, 3), trials // 2, trials)
    assert np.isfinite(bootstrap(tally, np.random.default_rng(0), 2000)).all()


def test_whoever_met_both_systems_is_drawn_with_both():
    random = np.random.default_rng(6)
    ability = random.beta(2, 3, 200)
    trials = np.full((200, 2), 400)
    tally = Tally(("one", "two"), tuple(range(200)), random.binomial(trials, ability[:, None]), trials)
    resampled = bootstrap(tally, np.random.default_rng(7), 2000)
    assert np.corrcoef(resampled.T)[0, 1] > 0.9  # the same people: the same luck


def test_p_between_participants_agrees_with_scipys_permutation_test():
    random = np.random.default_rng(8)
    labelled = np.zeros((16, 2), int)
    trials = np.zeros((16, 2), int)
    trials[:8, 0] = trials[8:, 1] = 20
    labelled[:8, 0] = random.binomial(20, 0.45, 8)
    labelled[8:, 1] = random.binomial(20, 0.3, 8)
    tally = Tally(("one", "two"), tuple(range(16)), labelled, trials)
    ours = permutation_p(tally, 0, 1, np.random.default_rng(9), 20_000)
    exact = stats.permutation_test(
        (labelled[:8, 0], labelled[8:, 1]),
        lambda one, two, axis: np.abs(one.mean(axis=axis) - two.mean(axis=axis)),
        vectorized=True,
        n_resamples=np.inf,
        alternative="greater",
    )
    assert ours == pytest.approx(exact.pvalue, abs=0.012)


def test_p_within_participants_agrees_with_every_exchange_of_signs():
    random = np.random.default_rng(10)
    labelled = random.binomial(15, [[0.45, 0.3]] * 10)
    tally = Tally(("one", "two"), tuple(range(10)), labelled, np.full((10, 2), 15))
    gaps = labelled[:, 0] - labelled[:, 1]
    signs = 1 - 2 * ((np.arange(2**10)[:, None] >> np.arange(10)) & 1)
    exact = (np.abs(signs @ gaps) >= abs(gaps.sum())).mean()
    assert permutation_p(tally, 0, 1, np.random.default_rng(11), 20_000) == pytest.approx(exact, abs=0.012)


def test_holm_agrees_with_its_definition():
    values = np.random.default_rng(12).random(7) ** 3
    order = values.argsort()
    steps = np.maximum.accumulate(values[order] * (7 - np.arange(7))).clip(max=1)
    assert np.array(holm(values.tolist()))[order] == pytest.approx(steps)


def test_one_participant_and_answers_that_never_vary_have_no_interval():
    one = Tally(("one",), (0,), np.array([[3]]), np.array([[10]]))
    never = Tally(("one", "two"), (0, 1, 2, 3), np.zeros((4, 2), int), np.array([[9, 0], [9, 0], [0, 9], [0, 9]]))
    for tally in (one, never):
        for share in shares(tally, bootstrap(tally, np.random.default_rng(0), 200)):
            assert (share.error, share.low, share.high) == (None, None, None)
    (gap,) = differences(never, bootstrap(never, np.random.default_rng(0), 200), np.random.default_rng(0), 99)
    assert (gap.difference, gap.low, gap.wins, gap.p) == (0, None, None, 1.0)
    lone = Tally(("one", "two"), (0, 1), np.array([[3, 0], [0, 2]]), np.array([[9, 0], [0, 9]]))
    assert permutation_p(lone, 0, 1, np.random.default_rng(0), 99) is None


def test_the_order_of_the_answers_does_not_matter_and_the_seed_decides(answers):
    records = [record(person, "one", fooled, n) for person, given in answers.items() for n, fooled in enumerate(given)]
    there, back = (bootstrap(count(each, ("one",)), np.random.default_rng(1), 50) for each in (records, records[::-1]))
    np.testing.assert_array_equal(there, back)


STUDIES = 200


def simulated(studies, resamples, within, seed):
    """Of many simulated studies of two equal systems: how many of the shares' and differences' intervals hold; p."""
    random = np.random.default_rng(seed)
    people = SimulatedPeople({"one": 0.32, "two": 0.32})
    held, gaps_held, values = 0, 0, []
    for _ in range(studies):
        tally = draw_tally(people, ("one", "two"), 40 if within else 60, 18, random, within=within)
        resampled = bootstrap(tally, random, resamples)
        held += sum(share.low <= 0.32 <= share.high for share in shares(tally, resampled))
        (gap,) = differences(tally, resampled, random, resamples - 1)
        gaps_held += gap.low <= 0 <= gap.high
        values.append(gap.p)
    return held / (2 * studies), gaps_held / studies, values


@pytest.mark.parametrize("within", [False, True])
def test_over_200_studies_intervals_hold_and_p_of_equal_systems_is_uniform(within):
    held, gaps_held, values = simulated(STUDIES, 400, within, seed=20)
    assert 0.90 <= held <= 0.99
    assert 0.90 <= gaps_held <= 0.99
    assert stats.kstest(values, "uniform").pvalue > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("within", [False, True])
def test_over_2000_studies_the_test_keeps_its_level(within):
    held, _, values = simulated(2000, 1000, within, seed=21)
    assert 0.94 <= held <= 0.985
    for level in (0.01, 0.05, 0.2, 0.5):  # four standard deviations of a binomial share of 2000
        assert np.mean(np.array(values) <= level) == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 2000))
