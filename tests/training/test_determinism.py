"""The random state decides everything, and nothing else does."""

import subprocess
import sys

import keras
import numpy as np
from conftest import quick_denoiser


def test_same_seed_gives_the_same_denoiser_whatever_ran_before(digits):
    X = digits[0][:300]
    first = quick_denoiser(epochs=2).fit(X)
    quick_denoiser(epochs=1, random_state=5, noise_factor=0.1).fit(X[:100])
    keras.utils.set_random_seed(9)
    again = quick_denoiser(epochs=2).fit(X)
    assert first.history_ == again.history_
    for a, b in zip(first.model_.get_weights(), again.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_same_seed_gives_the_same_denoiser_in_another_process(digits, tmp_path):
    X = digits[0][:300]
    np.save(tmp_path / "X.npy", X)
    program = (
        "import sys; sys.path.insert(0, 'tests'); import numpy as np\n"
        "from conftest import quick_denoiser\n"
        f"X = np.load(r'{tmp_path / 'X.npy'}')\n"
        f"np.save(r'{tmp_path / 'denoised.npy'}', quick_denoiser().fit(X).transform(X))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    np.testing.assert_array_equal(
        np.load(tmp_path / "denoised.npy"), quick_denoiser().fit(X).transform(X)
    )


def test_other_seed_gives_another_denoiser(digits):
    X = digits[0][:300]
    histories = [quick_denoiser(random_state=seed).fit(X).history_ for seed in (0, 1)]
    assert histories[0] != histories[1]


def test_global_random_state_is_left_alone(digits):
    np.random.seed(0)
    expected = np.random.random()
    np.random.seed(0)
    quick_denoiser().fit(digits[0][:100]).score(digits[0][:50])
    assert np.random.random() == expected


def with_dropout(input_shape, seed):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    x = keras.layers.Dropout(0.5, seed=seed)(x)
    return keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(x))


def test_a_network_that_draws_random_numbers_draws_the_same_in_each_fit(digits):
    denoiser = quick_denoiser(network=with_dropout, filters=None, loss="mse")
    keras.utils.set_random_seed(0)
    first = denoiser.fit(digits[0][:100]).history_
    keras.utils.set_random_seed(0)
    assert denoiser.fit(digits[0][:100]).history_ == first
