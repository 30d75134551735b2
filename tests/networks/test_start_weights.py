"""Start weights: what a fit starts from."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_sample_image

from skdenoise import UNetDenoiser, add_noise, psnr
from skdenoise.networks.architecture import check_architecture
from skdenoise.networks.start import start_weights


@pytest.fixture(scope="module")
def images():
    """Parts of a photograph, grey, of 32x32 pixels."""
    grey = load_sample_image("china.jpg")[:256, :256, 1] / np.float32(255)
    return grey.reshape(8, 32, 8, 32).swapaxes(1, 2).reshape(64, 32, 32, 1)


def of_few_steps(images, **params):
    params = {"noise_factor": 0.2, "epochs": 2, "batch_size": 32, **params}
    return UNetDenoiser(**params).fit(images)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_fit_of_few_steps_denoises(images, channels):
    images = np.repeat(images, channels, axis=-1)
    noisy = add_noise(images, noise_factor=0.2, random_state=1)
    params = {"learning_rate": 1e-5, "random_state": 0}
    quality = {
        init: psnr(images, of_few_steps(images, init=init, **params).transform(noisy), data_range=1)
        for init in ("auto", "pretrained")
    }
    np.testing.assert_array_equal(quality["auto"], quality["pretrained"])
    assert quality["auto"].mean() > psnr(images, noisy, data_range=1).mean() + 4
    with pytest.warns(match="learned nothing"):
        of_few_steps(images, init="random", **params)


def test_a_seed_still_decides_order_and_noise(images):
    first, same, other = (of_few_steps(images, random_state=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.transform(images), same.transform(images))
    assert not np.array_equal(first.transform(images), other.transform(images))
    np.testing.assert_array_equal(clone(first).fit(images).history_["loss"], first.history_["loss"])


def test_weights_of_the_package_are_not_changed_by_a_fit(images):
    before = [
        w.copy()
        for w in start_weights(check_architecture("compact", None, 1), "auto", (32, 32), suits=True)
    ]
    of_few_steps(images, random_state=0)
    after = start_weights(check_architecture("compact", None, 1), "auto", (32, 32), suits=True)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("network", "filters", "channels", "linear"),
    [
        ("compact", (4, 8), 1, False),
        ("compact", (4, 8), 1, True),
        ("compact", (32,), 1, True),
        ("compact", None, 2, False),
        ("classic", None, 1, False),
    ],
)
def test_other_networks_start_at_random(network, filters, channels, linear):
    architecture = check_architecture(network, filters, channels, linear)
    assert start_weights(architecture, "auto", (32, 32), suits=True) is None
    with pytest.raises(ValueError, match="no start weights for"):
        start_weights(architecture, "pretrained", (32, 32), suits=True)


def test_tiny_images_start_at_random_unless_told_otherwise():
    architecture = check_architecture("compact", None, 1)
    assert start_weights(architecture, "auto", (16, 16), suits=True) is None
    assert start_weights(architecture, "pretrained", (16, 16), suits=True) is not None


def test_other_noise_starts_at_random_unless_told_otherwise():
    architecture = check_architecture("compact", None, 1)
    assert start_weights(architecture, "auto", (32, 32), suits=False) is None
    assert start_weights(architecture, "pretrained", (32, 32), suits=False) is not None


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("supervision", ["self", "recorrupted"])
def test_a_fit_of_few_steps_on_noisy_images_alone_denoises(images, channels, supervision):
    images = np.repeat(images, channels, axis=-1)
    noisy = add_noise(images, noise_factor=0.2, random_state=1)
    params = {"supervision": supervision, "value_range": (0, 1), "random_state": 0}
    denoised = of_few_steps(noisy, batch_size=16, **params).transform(noisy)
    quality = [psnr(images, other, data_range=1).mean() for other in (noisy, denoised)]
    print(quality)
    assert quality[1] > quality[0] + 4


def test_an_unknown_start_is_refused(images):
    with pytest.raises(ValueError, match="init='imagenet' is not one of auto, pretrained, random"):
        UNetDenoiser(init="imagenet").fit(images)
    with pytest.raises(ValueError, match="is not one of auto, pretrained, random"):
        UNetDenoiser(init=np.zeros(3)).fit(images)


def test_a_fit_goes_on_from_what_it_has_learned(images):
    denoiser = of_few_steps(images, random_state=0, warm_start=True)
    once = denoiser.model_.get_weights()
    denoiser.set_params(learning_rate=1e-9).fit(images)
    for a, b in zip(once, denoiser.model_.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize(
    ("params", "steps"),
    [
        ({}, 1250),
        ({"noise_factor": (0, 0.5)}, 1250),
        ({"init": "random"}, 2500),
        ({"noise": "motion_blur"}, 2500),
        ({"noise": "motion_blur", "init": "pretrained"}, 2500),
        ({"filters": (4, 8)}, 2500),
        ({"loss": "mse"}, 2500),
        ({"supervision": "self"}, 1250),
        ({"supervision": "self_rows"}, 2500),
        ({"supervision": "recorrupted", "noise_factor": 0.2}, 1250),
    ],
)
def test_only_where_the_start_knows_the_noise_a_fit_is_shorter(images, params, steps, monkeypatch):
    plans = []

    def stop(plan, *arguments, **keywords):
        plans.append(plan)
        raise InterruptedError

    monkeypatch.setattr("skdenoise.training.with_labels.train", stop)
    with pytest.raises(InterruptedError):
        UNetDenoiser(**params).fit(images)
    assert plans[0].epochs * plans[0].steps_per_epoch == pytest.approx(steps, rel=0.01)
