"""Loading: a fitted denoiser from its file."""

from skdenoise.denoisers.base import Denoiser
from skdenoise.denoisers.filters import FilterDenoiser
from skdenoise.denoisers.subspace import SubspaceDenoiser
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.io.model_file import read_model

_SAVED = {kind.__name__: kind for kind in (UNetDenoiser, FilterDenoiser, SubspaceDenoiser)}


def load(path) -> Denoiser:
    """Read a denoiser from a file that its ``save`` has written.

    Nothing in the file is run, so that files of strangers can be loaded, unlike pickles.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    UNetDenoiser, FilterDenoiser or SubspaceDenoiser
        Fitted. Its output is that of the saved denoiser, except for rounding: about 1e-6 of the value range in
        float32, and a thousandth if the saved one computes in bfloat16, see `precision`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a model file, is damaged, is of a newer version, or holds more than 2 GiB; or
        if parameters or weights in it cannot be used: they are checked as in ``fit``, noise models are
        tried on a small image, and the output of a network must be finite.

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
    >>> bool(abs(again.transform(X) - denoiser.transform(X)).max() < 0.02)
    True
    """
    return read_model(path, _denoiser)


def _denoiser(description, arrays):
    kind = _SAVED.get(description.get("denoiser"))
    if kind is None:
        raise ValueError(
            f"it describes a {description.get('denoiser')!r}; expected one of {', '.join(_SAVED)}."
        )
    return kind._from_description(description, arrays)
