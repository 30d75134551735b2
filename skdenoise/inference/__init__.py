"""Inference: the forward pass of a trained network, and what goes beyond one pass.

The modules import networks, backend and images; all but `trained` work without Keras.
"""
