"""Model files: a fitted denoiser as parameters in JSON and weights in arrays, without any code.

A file is a zip archive with ``model.json`` and a NumPy array for each weight, ``weights/0.npy`` and
so on. Reading it runs nothing of what is in it.
"""

import json
import math
import zipfile
from itertools import pairwise
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdenoise import noise as noise_models
from skdenoise.io.safety import errors_name, written_whole
from skdenoise.noise.by_name import resolve_noise
from skdenoise.noise.model import NoiseModel

FORMAT, VERSION = "skdenoise model", 1
_DESCRIPTION = "model.json"
_MOST_DESCRIPTION_BYTES = 2**24
_MOST_WEIGHT_BYTES = 2**31
# What only training needs and JSON cannot hold; a loaded denoiser has the default.
_LEFT_OUT = ("callbacks", "random_state")


def save(denoiser, path):
    """Write a fitted `UNetDenoiser` to a file; see `UNetDenoiser.save`."""
    check_is_fitted(denoiser)
    network = denoiser._network
    if not network.architecture.is_built_in:
        raise ValueError(
            f"network={network.architecture.network!r} is a function, and a model file holds no code. "
            "Use pickle, for files that only you and those who trust you will load."
        )
    description = {
        "format": FORMAT,
        "version": VERSION,
        "parameters": _parameters(denoiser),
        "network": {
            "name": network.architecture.network,
            "filters": list(network.architecture.filters),
            "channels": network.architecture.channels,
            "linear": network.architecture.linear,
            "size": list(network.size),
        },
        "learned": _learned(denoiser),
    }
    text = json.dumps(description, indent=1)
    with (
        written_whole(path) as new,
        zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr(_DESCRIPTION, text)
        for index, weight in enumerate(network.weights):
            with archive.open(_weight_name(index), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(weight, np.float32), allow_pickle=False)


def load(path):
    """Read a denoiser from a file that `UNetDenoiser.save` has written.

    Nothing in the file is run, so that files of strangers may be loaded, unlike pickles.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    UNetDenoiser
        Fitted; its output is that of the denoiser that was saved, bit by bit on the same machine.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where the file is no model file, is damaged, is of a newer version, or holds more than 2 GiB.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import UNetDenoiser, load
    >>> X = load_digits().data / 16
    >>> denoiser = UNetDenoiser(noise_factor=0.4, epochs=5, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     denoiser.save(f"{folder}/digits.skdenoise")
    ...     again = load(f"{folder}/digits.skdenoise")
    >>> bool((again.transform(X) == denoiser.transform(X)).all())
    True
    """
    with (
        open(path, "rb") as file,
        errors_name(path, "is no model file that can be read"),
        zipfile.ZipFile(file) as archive,
    ):
        description = _read_description(archive)
        weights = _read_weights(archive)
        return _denoiser(description, weights)


# Writing


def _parameters(denoiser):
    params = denoiser.get_params(deep=False)
    left_out = [name for name in _LEFT_OUT if not isinstance(params[name], Integral | None)]
    return {
        name: None if name in left_out else _encoded(value, name) for name, value in params.items()
    }


def _encoded(value, name):
    """Return a parameter as JSON: a tuple as a list, a noise model by its name and parameters."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return [_encoded(item, name) for item in value]
    if isinstance(value, NoiseModel) and _noise_class(type(value).__name__) is type(value):
        params = value.get_params(deep=False)
        return {
            "noise_model": type(value).__name__,
            "parameters": {key: _encoded(item, f"{name}__{key}") for key, item in params.items()},
        }
    raise ValueError(
        f"{name}={value!r} cannot be described in a model file, which holds no code. Give {name} by "
        "name, or use pickle, for files that only you and those who trust you will load."
    )


def _learned(denoiser):
    learned = {
        "image_shape": list(denoiser.image_shape_),
        "value_range": list(denoiser.value_range_),
        "noise": _encoded(denoiser.noise_, "noise"),
        "recorrupted_noise": _encoded(denoiser._recorrupted_noise, "noise"),
        "history": denoiser.history_,
        "n_iter": denoiser.n_iter_,
        "seed": denoiser._seed,
    }
    if hasattr(denoiser, "n_features_in_"):
        learned["n_features_in"] = int(denoiser.n_features_in_)
    if hasattr(denoiser, "feature_names_in_"):
        learned["feature_names_in"] = [str(name) for name in denoiser.feature_names_in_]
    return learned


def _weight_name(index):
    return f"weights/{index}.npy"


# Reading


def _read_description(archive):
    if archive.getinfo(_DESCRIPTION).file_size > _MOST_DESCRIPTION_BYTES:
        raise ValueError(f"{_DESCRIPTION} is larger than {_MOST_DESCRIPTION_BYTES} bytes.")
    description = json.loads(archive.read(_DESCRIPTION))
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise ValueError(f"it does not say that it is a {FORMAT}.")
    version = description.get("version")
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"version {version!r} is not a version.")
    if version > VERSION:
        raise ValueError(
            f"it has version {version}, but this skdenoise knows versions up to {VERSION}: upgrade "
            "skdenoise."
        )
    return description


def _read_weights(archive):
    names = [name for name in archive.namelist() if name != _DESCRIPTION]
    if sorted(names) != sorted(_weight_name(index) for index in range(len(names))):
        raise ValueError("the names of its weights are not 0.npy, 1.npy and so on.")
    total = sum(archive.getinfo(name).file_size for name in names)
    if total > _MOST_WEIGHT_BYTES:
        raise ValueError(f"its weights take up {total} bytes; {_MOST_WEIGHT_BYTES} are the limit.")
    return [_read_weight(archive, _weight_name(index)) for index in range(len(names))]


def _read_weight(archive, name):
    with archive.open(name) as entry:
        version = np.lib.format.read_magic(entry)
        if version != (1, 0):
            raise ValueError(f"{name} is an array of version {version}, not (1, 0).")
        shape, _, dtype = np.lib.format.read_array_header_1_0(entry)
        n_bytes = 4 * math.prod(shape)
        if dtype != np.float32 or n_bytes > archive.getinfo(name).file_size:
            raise ValueError(
                f"{name} is an array of {dtype}, shape {shape}, that is not all there."
            )
    with archive.open(name) as entry:
        weight = np.lib.format.read_array(entry, allow_pickle=False)
    if not np.isfinite(weight).all():
        raise ValueError(f"{name} has values that are not finite.")
    return weight


def _denoiser(description, weights):
    from skdenoise.denoisers.unet import UNetDenoiser
    from skdenoise.inference.trained import TrainedNetwork

    params = {name: _decoded(value) for name, value in description["parameters"].items()}
    unknown = set(params) - set(UNetDenoiser().get_params(deep=False))
    if unknown:
        raise ValueError(f"it has parameters that this skdenoise does not know: {sorted(unknown)}.")
    denoiser = UNetDenoiser(**params)
    denoiser._check_params()
    architecture = _architecture(description["network"], weights)
    network = TrainedNetwork(
        architecture, _integers(description["network"]["size"], 2), denoiser.precision, weights
    )
    _check_weights(network, weights)
    denoiser._network = network
    denoiser._optimizer_state = None
    _set_learned(denoiser, description["learned"])
    _check_channels(denoiser, architecture.channels)
    return denoiser


def _decoded(value):
    if isinstance(value, dict):
        model = _noise_class(value["noise_model"])
        if model is None:
            raise ValueError(f"it has an unknown noise model, {value['noise_model']!r}.")
        params = {name: _decoded(item) for name, item in value["parameters"].items()}
        return model(**params)
    if isinstance(value, list):
        items = [_decoded(item) for item in value]
        return items if any(isinstance(item, NoiseModel | str) for item in items) else tuple(items)
    return value


def _noise_class(name):
    """Return the noise model of this package that has a name, None for others."""
    model = getattr(noise_models, name, None) if name in noise_models.__all__ else None
    is_model = isinstance(model, type) and issubclass(model, NoiseModel)
    return model if is_model else None


def _architecture(network, weights):
    """Return the architecture, after a look at whether it is as large as its weights."""
    from skdenoise.networks.architecture import check_architecture

    if not isinstance(network["name"], str):
        raise ValueError(f"its network {network['name']!r} is not a name.")
    filters = _integers(network["filters"])
    channels = _integers([network["channels"]], 1)[0]
    n_values = sum(weight.size for weight in weights)
    linear = bool(network.get("linear"))
    least = _least_weights(network["name"], filters, channels, linear)
    if len(filters) > 16 or least > n_values:
        raise ValueError(
            f"a network with filters={filters} and {channels} channels has more weights than it holds."
        )
    return check_architecture(network["name"], filters, channels, linear)


def _least_weights(name, filters, channels, linear):
    """Return how many weights a network has at least, without building it: a tenth of all, or more.

    Its 3x3 convolutions lead from each level to the next, and within each, but for the bottleneck of
    ``"classic"``. The last one of ``"compact"`` sees the image and its logit, at half resolution.
    """
    within = filters[:-1] if name == "classic" else filters
    of_image = 8 * channels * 4 * channels if name == "compact" and not linear else 0
    between = pairwise((channels, *filters))
    return 9 * (sum(a * b for a, b in between) + sum(n * n for n in within) + of_image)


def _check_weights(network, weights):
    shapes = [
        tuple(weight.shape)
        for weight in network.architecture.build(network.size, "float32", 0).weights
    ]
    found = [weight.shape for weight in weights]
    if shapes != found:
        raise ValueError(f"its weights have the shapes {found}; its network needs {shapes}.")


def _check_channels(denoiser, channels):
    if denoiser.image_shape_[2] != channels:
        raise ValueError(
            f"image_shape={denoiser.image_shape_} does not end in {channels}, the channels of its "
            "network."
        )


def _set_learned(denoiser, learned):
    denoiser.image_shape_ = tuple(
        None if side is None else _integers([side], 1)[0] for side in learned["image_shape"]
    )
    if len(denoiser.image_shape_) != 3:
        raise ValueError(f"image_shape={denoiser.image_shape_} is not height, width and channels.")
    low, high = (float(value) for value in learned["value_range"])
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"value_range={(low, high)} is no range.")
    denoiser.value_range_ = (low, high)
    denoiser.history_ = {
        str(name): [float(value) for value in values] for name, values in learned["history"].items()
    }
    denoiser.n_iter_, denoiser._seed = _integers([learned["n_iter"], learned["seed"]], 2, least=0)
    denoiser.noise_, denoiser._recorrupted_noise = _learned_noise(denoiser, learned)
    if "n_features_in" in learned:
        denoiser.n_features_in_ = _integers([learned["n_features_in"]], 1)[0]
        if denoiser.n_features_in_ != math.prod(denoiser.image_shape_):
            raise ValueError(f"{denoiser.n_features_in_} features are no {denoiser.image_shape_}.")
    if "feature_names_in" in learned:
        names = np.array([str(name) for name in learned["feature_names_in"]], dtype=object)
        denoiser.feature_names_in_ = names


def _learned_noise(denoiser, learned):
    """Return the noise that was drawn, and that which was drawn once more."""
    noise_factor = None if denoiser._estimates_noise else denoiser.noise_factor
    noise = resolve_noise(denoiser.noise, noise_factor)
    if "noise" in learned:
        found = _decoded(learned["noise"]), _decoded(learned["recorrupted_noise"])
        if not all(isinstance(one, NoiseModel | None) for one in found):
            raise ValueError(f"{found} are no noise models.")
        return found
    # The first files left it to the parameters.
    is_recorrupted = denoiser.supervision == "recorrupted"
    return None if learned["from_pairs"] else noise, noise if is_recorrupted else None


def _integers(values, number=None, least=1):
    """Return a tuple of so many integers of at least `least`."""
    values = tuple(values)
    if not all(isinstance(value, int) and least <= value < 2**31 for value in values):
        raise ValueError(f"{values} are not integers of at least {least}.")
    if number is not None and len(values) != number:
        raise ValueError(f"{values} are not {number} integers.")
    return values
