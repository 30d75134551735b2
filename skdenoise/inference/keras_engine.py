"""Keras engine: computes a trained network with Keras, in compiled code that is kept for reuse."""

from contextlib import contextmanager

from skdenoise.backend.compiled import CompiledNetwork, borrowed, set_jit_compile
from skdenoise.backend.precision import resolve_precision
from skdenoise.backend.retracing import without_retracing_warnings
from skdenoise.training.keys import forward_key

# A user's own network is built for each image size. It is kept for the last few sizes.
_OWN_MODELS_KEPT = 4


class KerasEngine:
    """A network with its weights, in Keras.

    Parameters
    ----------
    architecture : Architecture
        The network that the weights belong to.
    size : (height, width)
        Size of the training images, before padding.
    weights : list of ndarray
        As ``keras.Model.get_weights`` returns them.
    model : keras.Model or None
        The trained model, if it is a user's own network.
    """

    def __init__(self, architecture, size, weights, model=None):
        self._architecture = architecture
        self._size = size
        self._weights = weights
        self._model = model
        self._own_models = {}
        if model is not None:
            model.set_weights(weights)

    @property
    def weights(self):
        """The weights, as a list of arrays."""
        return self._weights if self._model is None else self._model.get_weights()

    @property
    def was_given_away(self) -> bool:
        """Whether somebody has the model, who may change it."""
        return self._model is not None

    def model(self, precision):
        """Return the network as a ``keras.Model``. From the first call on, `forward` uses this model."""
        if self._model is None:
            model = self._build(self._size, precision)
            model.set_weights(self._weights)
            self._model = model
        return self._model

    @contextmanager
    def forward(self, size, precision):
        """Lend the compiled forward pass for images of `size`."""
        is_own = not self._architecture.is_built_in
        if is_own and size != self._size:
            with without_retracing_warnings():
                yield self._own_model_for(size, precision).predict_on_batch
            return
        # A model that the user was given may have been changed, so it is used and not a kept one.
        if is_own or self._model is not None:
            with without_retracing_warnings():
                yield self.model(precision).predict_on_batch
            return
        key = forward_key(self._architecture, resolve_precision(precision))
        with borrowed(key, lambda: CompiledNetwork(self._build(size, precision))) as network:
            network.load(self._weights)
            yield network.model.predict_on_batch

    def _own_model_for(self, size, precision):
        """Return a user's own network, built for a size other than that of the training images."""
        if size not in self._own_models:
            while len(self._own_models) >= _OWN_MODELS_KEPT:
                self._own_models.pop(next(iter(self._own_models)))
            self._own_models[size] = self._build(size, precision)
        model = self._own_models[size]
        # The weights are loaded at each call, since the user may have changed `model_` meanwhile.
        try:
            model.set_weights(self.weights)
        except ValueError as error:
            raise ValueError(
                f"network={self._architecture.network!r} was trained on images of size {self._size} and "
                f"cannot take images of size {size}, since its weights depend on the size. {error}"
            ) from error
        return model

    def _build(self, size, precision):
        # The seed does not matter, since the caller replaces the weights.
        model = self._architecture.build(size, resolve_precision(precision), seed=0)
        set_jit_compile(model)
        return model
