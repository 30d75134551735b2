"""Networks: the U-Nets, their layers, and how each is trained.

The modules import backend. Those that build and train networks in Keras import it; what describes a network
does not.
"""
