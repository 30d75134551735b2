"""Distribution: the devices that Keras computes on, and over which it is to spread each batch."""

import sys

import keras

from skdenoise.backend.threads import obey_thread_limit


def active():
    """Return the distribution of Keras on JAX or the strategy of TensorFlow in whose scope this is.

    ``None`` is a single device.

    Raises
    ------
    RuntimeError
        Where Keras was given a distribution that its backend would ignore.
    """
    distribution, backend = keras.distribution.distribution(), keras.backend.backend()
    if backend == "jax":
        return distribution
    if distribution is not None:
        raise RuntimeError(
            f"keras.distribution is set, but Keras runs on {backend}, which ignores it. Set "
            "KERAS_BACKEND=jax, or, on TensorFlow, call fit in the scope of a tf.distribute strategy."
        )
    return _tensorflow_strategy() if backend == "tensorflow" else None


def _tensorflow_strategy():
    tf = sys.modules["tensorflow"]  # the one thing asked of it that Keras has no name for
    return tf.distribute.get_strategy() if tf.distribute.has_strategy() else None


def n_devices() -> int:
    """Return over how many devices a batch is spread."""
    distribution = active()
    if distribution is None:
        return 1
    if hasattr(distribution, "device_mesh"):
        mesh = distribution.device_mesh
        return mesh.shape[mesh.axis_names.index(distribution.batch_dim_name)]
    return distribution.num_replicas_in_sync


def can_execute_several_steps() -> bool:
    """Tell whether Keras can make several steps before it returns to Python.

    On PyTorch it cannot, nor in the scope of a strategy of TensorFlow (``steps_per_execution`` of
    Keras 3.15: an error of the loop over the batches of all devices).
    """
    backend = keras.backend.backend()
    return backend == "jax" or (backend == "tensorflow" and active() is None)


def has_accelerator() -> bool:
    """Tell whether Keras computes on something else than the processor."""
    obey_thread_limit()  # to ask starts TensorFlow
    if keras.backend.backend() == "torch":  # whose devices Keras does not list
        return keras.ops.zeros(()).device.type != "cpu"
    return any("cpu" not in device.lower() for device in keras.distribution.list_devices())
