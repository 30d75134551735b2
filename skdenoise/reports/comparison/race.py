"""The race: conditions train on more and more noisy copies, and those that cannot win are given up."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby

from skdenoise.reports.comparison.trained import Choice

# Time of a round, as a multiple of that of the first one.
_TIME_OF_A_ROUND = 2
# But so many may go on in any case: which of two is better may depend on the number of copies.
_LEAST_STAYING = 2
# Of scores that are equal up to rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Entrant:
    """One setting of a condition, which can be trained on any number of noisy copies.

    Parameters
    ----------
    condition : Condition
        The condition that it is a setting of.
    train : callable
        ``train(n_copies)`` returns the trained classifier; with 0 copies, trained on clean images.
    on_clean : bool
        Whether clean images are an alternative to noisy copies.
    """

    condition: object
    train: Callable
    on_clean: bool = False


@dataclass(frozen=True, eq=False)
class _Runner:
    """An entrant in the race, with its best candidate so far."""

    entrant: Entrant
    setting: int
    score: float = -math.inf
    best: object = None
    n_copies: int = 0
    # Its score with `n_copies` copies, which may be below the best score.
    reached: float = -math.inf
    # Gain of the last round for each doubling of the copies. Infinite before the second round.
    gain: float = math.inf

    def run(self, n_copies, score):
        """Return it after one more candidate. Of equals, the earlier one stays."""
        trained = self.entrant.train(n_copies)
        reached = score(trained)
        after = replace(self, n_copies=n_copies, reached=reached)
        if self.best is not None and reached <= self.score:
            return after
        choice = Choice(self.setting, n_copies)
        return replace(after, score=reached, best=replace(trained, choice=choice))

    def go_on(self, n_copies, score):
        """Return it after one more round."""
        after = self.run(n_copies, score)
        return replace(
            after, gain=(after.reached - self.reached) / math.log2(n_copies / self.n_copies)
        )

    def prospect(self, n_copies):
        """Return its score after one more round if it gained as much for twice the copies as in the last one."""
        # On digits, gains are half of those of the round before on average, and up to 1.1 times as large (five classifiers,
        # three noise levels, with PCA and without). With half of the gain, an SVC that was trained on noise would be
        # given up at 0.6, where it ends 0.6 points ahead of PCA.
        return max(self.score, self.reached + self.gain * math.log2(n_copies / self.n_copies))

    def given_up(self):
        """Return its best candidate, marked as given up."""
        return replace(self.best, choice=replace(self.best.choice, given_up=True))


def race(entrants, n_copies, score, *, gives_up=True):
    """Train entrants on more and more noisy copies, and yield the best candidate of each condition.

    This is successive halving [1]_, with noisy copies as the resource. After the first round, the best
    setting of each condition goes on. Then a condition leaves if it would stay behind the best one even with the
    gain of its last round for each doubling of the copies, because gains get smaller. Of the rest, the best
    continue: as many as can train on the next number of copies in twice the time of the first round, and at least
    two. Of five conditions, three train on four times as many copies, and two on sixteen times as many. Two are
    kept because training on noise needs more copies than PCA, and would be given up too early. If only two are
    left, they go straight to the last round.

    Parameters
    ----------
    entrants : list of Entrant
        Those that compete with each other, the settings of a condition in a row.
    n_copies : tuple of int
        Numbers of noisy copies to choose from.
    score : callable
        ``score(trained)`` returns the score on validation images.
    gives_up : bool
        Whether conditions leave. If not, all train on all numbers of copies.

    Yields
    ------
    condition, best : Condition, Trained
        Those that are given up first come first. Of candidates with the same score, the one with fewer
        copies is the best.

    References
    ----------
    .. [1] K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter
       optimization", AISTATS 2016.
    """
    first, *rounds = sorted(set(n_copies))
    running = [_first_round(settings, first, score) for settings in _by_condition(entrants)]
    budget = _TIME_OF_A_ROUND * len(running) * first
    while rounds and running:
        if gives_up and len(running) <= _LEAST_STAYING:
            rounds = rounds[-1:]
        following, *rounds = rounds
        ranked = sorted(running, key=lambda runner: runner.score, reverse=True)
        n_staying = max(_LEAST_STAYING, math.ceil(budget / following))
        needed = ranked[0].score - _ROUNDING
        in_reach = [runner for runner in ranked if not runner.prospect(following) < needed]
        staying = in_reach[:n_staying] if gives_up else ranked
        leaving = [runner for runner in ranked if runner not in staying]
        yield from ((runner.entrant.condition, runner.given_up()) for runner in reversed(leaving))
        running = [runner.go_on(following, score) for runner in staying]
    yield from ((runner.entrant.condition, runner.best) for runner in running)


def follow(entrants, choices):
    """Train only what a race has chosen, and yield it for each condition.

    Parameters
    ----------
    entrants : list of Entrant
        As in the race.
    choices : dict of Condition to Choice
        The result of the race.

    Yields
    ------
    condition, trained : Condition, Trained
    """
    for settings in _by_condition(entrants):
        condition = settings[0].condition
        choice = choices[condition]
        trained = settings[choice.setting].train(choice.n_copies)
        yield condition, replace(trained, choice=choice)


def _by_condition(entrants):
    """Return the settings of each condition."""
    return [list(settings) for _, settings in groupby(entrants, key=lambda one: one.condition)]


def _first_round(settings, n_copies, score):
    """Return the best setting of a condition."""
    numbers = (0, n_copies)
    runners = []
    for number, entrant in enumerate(settings):
        runner = _Runner(entrant, number)
        for n in numbers if entrant.on_clean else numbers[1:]:
            runner = runner.run(n, score)
        runners.append(runner)
    return max(runners, key=lambda runner: runner.score)
