"""Evaluation: how well a pipeline does under noise, and how certain that is.

The modules import denoisers and everything below them, never reports or displays.
"""
