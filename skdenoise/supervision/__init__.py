"""Supervision: what there is to learn from, one module for each way to learn.

The modules import noise and images, and no Keras.
"""
