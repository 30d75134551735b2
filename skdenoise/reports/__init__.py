"""Reports: whether denoising helps, as tables, pages and words.

The modules import displays, evaluation, denoisers and everything below them.
"""
