"""Training: a fit, from its plan to its history.

The modules import supervision, networks and backend. All except `plan` import Keras.
"""
