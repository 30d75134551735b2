"""Networks: the U-Nets, their layers, and how each is trained.

The modules import backend; all but `recipes` import Keras.
"""
