"""What TensorFlow is given to train on: a ``tf.data.Dataset`` that does not tune itself."""

# Batches that are made ahead of the step that learns from them.
_AHEAD = 2


def dataset_of(get_batch, n_batches):
    """Return a dataset of batches that are made, one after the other, in a thread beside.

    The dataset that Keras makes of a ``PyDataset`` tunes how many batches it makes ahead, in a
    thread that sleeps for 10 ms, then 20, 40 and so on, and epochs ended when it woke up: those of
    two seconds took up to 2.6. All that there is to choose is chosen here.

    Parameters
    ----------
    get_batch : function of int
        Returns a batch, a tuple of arrays. TensorFlow never frees it.
    n_batches : int
        Their number. They may differ in how many images they hold, and in nothing else.

    Returns
    -------
    tf.data.Dataset
    """
    import tensorflow as tf

    specs = [tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in get_batch(0)]

    def batch(index):
        parts = tf.numpy_function(get_batch, [index], [spec.dtype for spec in specs])
        return tuple(map(tf.ensure_shape, parts, [spec.shape for spec in specs]))

    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.range(n_batches).map(batch).prefetch(_AHEAD).with_options(options)
