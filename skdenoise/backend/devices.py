"""Devices: where Keras computes, and over which devices it spreads each batch."""

import sys

import keras

from skdenoise.backend.threads import prepare_start


def active():
    """Return the active distribution of Keras on JAX, or the active strategy of TensorFlow.

    Returns None for a single device.

    Raises
    ------
    RuntimeError
        If Keras was given a distribution that its backend ignores.
    """
    distribution, backend = keras.distribution.distribution(), keras.backend.backend()
    if backend == "jax":
        return distribution
    if distribution is not None:
        raise RuntimeError(
            f"keras.distribution is set, but Keras runs on {backend}, which ignores it. Set "
            "KERAS_BACKEND=jax or, with TensorFlow, call fit in the scope of a tf.distribute strategy."
        )
    return _tensorflow_strategy() if backend == "tensorflow" else None


def _tensorflow_strategy():
    tf = sys.modules["tensorflow"]  # Keras, which has imported it, has no function for this
    return tf.distribute.get_strategy() if tf.distribute.has_strategy() else None


def n_devices() -> int:
    """Return the number of devices that share a batch."""
    distribution = active()
    if distribution is None:
        return 1
    if hasattr(distribution, "device_mesh"):
        mesh = distribution.device_mesh
        return mesh.shape[mesh.axis_names.index(distribution.batch_dim_name)]
    return distribution.num_replicas_in_sync


def can_execute_several_steps() -> bool:
    """Return whether Keras can make several steps before it returns to Python.

    It cannot with PyTorch, nor in the scope of a strategy of TensorFlow (with ``steps_per_execution``, the
    loop over the batches of all devices fails in Keras 3.15).
    """
    backend = keras.backend.backend()
    return backend == "jax" or (backend == "tensorflow" and active() is None)


def has_accelerator() -> bool:
    """Return whether Keras computes on a device other than the CPU."""
    prepare_start()  # before the question below, which starts TensorFlow
    if keras.backend.backend() == "torch":  # Keras does not list its devices
        return keras.ops.zeros(()).device.type != "cpu"
    return any("cpu" not in device.lower() for device in keras.distribution.list_devices())
