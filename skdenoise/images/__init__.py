"""Images: layouts, value ranges, padding, lists and stores of images.

The modules import NumPy and scikit-learn, and no Keras; of this package only the shared modules.
"""
