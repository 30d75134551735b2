"""The race of conditions: more noisy copies only for those that validation images leave a chance."""

from dataclasses import replace

import pytest

from skdenoise.reports.comparison.conditions import NOISE_AUGMENTATION, Condition
from skdenoise.reports.comparison.race import Entrant, follow, race
from skdenoise.reports.comparison.trained import Choice, Trained


class Runs:
    """Entrants with known scores for each number of copies, and a record of what was trained."""

    def __init__(self):
        self.trained = []

    def entrant(self, name, scores, setting="", on_clean=False):
        def train(n_copies):
            self.trained.append((name + setting, n_copies))
            return Trained(scores[n_copies], None, 0.0)

        return Entrant(Condition(name, NOISE_AUGMENTATION), train, on_clean)

    def hopeless(self):
        """Return two entrants that are given up first."""
        return [self.entrant(name, {1: 0.1}) for name in ("hopeless", "hopeless too")]

    def race(self, *entrants, n_copies=(1, 4, 16)):
        """Return what was chosen by condition, in the order in which they give up."""
        best = race(list(entrants), n_copies, lambda trained: trained.classifier)
        return {condition.name: trained.choice for condition, trained in best}


@pytest.fixture
def runs():
    return Runs()


def test_as_many_go_on_as_can_train_in_twice_the_time_but_at_least_two(runs):
    entrants = [
        runs.entrant(letter, {1: 0.5 + i / 100, 4: 0.7 + i / 100, 16: 0.9})
        for i, letter in enumerate("abcdefgh")
    ]
    choices = runs.race(*entrants)
    assert [name for name, n_copies in runs.trained if n_copies == 4] == ["h", "g", "f", "e"]
    assert [name for name, n_copies in runs.trained if n_copies == 16] == ["h", "g"]
    assert list(choices) == list("abcdefhg")
    assert choices["a"] == Choice(0, 1, given_up=True)
    assert choices["f"] == Choice(0, 4, given_up=True)
    assert choices["g"] == choices["h"] == Choice(0, 16)


def test_one_that_gains_too_little_to_reach_the_best_is_given_up(runs):
    choices = runs.race(
        runs.entrant("a", {1: 0.7, 4: 0.8, 16: 0.85}),
        runs.entrant("b", {1: 0.75, 4: 0.76}),
        *runs.hopeless(),
    )
    assert choices["b"] == Choice(0, 4, given_up=True)
    assert choices["a"] == Choice(0, 16)


def test_one_that_gains_much_goes_on_before_a_better_one_that_does_not(runs):
    choices = runs.race(
        runs.entrant("a", {1: 0.7, 4: 0.8, 16: 0.85}),
        runs.entrant("b", {1: 0.75, 4: 0.76}),
        runs.entrant("c", {1: 0.6, 4: 0.75, 16: 0.9}),
        *runs.hopeless(),
    )
    assert choices["c"] == Choice(0, 16)
    assert choices["b"] == Choice(0, 4, given_up=True)


def test_gains_are_those_of_noisy_copies_and_not_of_clean_images(runs):
    choices = runs.race(
        runs.entrant("a", {0: 0.85, 1: 0.6, 4: 0.84, 16: 0.95}, on_clean=True),
        runs.entrant("b", {1: 0.85, 4: 0.86, 16: 0.87}),
        *runs.hopeless(),
    )
    assert choices["a"] == Choice(0, 16)


def test_gains_count_for_twice_the_copies(runs):
    choices = runs.race(
        runs.entrant("a", {1: 0.5, 2: 0.52, 16: 0.9}),
        runs.entrant("b", {1: 0.5, 2: 0.51}),
        runs.entrant("c", {1: 0.5, 2: 0.57, 16: 0.58}),
        n_copies=(1, 2, 16),
    )
    assert choices["a"] == Choice(0, 16)
    assert choices["b"] == Choice(0, 2, given_up=True)


def test_one_that_would_draw_level_goes_on(runs):
    choices = runs.race(
        runs.entrant("a", {1: 0.2, 4: 0.3, 16: 0.5}),
        runs.entrant("b", {1: 0.4, 4: 0.4, 16: 0.4}),
        *runs.hopeless(),
    )
    assert choices["a"] == Choice(0, 16)


@pytest.mark.parametrize("score", [float("nan"), -float("inf")])
def test_scores_that_say_nothing_give_up_no_more_than_others(runs, score):
    entrants = [runs.entrant(letter, dict.fromkeys((1, 4, 16), score)) for letter in "abcde"]
    runs.race(*entrants)
    assert [n_copies for _, n_copies in runs.trained].count(16) == 2


def test_a_condition_that_is_alone_goes_straight_to_the_last_round(runs):
    assert runs.race(runs.entrant("a", {1: 0.7, 16: 0.9})) == {"a": Choice(0, 16)}
    assert runs.trained == [("a", 1), ("a", 16)]


def test_copies_that_improve_nothing_are_not_chosen(runs):
    assert runs.race(runs.entrant("a", {1: 0.8, 16: 0.8})) == {"a": Choice(0, 1)}


def test_best_setting_of_each_condition_goes_on(runs):
    small = runs.entrant("a", {1: 0.6}, setting=" small")
    large = runs.entrant("a", {1: 0.7, 16: 0.9}, setting=" large")
    assert runs.race(small, large) == {"a": Choice(1, 16)}
    assert ("a small", 16) not in runs.trained


def test_clean_images_compete_with_noisy_copies(runs):
    entrant = runs.entrant("a", {0: 0.9, 1: 0.8, 4: 0.85}, on_clean=True)
    assert runs.race(entrant, n_copies=(1, 4)) == {"a": Choice(0, 0)}


def test_a_race_of_nobody(runs):
    assert runs.race() == {}


def test_one_number_of_copies_is_no_race(runs):
    entrants = [runs.entrant(name, {4: 0.5}) for name in "abc"]
    assert runs.race(*entrants, n_copies=(4,)) == dict.fromkeys("abc", Choice(0, 4))


def test_numbers_of_copies_may_come_in_any_order(runs):
    entrants = [runs.entrant(name, {1: 0.7, 2: 0.8, 4: 0.9}) for name in "abc"]
    runs.race(*entrants, n_copies=(4, 1, 2, 2))
    assert [n_copies for _, n_copies in runs.trained] == [1, 1, 1, 2, 2, 2, 4, 4]


def test_later_repeats_train_only_what_the_race_has_chosen(runs):
    small = runs.entrant("a", {}, setting=" small")
    large = runs.entrant("a", {16: 0.9}, setting=" large")
    other = runs.entrant("b", {1: 0.5})
    choices = {small.condition: Choice(1, 16), other.condition: Choice(0, 1, given_up=True)}
    followed = dict(follow([small, large, other], choices))
    assert runs.trained == [("a large", 16), ("b", 1)]
    assert followed[other.condition] == replace(
        Trained(0.5, None, 0.0), choice=Choice(0, 1, given_up=True)
    )


def test_without_giving_up_all_train_on_all_numbers_of_copies(runs):
    entrants = [runs.entrant(letter, {1: 0.5, 4: 0.1, 16: 0.9}) for letter in "abc"]
    best = dict(race(entrants, (1, 4, 16), lambda trained: trained.classifier, gives_up=False))
    assert {trained.choice for trained in best.values()} == {Choice(0, 16)}
    assert sorted(runs.trained) == [(letter, n) for letter in "abc" for n in (1, 4, 16)]
