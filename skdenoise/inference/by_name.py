"""By name: the inference steps that `UNetDenoiser(inference=...)` accepts."""

from skdenoise.inference.base import InferenceStep
from skdenoise.inference.j_invariant import JInvariant
from skdenoise.inference.multiscale import MultiScale
from skdenoise.inference.self_ensemble import SelfEnsemble

INFERENCE_STEPS: dict[str, type[InferenceStep]] = {
    "j_invariant": JInvariant,
    "self_ensemble": SelfEnsemble,
    "multiscale": MultiScale,
}


def resolve_inference(inference) -> list[InferenceStep]:
    """Return the steps given by the parameter `inference`, from the innermost to the outermost.

    Raises
    ------
    ValueError
        If a name is not known, or for an object of another kind.
    """
    if inference is None:
        return []
    steps = inference if isinstance(inference, list | tuple) else [inference]
    return [_resolve(step, inference) for step in steps]


def _resolve(step, inference):
    if isinstance(step, InferenceStep):
        return step
    if isinstance(step, str) and step in INFERENCE_STEPS:
        return INFERENCE_STEPS[step]()
    raise ValueError(
        f"inference={inference!r} is not one of {', '.join(INFERENCE_STEPS)}, nor a step such as "
        "MultiScale(n_scales=2), nor a list of these."
    )


def _is_of_this_package(step):
    return type(step).__module__.startswith("skdenoise.")


def check_steps(steps, *, supervision, augment):
    """Check that each step suits the way the network learns and the steps that it wraps.

    Those of this package must not occur twice.
    """
    names = [type(step).__name__ for step in steps if _is_of_this_package(step)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"inference has {', '.join(twice)} more than once. The passes would multiply, without a gain: "
            "give each step once."
        )
    for number, step in enumerate(steps):
        step.check(supervision=supervision, augment=augment, inner=steps[:number])
