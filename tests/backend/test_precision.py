import pytest

from skdenoise.backend import precision
from skdenoise.backend.precision import resolve_precision


def test_what_is_asked_for_is_taken():
    assert [resolve_precision(name) for name in ("float32", "bfloat16")] == ["float32", "bfloat16"]
    with pytest.raises(ValueError, match="'float16' is not one of auto, float32, bfloat16"):
        resolve_precision("float16")


@pytest.mark.parametrize(
    ("flags", "expected"), [("avx2 fma", False), ("avx512f avx512_bf16", True), (None, False)]
)
def test_a_processor_that_tells_nothing_has_no_bfloat16(monkeypatch, tmp_path, flags, expected):
    path = tmp_path / "cpuinfo"
    if flags is not None:
        path.write_text(f"flags\t\t: {flags}\n")
    monkeypatch.setattr(precision, "_CPUINFO", path)
    monkeypatch.setattr(precision.platform, "system", lambda: "Linux")
    monkeypatch.setattr(precision.platform, "machine", lambda: "x86_64")
    assert precision._cpu_has_bfloat16() is expected


@pytest.mark.parametrize(
    ("capability", "expected"), [("9.0", True), ("8.0", True), ("7.5", False), ("gfx942", False)]
)
def test_a_chip_says_its_capability(capability, expected):
    assert precision._is_ampere(capability) is expected
