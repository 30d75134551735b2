"""By name: the ways to learn that `UNetDenoiser(supervision=...)` takes."""

from skdenoise.supervision.base import Supervision
from skdenoise.supervision.blind_spots import BlindSpots
from skdenoise.supervision.clean import CleanImages
from skdenoise.supervision.recorrupted import Recorrupted

SUPERVISIONS: dict[str, Supervision] = {
    way.name: way
    for way in (
        CleanImages(),
        BlindSpots(),
        BlindSpots("row"),
        BlindSpots("column"),
        Recorrupted(),
    )
}


def resolve_supervision(supervision) -> Supervision:
    """Return the way to learn that has a name, or the one that is given.

    Raises
    ------
    ValueError
        For a name that is not known, and for other objects.
    """
    if isinstance(supervision, Supervision):
        return supervision
    if isinstance(supervision, str) and supervision in SUPERVISIONS:
        return SUPERVISIONS[supervision]
    raise ValueError(f"supervision={supervision!r} is not one of {', '.join(SUPERVISIONS)}.")
