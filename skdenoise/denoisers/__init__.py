"""Denoisers: the estimators, and the files in which they are saved.

The modules import what lies below: inference, training, supervision, networks, noise, io, images.
They load Keras only when a network is first built.
"""
