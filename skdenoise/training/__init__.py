"""Training: a fit, from its plan to its history.

The modules import supervision, networks and backend; all but `plan` import Keras.
"""
