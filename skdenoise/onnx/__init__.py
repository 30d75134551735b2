"""Export: a fitted denoiser, or a pipeline that contains one, as an ONNX graph.

The modules import classifier, evaluation, denoisers and everything below them.
"""

from skdenoise.onnx.converters import register_onnx_converters, to_onnx

__all__ = ["register_onnx_converters", "to_onnx"]
