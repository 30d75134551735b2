"""Precision: the floating-point type that the hardware computes fast."""

import platform
from functools import cache
from pathlib import Path

from skdenoise.backend.forks import check_fork

PRECISIONS = ("auto", "float32", "bfloat16")
_CPUINFO = Path("/proc/cpuinfo")


def check_precision(precision: str) -> None:
    """Raise ValueError if the parameter `precision` is not known."""
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r:.200} is not one of {', '.join(PRECISIONS)}.")


def resolve_precision(precision: str) -> str:
    """Return the compute dtype for the parameter `precision` on this machine.

    ``"auto"`` is bfloat16 if the CPU, or the GPU that Keras uses, multiplies it in hardware, else float32.

    Raises
    ------
    ValueError
        If the precision is not known.
    """
    check_precision(precision)
    if precision != "auto":
        return precision
    return "bfloat16" if _hardware_has_bfloat16() else "float32"


@cache
def _hardware_has_bfloat16():
    """Return whether the device that Keras computes on multiplies bfloat16.

    Keras has no function for this, so each backend is queried in its own way. NVIDIA's GPUs have bfloat16
    from compute capability 8.0 (Ampere) on.
    """
    import keras

    check_fork()  # before JAX is asked for its devices
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        if torch.cuda.is_available():
            return torch.cuda.is_bf16_supported(including_emulation=False)
    elif backend == "jax":
        import jax

        device = jax.devices()[0]
        if device.platform != "cpu":
            return device.platform == "tpu" or _is_ampere(getattr(device, "compute_capability", ""))
    else:
        import tensorflow as tf

        gpus = tf.config.get_visible_devices("GPU")
        if gpus:
            details = tf.config.experimental.get_device_details(gpus[0])
            return details.get("compute_capability", (0, 0)) >= (8, 0)
    return _cpu_has_bfloat16()


def _is_ampere(capability):
    """Return whether a GPU has compute capability >= 8. Other vendors have names, not numbers."""
    try:
        return float(capability) >= 8
    except ValueError:
        return False


def _cpu_has_bfloat16():
    """Return whether Linux reports the CPU flags AVX512_BF16 or AMX. Elsewhere, False."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return False
    try:
        flags = set(_CPUINFO.read_text().split())
    except OSError:  # a sandbox may hide the file
        return False
    return not flags.isdisjoint({"avx512_bf16", "amx_bf16"})
