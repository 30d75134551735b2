"""How long each network is trained."""

import numpy as np
import pytest

from skdenoise import UNetDenoiser
from skdenoise.networks.architecture import check_architecture
from skdenoise.networks.by_name import NETWORKS


@pytest.mark.parametrize("n_images", [1, 200, 1797, 10_000, 30_000, 54_000, 1_000_000])
def test_a_fit_is_2500_steps_by_default_whatever_the_number_of_images(n_images):
    epochs, steps = NETWORKS["compact"].recipe.length(n_images, 16)
    assert epochs * steps == pytest.approx(2500, rel=0.01)
    assert steps <= max(25, min(250, np.ceil(n_images / 16)))


@pytest.mark.parametrize(
    ("n_images", "size", "steps", "batch_size"),
    [(64, (8, 8), 1000, 64), (63, (8, 8), 2500, 16), (500, (1, 257), 2500, 16)],
)
def test_many_tiny_images_are_learned_from_in_fewer_larger_steps(n_images, size, steps, batch_size):
    recipe = NETWORKS["compact"].recipe.for_images(n_images, size)
    assert (recipe.steps, recipe.batch_size) == (steps, batch_size)
    classic = NETWORKS["classic"].recipe
    assert classic.for_images(n_images, size) == classic


@pytest.mark.parametrize(
    ("size", "params", "filters"),
    [
        ((8, 8), {}, (32,)),
        ((8, 8), {"init": "pretrained"}, (32, 64)),
        ((8, 8), {"filters": (4, 8)}, (4, 8)),
        ((8, 8), {"network": "classic"}, (64, 128, 256)),
        ((20, 20), {}, (32, 64)),
        ((20, 20), {"patch_size": (8, 12)}, (32,)),
    ],
)
def test_the_size_of_images_or_patches_decides_the_default_filters(size, params, filters):
    images = np.random.default_rng(0).uniform(size=(4, *size))
    denoiser = UNetDenoiser(epochs=1, random_state=0, **params).fit(images)
    expected = check_architecture(denoiser.network, filters, channels=1).graph.weight_shapes
    assert [weight.shape for weight in denoiser.model_.get_weights()] == expected


def test_from_start_weights_a_fit_takes_half_as_many_steps():
    networks = {name: NETWORKS[name].recipe for name in ("compact", "bias_free", "classic")}
    assert networks["compact"].from_start().steps == networks["compact"].steps / 2
    assert all(networks[n].from_start() == networks[n] for n in ("bias_free", "classic"))
    tiny = networks["compact"].tiny
    assert tiny.from_start() == tiny
