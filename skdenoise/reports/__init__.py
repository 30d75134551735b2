"""Reports: whether denoising helps, in tables, sentences and pages.

The modules import displays, evaluation, denoisers and everything below them.
"""
