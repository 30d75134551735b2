"""Files: reading and writing images and models, never half of a file.

The modules import images, and no Keras.
"""
