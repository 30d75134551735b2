"""Images: layouts, value ranges, pixel formats, patches, and images in lists and stores.

May import the shared modules of the package that lie below it, such as ``typing`` and ``seeding``, and no
Keras. All other packages may import it.
"""
