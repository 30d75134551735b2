"""Whether damaged model files are refused or work, and whether a killed process leaves a whole file.

Writes experiments/results/damaged_model_files.md. docs/guide/saving.md shows it. It takes two minutes on one
core.

2,400 files are made from those of a network, of filters and of principal components: bytes are changed,
fields of the description replaced by values of all types, arrays by those of other shapes, dtypes and
sizes, and entries of the archive doubled, renamed or blown up. Each is loaded and, if it loads, denoises
and scores tiny images, within 30 seconds. It must be refused with a ValueError that names the file, or the
result must be finite; a ValueError in use, of a file that was loaded, is counted by itself.

A process that writes a model file over an older one is killed 100 times: the file must be the old or the
new one.
"""

import copy
import io
import json
import os
import random
import resource
import signal
import tempfile
import time
import traceback
import warnings
import zipfile
from pathlib import Path

import numpy as np
from _record import main

from skdenoise import FilterDenoiser, SubspaceDenoiser, UNetDenoiser, load
from skdenoise.noise import Compose, GaussianNoise, PoissonNoise, RandomChoice

COLUMNS = ["what", "cases", "refused", "finite result", "refused in use", "anything else"]
SECONDS = 30
IMAGES = np.random.default_rng(0).random((20, 8, 8))
GIANT = 10**11


def measure(quick):
    """Return the rows of the table."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # First, since a process in which TensorFlow has started is not to be forked.
        killed = _killed(Path(folder), 3 if quick else 100)
        files = [_contents(denoiser, Path(folder)) for denoiser in _denoisers()]
        rows = [
            _row(what, damage, files, Path(folder), 12 if quick else n_cases)
            for what, (damage, n_cases) in DAMAGE.items()
        ]
    return [*rows, killed]


def _denoisers():
    rows = IMAGES.reshape(20, 64)
    network = UNetDenoiser(
        filters=(2, 3), epochs=1, batch_size=8, augment=True, precision="float32", random_state=0
    )
    noise = Compose([PoissonNoise(30), RandomChoice([GaussianNoise((0.1, 0.2)), "motion_blur"])])
    return [
        network.fit(rows),
        copy.deepcopy(network).set_params(noise=noise, inference="multiscale").fit(IMAGES),
        FilterDenoiser("nl_means", h=0.5, patch_size=3, noise=noise, n_jobs=1).fit(rows),
        FilterDenoiser("bilateral", stabilize=PoissonNoise(30), random_state=0).fit(IMAGES),
        FilterDenoiser("gaussian", strength=0.5, random_state=0).fit(IMAGES),
        SubspaceDenoiser(5, random_state=0).fit(rows),
    ]


def _contents(denoiser, folder):
    """Return the entries of the model file of a denoiser, by name."""
    denoiser.save(folder / "whole")
    with zipfile.ZipFile(folder / "whole") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(entries):
    """Return an archive of (name, content) pairs, as bytes."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of names that occur twice
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


def _with_bytes_changed(contents, rng):
    whole = bytearray(_archive(contents.items()))
    for _ in range(rng.choice((1, 3, 30))):
        whole[rng.randrange(len(whole))] = rng.randrange(256)
    return bytes(whole[: rng.randrange(len(whole))] if rng.random() < 0.2 else whole)


def _with_fields_replaced(contents, rng):
    description = json.loads(contents["model.json"])
    for _ in range(rng.choice((1, 1, 2))):
        places = list(_places(description))
        owner, key = rng.choice(places)
        if rng.random() < 0.1:
            del owner[key]
        else:
            owner[key] = copy.deepcopy(rng.choice(HOSTILE))
    return _archive((contents | {"model.json": json.dumps(description)}).items())


def _places(value):
    """Yield (container, key) of all fields of a description."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _noise(name, /, **parameters):
    return {"noise_model": name, "parameters": parameters}


def _nested(depth):
    noise = _noise("GaussianNoise", sigma=0.1)
    for _ in range(depth):
        noise = _noise("Compose", models=[noise])
    return noise


HOSTILE = [
    *(None, True, False, 0, 1, -1, 2, 0.5, -0.5, GIANT, -GIANT, 2**31 - 1, 2**63, 10**400),
    *(1e308, -1e308, 1e-320, 1e-40, 3e38, float("nan"), float("inf"), -float("inf")),
    *("", "a", "auto", "float8", "estimate", "gaussian", "../a", "x" * 10**5, "\0", "\ud800"),
    *(
        [],
        {},
        [[]],
        [None],
        [1, 2],
        [2, 1],
        [0, 1e-40],
        [1e308, -1e308],
        [-1e308, 1e308],
        [0, GIANT],
    ),
    *(["a"] * 64, list(range(2000)), [[[[1]]]], {"a": {"b": 1}}, [GIANT] * 3, [2**30, 2**30, 1]),
    {"inference_step": "MultiScale", "parameters": {"n_scales": GIANT}},
    {"inference_step": "MultiScale", "parameters": {"n_scales": -1}},
    {"inference_step": "SelfEnsemble", "parameters": {}},
    {"inference_step": "os", "parameters": {}},
    *("self_ensemble", ["self_ensemble"] * 8, ["multiscale"] * 900, ["j_invariant"]),
    {"noise_model": "NoiseModel", "parameters": {}},
    {"noise_model": [], "parameters": []},
    *(_noise("GaussianNoise", sigma=value) for value in (GIANT, 1e38, "a", None, [0, 1e30], -1)),
    *(_noise("GaussianBlur", sigma=value) for value in (GIANT, 1e38, 150, [0, 1e9])),
    *(_noise("DefocusBlur", radius=value) for value in (GIANT, 400, "a")),
    *(_noise("MotionBlur", length=value) for value in (GIANT, 900, -1)),
    *(_noise("JPEGCompression", quality=value) for value in (0, GIANT, 50.5, 3)),
    *(_noise("PoissonNoise", photons=value) for value in (0, 1e-300, 1e300, -1)),
    *(_noise("CameraNoise", shot=value) for value in (0, 1e30, "a")),
    _noise("CameraNoise", shot=0.1, gamma=1, read=1e-300),
    _noise("CameraPipeline", blur=GIANT),
    _noise("Compose", models=[_noise("GaussianNoise", sigma=0.1)] * 20000),
    _noise("Compose", models=[]),
    _noise("RandomChoice", models=["gaussian", "hiss"]),
    _noise(
        "RandomChoice", models=["gaussian", _noise("GaussianBlur", sigma=GIANT)], p=[0.999, 0.001]
    ),
    _noise("CommonCorruption", name="fog", severity=9),
    *(_nested(10), _nested(100)),
]


def _with_arrays_replaced(contents, rng):
    arrays = [name for name in contents if name != "model.json"]
    if not arrays:
        return _archive([*contents.items(), ("weights/0.npy", _npy(np.zeros(3, np.float32)))])
    name = rng.choice(arrays)
    array = np.load(io.BytesIO(contents[name]))
    how = rng.randrange(7)
    if how == 0:
        array = array * array.dtype.type(rng.choice((1e10, 1e30, 1e38, -1e38)))
    elif how == 1:
        array = np.full_like(array, rng.choice((np.finfo(array.dtype).max, 1e38, np.nan, np.inf)))
    elif how == 2:
        array = array.astype(rng.choice(("f2", "f4", "f8", "i4", "c8", "?", "O", "U5", "M8[s]")))
    elif how == 3:
        array = array.reshape(rng.choice(((-1,), (1, -1), (-1, 1), (*array.shape, 1))))
    elif how == 4:
        array = np.resize(array, rng.choice(((), (0,), (3, 3), (1000, 1000), (0, 10**6))))
    elif how == 5:
        array = array[..., ::-1].T
    else:
        header = _npy(array).replace(b"(", rng.choice((b"(-", b"(9", b"((")), 1)
        return _archive((contents | {name: header}).items())
    return _archive((contents | {name: _npy(array)}).items())


def _npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def _with_a_trick(contents, rng):
    entries = list(contents.items())
    name, content = rng.choice(entries)
    other = rng.choice(
        ("../outside.npy", "/outside.npy", "C:\\outside.npy", "weights/", ".", "a\0b")
    )
    how = rng.randrange(8)
    if how == 7:
        deep = rng.choice(
            (b"[", b'{"parameters":', b'{"format": "skdenoise model", "version": ' + b"9" * 10**4)
        )
        return _archive((contents | {"model.json": deep * 10**4}).items())
    if how == 0:
        entries.append((name, content))  # twice
    elif how == 1:
        entries.append((other, content))
    elif how == 2:
        entries.remove((name, content))
        entries.append((other, content))
    elif how == 3:
        bomb = bytes(rng.choice((10**6, 10**8)))
        entries.append((rng.choice(("bomb.npy", "model.json", name)), _npy(np.zeros(1)) + bomb))
    elif how == 4:
        entries += [(f"weights/{index}.npy", content) for index in range(100, 3000)]
    elif how == 5:
        # A size of 4 GiB in the directory, or any other wrong one.
        whole = _archive(entries)
        place = whole.rindex(b"PK\x01\x02") + rng.choice((20, 24))
        size = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\x7f", b"\1\0\0\0"))
        return whole[:place] + size + whole[place + 4 :]
    else:
        return rng.choice(
            (b"", b"text", _archive([]), _archive(entries) * 2, b"MZ" + _archive(entries))
        )
    return _archive(entries)


DAMAGE = {
    "bytes changed": (_with_bytes_changed, 600),
    "fields replaced": (_with_fields_replaced, 1200),
    "arrays replaced": (_with_arrays_replaced, 400),
    "tricks of archives": (_with_a_trick, 200),
}


def _row(what, damage, files, folder, n_cases):
    rng = random.Random(what)
    row = {"what": what, "cases": n_cases} | dict.fromkeys(COLUMNS[2:], 0)
    before, start = _peak_memory(), time.monotonic()
    for case in range(n_cases):
        path = folder / "damaged-file"
        path.write_bytes(damage(files[case % len(files)], rng))
        row[_outcome(path)] += 1
    print(
        f"{what}: {time.monotonic() - start:.0f} s, {_peak_memory() - before:.0f} MiB more than before",
        flush=True,
    )
    return row


def _outcome(path):
    """Load a file, and use it if it loads; return the column that this counts in."""
    loaded = False
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    try:
        denoiser = load(path)
        loaded = True
        return "finite result" if _is_finite(denoiser) else _report(path, "not finite")
    except ValueError as error:
        if loaded:
            return "refused in use"
        return "refused" if path.name in str(error) else _report(path, traceback.format_exc())
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return _report(path, traceback.format_exc())
    finally:
        signal.alarm(0)


def _is_finite(denoiser):
    channels = denoiser.image_shape_[2]
    flat = hasattr(denoiser, "n_features_in_")
    images = IMAGES[:2] if channels == 1 else np.repeat(IMAGES[:2, ..., np.newaxis], channels, -1)
    images = images.reshape(2, -1) if flat else images
    if denoiser.value_range_ is not None:
        low, high = denoiser.value_range_
        images = low + (high - low) * images
    repr(denoiser)
    denoiser.get_params()
    return np.isfinite(denoiser.transform(images)).all() and not np.isnan(denoiser.score(images))


def _too_long(*_):
    raise TimeoutError(f"more than {SECONDS} s")


def _report(path, what):
    kept = Path(tempfile.gettempdir()) / f"damaged-{time.time_ns()}"
    kept.write_bytes(path.read_bytes())
    print(f"{kept}: {what[-600:]}", flush=True)
    return "anything else"


def _peak_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _killed(folder, n_kills):
    """Kill a process while it writes a model file over an older one."""
    X = np.random.default_rng(0).random((300, 24, 24))
    old, new = (SubspaceDenoiser(random_state=seed).fit(X[seed:]) for seed in (0, 1))
    path, rng = folder / "model", random.Random(0)
    row = {
        "what": "writing processes killed",
        "cases": n_kills,
        "finite result": 0,
        "anything else": 0,
    }
    interrupted = 0
    for _ in range(n_kills):
        old.save(path)
        child = os.fork()
        if not child:
            while True:
                new.save(path)
                old.save(path)
        time.sleep(rng.uniform(0, 1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        left_over = [file for file in folder.iterdir() if file != path]
        interrupted += bool(left_over)
        for file in left_over:
            file.unlink()
        found = load(path).components_
        whole = any(np.array_equal(found, one.components_) for one in (old, new))
        row["finite result" if whole else "anything else"] += 1
    print(f"{n_kills} kills, {interrupted} of them while a file was written", flush=True)
    return row


if __name__ == "__main__":
    main(__file__)
