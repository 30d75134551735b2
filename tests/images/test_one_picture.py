import numpy as np
import pytest
from sklearn.datasets import load_digits, load_sample_images

from skdenoise import FilterDenoiser, NoiseAugmenter, add_noise, estimate_noise, psnr
from skdenoise.images.one_picture import looks_like_one_picture

CHINA, FLOWER = (image[..., 1] / 255 for image in load_sample_images().images)
DIGITS, TARGETS = load_digits(return_X_y=True)
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("sigma", [0, 0.1, 0.2])
@pytest.mark.parametrize(
    "part", [np.s_[:, :], np.s_[:256, :256], np.s_[100:200, 80:200], np.s_[::8, ::8]]
)
def test_a_photograph_is_one_picture_noisy_or_not(part, sigma):
    for photograph in (CHINA[part], FLOWER[part]):
        noisy = photograph + sigma * RNG.standard_normal(photograph.shape)
        assert looks_like_one_picture(noisy)


def sorted_by_class(n):
    return DIGITS[:n][np.argsort(TARGETS[:n], kind="stable")]


FLAT_ROWS = {
    "digits": DIGITS,
    "as many digits as pixels": DIGITS[:64],
    "as many digits, sorted by class": sorted_by_class(64),
    "as many digits, noisy": DIGITS[:64] + 8 * RNG.standard_normal((64, 64)),
    "digits of one class": DIGITS[TARGETS == 0][:128],
    "patches of a photograph, in order": np.concatenate(
        [
            CHINA[y : y + 16, x : x + 16].reshape(1, -1)
            for y in range(0, 400, 25)
            for x in range(600)
        ][::12]
    ),
    "random rows": RNG.random((64, 64)),
    "few random rows": RNG.random((16, 16)),
    "signals": np.sin(np.linspace(0, 20, 256) + 6 * RNG.random((200, 1))),
    "random walks": np.cumsum(RNG.standard_normal((300, 100)), axis=0),
    "constant rows": np.full((50, 50), 0.5),
    "one row": CHINA[:1],
}


@pytest.mark.parametrize("name", FLAT_ROWS)
def test_flat_rows_are_no_picture(name):
    assert not looks_like_one_picture(FLAT_ROWS[name])


def test_mnist_is_no_picture_sorted_or_not(mnist):
    X = mnist[0][:784].reshape(784, -1)
    assert not looks_like_one_picture(X)
    assert not looks_like_one_picture(X[np.argsort(X.mean(axis=1))])


@pytest.mark.parametrize(
    "take",
    [
        lambda X: FilterDenoiser("gaussian").fit(X),
        lambda X: NoiseAugmenter().fit(X),
        lambda X: add_noise(X, random_state=0),
        lambda X: psnr(X, X + 0.1, data_range=1),
        estimate_noise,
    ],
    ids=["FilterDenoiser", "NoiseAugmenter", "add_noise", "psnr", "estimate_noise"],
)
def test_one_picture_given_as_rows_is_warned_of(take):
    picture = CHINA[:256, :256]
    with pytest.warns(UserWarning, match=r"256 flat images of 16x16 pixels.*X\[np.newaxis\]"):
        take(picture)
    take(picture[np.newaxis])  # a warning would be an error


def test_rows_with_an_image_shape_are_not_judged():
    FilterDenoiser("gaussian", image_shape=(1, 640)).fit(CHINA)


def test_one_grey_image_with_a_channel_is_warned_of_but_signals_are_not():
    with pytest.warns(UserWarning, match=r"100 grey images of 120x1 pixels.*X\[np.newaxis\]"):
        add_noise(CHINA[:100, :120, np.newaxis], random_state=0)
    add_noise(FLAT_ROWS["signals"][..., np.newaxis], value_range=(-1, 1), random_state=0)


# After a fit


@pytest.mark.parametrize(
    ("fitted_on", "given", "advice"),
    [
        ((20, 8, 8, 1), (8, 8, 1), r"single image. Give it a leading axis, X\[np.newaxis\]"),
        ((20, 8, 8), (8, 8, 1), r"single image. Give it a leading axis, X\[np.newaxis\]"),
        ((20, 8, 8), (8, 8), r"a single image needs a leading axis, X\[np.newaxis\]"),
        ((20, 64), (8, 8), r"single image. Give it a leading axis, X.reshape\(1, -1\)"),
        ((20, 64), (8, 8, 1), r"single image. Give it a leading axis, X.reshape\(1, -1\)"),
        ((20, 6, 5, 5), (6, 5, 5), r"single image. Give it a leading axis, X\[np.newaxis\]"),
    ],
)
def test_one_image_like_those_of_the_fit_is_refused(fitted_on, given, advice):
    denoiser = FilterDenoiser("gaussian").fit(RNG.random(fitted_on))
    with pytest.raises(ValueError, match=advice):
        denoiser.transform(RNG.random(given))


def test_one_image_of_another_size_is_warned_of_once():
    denoiser = FilterDenoiser("gaussian").fit(RNG.random((20, 8, 8)))
    for image in (RNG.random((9, 10, 1)), CHINA[:40, :48, np.newaxis]):
        with pytest.warns(UserWarning, match="give it a leading axis") as caught:
            denoiser.transform(image)
        assert len(caught) == 1


def test_images_of_one_column_stay_images():
    columns = RNG.random((8, 8, 1))
    denoiser = FilterDenoiser("gaussian").fit(columns)
    assert denoiser.transform(columns).shape == (8, 8, 1)
    rows = FilterDenoiser("gaussian", image_shape=(8, 1)).fit(columns[..., 0])
    assert rows.transform(columns).shape == (8, 8, 1)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 12])
def test_channels_before_height_and_width_are_warned_of(channels):
    with pytest.warns(UserWarning, match="np.moveaxis"):
        FilterDenoiser("gaussian").fit(RNG.random((2, channels, 32, 32)))


@pytest.mark.parametrize("shape", [(2, 32, 32, 5), (2, 16, 16, 31), (2, 20, 30, 100), (2, 2, 9, 4)])
def test_images_of_many_channels_are_not_warned_of(shape):
    FilterDenoiser("gaussian").fit(RNG.random(shape))
