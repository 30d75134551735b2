"""Inference: the forward pass of a trained network, and steps that take several passes.

The modules import training, supervision and what lies below them. Only `keras_engine` imports Keras.
"""
