"""Evaluation: scores of a pipeline under noise, and how certain they are.

The modules import denoisers and everything below them, never reports or displays.
"""
