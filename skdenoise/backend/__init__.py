"""Backend: all code that is specific to a framework or a device.

The modules import Keras and, of this package, only the shared modules at its top.
"""
