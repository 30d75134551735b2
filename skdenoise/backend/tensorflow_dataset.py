"""TensorFlow dataset: training batches as a ``tf.data.Dataset`` that does not tune itself."""

# Batches made ahead of the current step.
_AHEAD = 2


def dataset_of(get_batch, n_batches):
    """Return a dataset of batches that are made one by one in a separate thread.

    The dataset that Keras makes from a ``PyDataset`` tunes how many batches it makes ahead. Its tuning
    thread sleeps for 10 ms, then 20, 40 and so on, and an epoch ended only when it woke up: epochs of two
    seconds took up to 2.6. So tuning is switched off, and the number of batches is fixed.

    Parameters
    ----------
    get_batch : function of int
        Returns a batch, a tuple of arrays or of tuples of arrays. TensorFlow never frees this function.
    n_batches : int
        Number of batches. They may only differ in the number of images.

    Returns
    -------
    tf.data.Dataset
    """
    import keras
    import tensorflow as tf

    # The dtypes and shapes must be known before the first step, so one batch is made for them alone. The
    # number of images is left open: the last batch may have fewer.
    first = get_batch(0)
    specs = [
        tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in keras.tree.flatten(first)
    ]
    structure = keras.tree.map_structure(lambda part: 0, first)  # without the images

    def flat_batch(index):
        return keras.tree.flatten(get_batch(index))

    def batch(index):
        parts = tf.numpy_function(flat_batch, [index], [spec.dtype for spec in specs])
        # A numpy_function returns tensors without a shape, but the network needs one to be compiled.
        parts = list(map(tf.ensure_shape, parts, [spec.shape for spec in specs]))
        return keras.tree.pack_sequence_as(structure, parts)

    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.range(n_batches).map(batch).prefetch(_AHEAD).with_options(options)
