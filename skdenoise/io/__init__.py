"""Files: read and write images, folders and archives of images, without partial files.

May import ``images`` and the shared modules of the package, and no Keras.
"""
