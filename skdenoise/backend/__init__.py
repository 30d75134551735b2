"""Backend: everything that names a framework or a device.

The modules import Keras, and nothing else of this package except the shared modules at its top.
"""
