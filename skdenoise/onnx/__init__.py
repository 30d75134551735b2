"""Export: a fitted denoiser, or the pipeline that it is in, as an ONNX graph."""

from skdenoise.onnx.converters import register_onnx_converters, to_onnx

__all__ = ["register_onnx_converters", "to_onnx"]
