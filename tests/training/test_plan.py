"""How long a fit is, and on what."""

import dataclasses
from typing import ClassVar

import keras
import numpy as np
import pytest
from conftest import quick_denoiser
from test_batches import batches_of

from skdenoise import UNetDenoiser
from skdenoise.networks.by_name import NETWORKS
from skdenoise.training.plan import split


class CountSteps(keras.callbacks.Callback):
    """Writes down, where its deep copies do so too, how many steps were made by the end."""

    found: ClassVar = []

    def on_train_end(self, logs=None):
        self.found.append(int(keras.ops.convert_to_numpy(self.model.optimizer.iterations)))


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, 2), ({"epochs": 2}, 226), ({"early_stopping": True}, 2), ({"batch_size": 600}, 3)],
)
def test_a_fit_makes_the_steps_of_its_recipe_or_of_its_epochs(
    digits, monkeypatch, params, expected
):
    network = NETWORKS["compact"]
    tiny = dataclasses.replace(network.recipe.tiny, steps=2)
    recipe = dataclasses.replace(network.recipe, steps=3, tiny=tiny)
    monkeypatch.setitem(NETWORKS, "compact", dataclasses.replace(network, recipe=recipe))
    CountSteps.found.clear()
    denoiser = UNetDenoiser(filters=(4,), callbacks=[CountSteps()], random_state=0, **params)
    denoiser.fit(digits[0])
    assert CountSteps.found == [expected]
    denoiser.set_params(warm_start=True, epochs=1).fit(digits[0][:32])
    assert denoiser.n_iter_ == len(denoiser.history_["loss"])


@pytest.mark.parametrize(
    ("n_images", "expected"), [(11, (100, 25)), (1600, (25, 100)), (54_000, (10, 250))]
)
def test_an_epoch_takes_neither_one_step_nor_thousands(n_images, expected):
    assert NETWORKS["compact"].recipe.length(n_images, batch_size=16) == expected


def test_early_stopping_may_be_a_boolean_of_numpy(digits):
    plain, numpy = (
        quick_denoiser(epochs=1, early_stopping=value).fit(digits[0][:100])
        for value in (True, np.True_)
    )
    assert numpy.history_ == plain.history_
    assert "val_loss" in numpy.history_


def test_early_stopping_holds_out_a_tenth_but_no_more_than_a_thousand():
    for n_images, expected in ((100, 10), (50_000, 1000)):
        denoiser = UNetDenoiser(early_stopping=True, random_state=0)
        _, held_out = split(
            denoiser, NETWORKS["compact"].recipe, batches_of(n_images, 4).pairs, seed=0
        )
        assert len(held_out) == expected
