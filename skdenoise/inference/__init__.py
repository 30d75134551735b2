"""Inference: the forward pass of a trained network, and steps that take several passes.

The modules import networks, backend and images. Only `keras_engine` imports Keras.
"""
