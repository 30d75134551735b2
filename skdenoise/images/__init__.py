"""Images: layouts, value ranges, pixel formats, patches, and images in lists and stores.

May import the shared modules of the package (``typing``, ``seeding``, ``user_warnings``), and no
Keras. All other packages may import it.
"""
