"""The U-Net denoiser: a convolutional network as a scikit-learn transformer."""

import functools
import math
from numbers import Integral

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from skdenoise.denoisers.base import Denoiser
from skdenoise.images.pixels import UNIT, PixelFormat, chunks
from skdenoise.images.ragged import ImageList
from skdenoise.images.stored import as_stored
from skdenoise.images.value_range import (
    goes_beyond,
    robust_value_range,
    warn_if_constant,
    warn_of_other_range,
)
from skdenoise.inference.scales import denoise_scales
from skdenoise.inference.self_ensemble import denoise_views
from skdenoise.noise.by_name import resolve_noise
from skdenoise.noise.estimation import as_images, strengths_of_noise
from skdenoise.noise.model import strength_range
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.seeding import Stream, generator
from skdenoise.supervision.blind_spots import denoise_hidden, psnr_of_hidden
from skdenoise.supervision.pairs import BlindSpots, Pairs, Recorruptions
from skdenoise.supervision.recorrupted import check_recorruption, psnr_of_recorrupted
from skdenoise.training.plan import check_training_params, make_plan, resolve_patch_size, split
from skdenoise.user_warnings import warn_user

# What is denoised after a fit to see whether it has learned anything: 256 images of 64x64 pixels.
_PIXELS_TO_CHECK = 2**20

# Strengths of noise that one denoiser of photographs is for, as in `UNetDenoiser.for_photographs`.
_BLIND = (0, 55 / 255)

# What is learned from, for each kind of supervision.
_PAIRS = {"clean": Pairs, "self": BlindSpots, "recorrupted": Recorruptions}


class UNetDenoiser(Denoiser):
    """Remove noise from images with a U-Net that is trained on them.

    ``fit`` takes clean images, draws fresh noise on them in every epoch, and trains a small
    convolutional network (in Keras) to undo it. ``transform`` takes noisy images and returns
    denoised ones of the same shape and dtype. In front of a classifier, in a pipeline, it lets a
    classifier that was never meant for noisy images keep its accuracy on them.

    Parameters
    ----------
    noise : str or noise model, default="gaussian"
        The noise to train on: a name (`noise_names`) or an instance such as
        ``PoissonNoise(photons=50)``.
    noise_factor : float, (low, high) or "estimate", default=None
        The strength of a named model, as in `add_noise`: for ``"gaussian"`` the standard deviation
        in units of the value range. A range, such as ``(0, 0.6)``, trains one denoiser for all
        strengths in it. ``"estimate"``, for ``"gaussian"``, is what `estimate_noise` finds in the
        noisy images that ``fit`` is given: the range from the 5th to the 95th percentile of theirs,
        or, with ``supervision="recorrupted"``, the median. ``None`` is the model's default
        (Gaussian: 0.4).
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of the images in flat rows. ``None`` takes a square grey image where the number of
        features is a perfect square, else a strip of height 1.
    value_range : (low, high), default=None
        What is black and what is white. ``None`` learns it in ``fit``: booleans 0..1; uint8 0..255;
        wider integers 0 to the smallest ``2**k - 1``, k at least 8, that holds them; floats 0..1
        where they fit in it, else from minimum to maximum.
    clip : bool, default=None
        Whether noisy and denoised values are limited to the value range. ``None`` limits integers
        and leaves floats.
    network : {"compact", "bias_free", "classic"} or callable, default="compact"
        ``"compact"`` works at half resolution; ``"bias_free"``, for photographs, does so too,
        nearly three times as costly, and keeps its quality where noise is stronger than any that it
        was trained on; ``"classic"`` is the U-Net of the original recipe, sixteen times as costly.
        A function is given those of ``input_shape``, ``filters``, ``seed`` and ``dtype`` that its
        signature has, and returns a ``keras.Model`` whose output has the shape of its input; seed
        and precision are then its author's affair.
    patch_size : int or (height, width), default=None
        Trains on patches of this size, at random places that are drawn anew in every epoch. ``None``
        takes whole images or, of a list, patches of 64x64, smaller where an image is.
    augment : bool, default=False
        Whether images or patches are flipped and turned by quarters at random (by halves where they
        are no squares): for photographs, say, but not for digits, whose orientation carries meaning.
    supervision : {"clean", "self", "recorrupted"}, default="clean"
        What there is to learn from: clean images, or pairs; noisy images alone, some of whose pixels
        are hidden and told from their neighbours; or noisy images with Gaussian noise of the known
        strength `noise_factor`, on which more is drawn. See Notes.
    j_invariant : bool, default=False
        Whether, with ``supervision="self"``, ``transform`` hides every pixel once, in sixteen passes
        over each image, in place of one pass that sees them all.
    self_ensemble : bool, default=False
        Whether ``transform`` denoises each image in all eight orientations, flipped and turned, and
        averages [4]_: in eight passes, a tenth of a decibel or two on photographs. Needs
        ``augment=True``, which has taught the network all of them (by halves alone where it has
        learned on images or patches that are no squares, which makes four).
    n_scales : int, default=1
        At how many scales ``transform`` denoises: with 2 also at half of the size, where averaging
        has halved the noise, so that noise of up to twice the strength that was trained on is met by
        what the network knows [5]_. The low frequencies of the result come from there. On photographs
        that is worth 0.2 dB under very strong noise and nothing under weak, in a third more time.
        For images that look alike at all scales (photographs, but not digits) and noise that is
        independent from pixel to pixel and not clipped. Images are halved as long as their smaller
        side has 32 pixels. Memory grows by some four float32 copies of an image. ``score`` on noisy
        images alone does not go by it.
    filters : tuple of int, default=None
        Number of filters of each level of the network, down to the bottleneck. ``None`` is (32, 64)
        for ``"compact"``, (64, 96) for ``"bias_free"`` and (64, 128, 256) for ``"classic"``.
    loss : str, keras.losses.Loss or callable, default=None
        Loss, as Keras takes it, between denoised and clean images in units of the value range.
        ``None`` is ``"binary_crossentropy"``, for ``"bias_free"`` ``"mae"``, and ``"mse"`` where the
        targets are noisy, or for ``"bias_free"`` may be, as those of pairs.
    optimizer : str or keras.optimizers.Optimizer, default=None
        Optimizer. ``None`` is Adam: for ``"compact"`` and ``"bias_free"`` with ``beta_2=0.98`` and
        the gradient of each variable clipped to norm 1, else as it is in Keras. A name is any of
        Keras, with Keras's parameters. An instance is copied, by its configuration, for each fit.
    learning_rate : float, default=None
        Learning rate, unless the optimizer is an instance. For ``"classic"`` a constant, 1e-3 by
        default; for other networks the peak of a schedule that rises in the first 5 % of the steps
        and falls to zero along half a cosine, by default 5e-3 for ``"compact"`` and 2e-3 for
        ``"bias_free"`` and for your own.
    epochs : int, default=None
        Passes over the images. ``None`` is 10 for ``"classic"``; for other networks a fit is 2,500
        steps (``"bias_free"``: 10,000) whatever the number of images, and an epoch is a pass over
        the images or over as many of them, drawn at random, as make 250 steps. With ``"compact"`` on
        at least 64 images, or on patches, of at most 256 pixels it is 1,000 steps of 64, unless
        `batch_size` is given.
    batch_size : int, default=None
        Images per step. ``None`` is 16 for ``"compact"`` (64 in the case above), 8 for ``"bias_free"``, 128 for
        ``"classic"`` and 32 for your own. On several devices, which share them, it is rounded up to
        a multiple of their number.
    validation_split : float, default=None
        Share of the images, at least 0 and below 1, that is held out, with one fixed draw of noise,
        to compute ``val_loss`` after each epoch. ``None`` is 0.1 for ``"classic"`` and, but no more
        than 1,000 images, for early stopping; else 0.
    early_stopping : bool or int, default=False
        Whether to stop when ``val_loss`` has not fallen for 5 epochs, or for so many, and to go
        back to the best weights.
    train_output : {"denoised_noisy", "denoised", "clean"}, default="denoised_noisy"
        What ``fit_transform`` returns: that is, what the next step of a pipeline is fitted on. The
        images with noise, denoised, are like those that it will be given at prediction time; the
        images denoised as they are, ``fit(X).transform(X)``; or the images as they are. See Notes.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Compute dtype of the network; variables and output are float32. ``"auto"`` is bfloat16 where
        the processor has instructions for it (AVX512_BF16, AMX, or a GPU), else float32.
    warn_if_noisier : bool, default=False
        Whether ``transform`` estimates the noise of some of its images and warns where it is
        stronger than the Gaussian noise that was trained on.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the last one.
    callbacks : list of keras.callbacks.Callback, default=None
        Called during training; each fit works with deep copies.
    verbose : int, default=0
        1 shows a progress bar (in a log, a line per epoch), 2 a line per epoch.
    random_state : int, RandomState instance or None, default=None
        Decides initial weights, order, noise and validation split. An int gives the same denoiser
        at each fit on the same machine.

    Attributes
    ----------
    model_ : keras.Model
        The trained network, for NHWC images in units of the value range. Changes made to it change
        the denoiser.
    history_ : dict of list of float
        ``loss`` and, with a validation split, ``val_loss``, of each epoch; NaN for epochs, of several
        fits one after the other, that had no validation split.
    n_iter_ : int
        Number of epochs trained.
    image_shape_ : tuple of int
        Height, width and channels of the images; height and width are ``None`` after a fit on a list.
    value_range_ : tuple of float
        What is black and what is white.
    noise_ : noise model or None
        The noise that was drawn on clean images; ``None`` after a fit with ``clean``, or on noisy
        images alone.
    n_features_in_, feature_names_in_
        As in scikit-learn, after fitting on flat rows.

    See Also
    --------
    NoiseAugmenter : Trains a classifier on noisy images instead.
    noisy_scorer : Scores a pipeline under noise, in a search.

    Notes
    -----
    ``fit_transform(X)`` differs from ``fit(X).transform(X)``, as it does for
    :class:`sklearn.preprocessing.TargetEncoder` and for a like reason: what the classifier is
    fitted on must resemble what it will be given. Denoised images are smoother than clean ones and
    miss what noise has destroyed; a classifier fitted on clean images does not expect that.

    Learning from noisy images alone needs noise that is zero on average, not clipped, and, with
    ``supervision="self"`` [2]_, independent from pixel to pixel; with ``"recorrupted"`` [3]_,
    Gaussian. The output of the built-in networks is linear then, without the sigmoid, as it is
    where the targets of pairs go beyond the value range: two noisy shots of one scene, say. Weights
    that were learned with another output cannot go on from there. The value range of floats beyond
    0..1 that are all noisy is from their first to their last percentile, unless given. So is that
    of two shots that are about equally noisy.

    A fit that is interrupted (Ctrl-C) in its first epoch leaves the estimator as it was. Later, the
    estimator has learned what the last whole epoch had, and the KeyboardInterrupt goes on. So it
    is with images that cannot be read.

    An image gives the same result whatever images stand beside it, except for float32 rounding
    (about 1e-6 of the value range), which may depend on their number.

    References
    ----------
    .. [1] O. Ronneberger, P. Fischer and T. Brox, "U-Net: Convolutional Networks for Biomedical
       Image Segmentation", MICCAI 2015.
    .. [2] A. Krull, T.-O. Buchholz and F. Jug, "Noise2Void: Learning Denoising from Single Noisy
       Images", CVPR 2019; J. Batson and L. Royer, "Noise2Self: Blind Denoising by
       Self-Supervision", ICML 2019.
    .. [3] T. Pang, H. Zheng, Y. Quan and H. Ji, "Recorrupted-to-Recorrupted: Unsupervised Deep
       Learning for Image Denoising", CVPR 2021.
    .. [4] R. Timofte, R. Rothe and L. Van Gool, "Seven Ways to Improve Example-Based Single Image
       Super Resolution", CVPR 2016.
    .. [5] G. Facciolo, N. Pierazzo and J.-M. Morel, "Conservative Scale Recomposition for Multiscale
       Denoising (The Devil is in the High Frequency Detail)", SIAM Journal on Imaging Sciences
       10(3), 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from skdenoise import UNetDenoiser, add_noise
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> noisy = add_noise(X[1000:], noise_factor=0.4, random_state=1)
    >>> alone = SVC().fit(X[:1000], y[:1000])
    >>> pipeline = make_pipeline(UNetDenoiser(noise_factor=0.4, epochs=15, random_state=0), SVC())
    >>> pipeline = pipeline.fit(X[:1000], y[:1000])
    >>> pipeline.score(noisy, y[1000:]) > alone.score(noisy, y[1000:])
    True
    """

    def __init__(
        self,
        noise="gaussian",
        noise_factor=None,
        *,
        image_shape=None,
        value_range=None,
        clip=None,
        supervision="clean",
        j_invariant=False,
        self_ensemble=False,
        n_scales=1,
        network="compact",
        filters=None,
        patch_size=None,
        augment=False,
        loss=None,
        optimizer=None,
        learning_rate=None,
        epochs=None,
        batch_size=None,
        validation_split=None,
        early_stopping=False,
        train_output="denoised_noisy",
        precision="auto",
        warn_if_noisier=False,
        warm_start=False,
        callbacks=None,
        verbose=0,
        random_state=None,
    ):
        self.noise = noise
        self.noise_factor = noise_factor
        self.image_shape = image_shape
        self.value_range = value_range
        self.clip = clip
        self.supervision = supervision
        self.j_invariant = j_invariant
        self.self_ensemble = self_ensemble
        self.n_scales = n_scales
        self.network = network
        self.filters = filters
        self.patch_size = patch_size
        self.augment = augment
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_split = validation_split
        self.early_stopping = early_stopping
        self.train_output = train_output
        self.precision = precision
        self.warn_if_noisier = warn_if_noisier
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.verbose = verbose
        self.random_state = random_state

    @classmethod
    def for_photographs(cls, noise="gaussian", noise_factor=None, **params):
        """Return a denoiser, not fitted, set up for photographs, grey or colour.

        It learns on patches of 64x64 pixels at random places of them, flipped and turned at random,
        with the network ``"bias_free"`` and its recipe: the mean absolute error, and 10,000 steps of
        8 patches.

        Parameters
        ----------
        noise : str or noise model, default="gaussian"
            As in the class.
        noise_factor : float, (low, high) or "estimate", default=None
            As in the class, but ``None`` is, for ``"gaussian"``, the range of the blind denoisers of
            the literature [1]_, ``(0, 55 / 255)``.
        **params
            Other parameters of the class, in place of these or beside them.

        Returns
        -------
        UNetDenoiser

        References
        ----------
        .. [1] K. Zhang, W. Zuo, Y. Chen, D. Meng and L. Zhang, "Beyond a Gaussian Denoiser: Residual
           Learning of Deep CNN for Image Denoising", IEEE Transactions on Image Processing 26(7),
           2017.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_sample_images
        >>> from skdenoise import UNetDenoiser
        >>> photographs = np.stack(load_sample_images().images)
        >>> denoiser = UNetDenoiser.for_photographs(filters=(8, 16), epochs=2, random_state=0)
        >>> denoiser.fit(photographs).transform(photographs).shape
        (2, 427, 640, 3)
        """
        if noise_factor is None and isinstance(noise, str) and noise == "gaussian":
            noise_factor = _BLIND
        preset = {"network": "bias_free", "patch_size": 64, "augment": True}
        return cls(noise, noise_factor, **(preset | params))

    @staticmethod
    def from_pretrained(name, *, value_range=(0, 255), **params):
        """Return a denoiser that has been trained, and comes with the package.

        ``"photo-gray"`` is for grey photographs with Gaussian noise of any standard deviation up to
        55 of 255, clipped to 8 bits or not; it was trained on 360 photographs of 180x180 pixels, as
        ``benchmarks/train_photographs.py`` does, with ``filters=(64, 128)``. It may be given the colours of a photograph one by
        one.

        Parameters
        ----------
        name : {"photo-gray"}
            Which one.
        value_range : (low, high), default=(0, 255)
            What is black and what is white in your images.
        **params
            Other parameters of the class: ``warm_start=True`` lets ``fit`` go on from these weights,
            ``warn_if_noisier=True`` warns of stronger noise.

        Returns
        -------
        UNetDenoiser
            Fitted.

        Raises
        ------
        ValueError
            For a name that is not known, or a range that is none.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_sample_image
        >>> from skdenoise import UNetDenoiser, add_noise, psnr
        >>> clean = load_sample_image("china.jpg")[np.newaxis, ..., 1]
        >>> noisy = add_noise(clean, noise_factor=0.1, random_state=0)
        >>> denoised = UNetDenoiser.from_pretrained("photo-gray").transform(noisy)
        >>> gain = psnr(clean, denoised, data_range=255) - psnr(clean, noisy, data_range=255)
        >>> bool(gain[0] > 4)
        True
        """
        from skdenoise.denoisers.pretrained import load_pretrained

        return load_pretrained(name, value_range, params)

    @property
    def model_(self):
        """The trained network."""
        check_is_fitted(self)
        return self._network.model

    def fit(self, X, y=None, *, clean=None, noisy=None):
        """Learn to remove noise.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, on which noise is drawn; or, with `clean` or where `supervision` says so,
            noisy ones. Or a list of arrays of shape (height, width) or (height, width, channels)
            whose sizes differ, or an `ImageFolder`. A memmap, or an array of Zarr, HDF5 or Dask, is
            read in blocks, and never as a whole.
        y : object
            Ignored; a pipeline passes the class labels here.
        clean : array-like of the shape of `X`, or such a list, default=None
            The same images clean, to learn from real pairs. No noise is drawn then. The value range
            is that of `clean`, or of `X` where that holds integers and `clean` floats; of float
            shots beyond 0..1 that are about equally noisy, from the first to the last percentile of
            both.
        noisy : array-like of the layout of `X`, or a list, default=None
            With ``noise_factor="estimate"`` and clean `X`: noisy images, of any scene, whose noise is
            to be removed. Its strength is all that is learned from them.

        Returns
        -------
        UNetDenoiser
            Itself.

        Raises
        ------
        ValueError
            Where images or parameters are not as documented, or where training diverges.
        OSError
            Where a store cannot be read. After the first epoch, the denoiser has learned then what
            the last whole epoch had; before, it is as it was.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            Where the denoised images are no closer to the clean ones than the noisy ones are.
        """
        self._learn(X, clean, noisy)
        return self

    def fit_transform(self, X, y=None, *, clean=None, noisy=None):
        """Fit, and return what the next step of a pipeline should learn from.

        Parameters
        ----------
        X, y, clean, noisy
            As in ``fit``.

        Returns
        -------
        ndarray of the shape of `X`, or list
            As `train_output` says. With `clean`, or where the images are all noisy, these denoised, or
            the clean ones.
        """
        return self.fit(X, y, clean=clean, noisy=noisy)._train_output(X, clean)

    def partial_fit(self, X, y=None, *, clean=None):
        """Go on learning, for one epoch over these images.

        The learning rate is constant, by default 2e-3 (1e-3 for ``"classic"``). Shape and value
        range are those of the first call.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, on which noise is drawn; or, with `clean`, noisy ones. As in ``fit``, they
            may be in a store.
        y : object
            Ignored.
        clean : array-like of the shape of `X`, default=None
            The same images clean.

        Returns
        -------
        UNetDenoiser
            Itself.
        """
        self._learn(X, clean, partial=True)
        return self

    def save(self, path):
        """Write the fitted denoiser to a file that runs no code when it is read again, by `load`.

        Weights and parameters are kept, but for `callbacks` and a `random_state` that is no integer;
        the state of the optimizer is not, so that ``partial_fit`` starts it anew.

        Parameters
        ----------
        path : str or Path
            The file, which is replaced if it is there. ``.skdenoise`` is a good ending.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            Where `network`, `loss`, `optimizer` or `noise` is an object that JSON cannot describe:
            use pickle for these, for files that only you and those who trust you will load.
        """
        from skdenoise.denoisers.model_file import save

        save(self, path)

    def _learn(self, X, clean, noisy=None, *, partial=False):
        """Train, and keep what was learned; where that fails, stay as before."""
        from skdenoise.training.loop import train

        resume = (partial or self.warm_start) and hasattr(self, "_network")
        with self._unchanged_by_failure():
            self._check_supervision(clean)
            is_known = partial and resume and self.noise_ is not None
            self._check_noisy(clean, noisy, is_known)
            self._recorrupted_noise = None
            images, targets = self._read(
                *as_stored(X, clean), noisy, reset=not (partial and resume)
            )
            architecture = self._architecture(resume, targets)
            pairs = self._pairs(images, targets, clean is None, architecture.multiple)
            training, validation = split(self, pairs, self._seed, partial)
            plan = make_plan(
                self,
                architecture,
                len(training),
                pairs.size,
                self._seed,
                first_epoch=self.n_iter_ if resume else 0,
                partial=partial,
            )
            outcome = train(plan, pairs, training, validation, **self._start(partial, resume))
        self._keep(plan, pairs, outcome, partial, resume)
        if outcome.interrupt is not None:
            raise outcome.interrupt
        if not partial:
            self._warn_if_nothing_was_learned(pairs, training)

    def _check_params(self):
        from skdenoise.networks.architecture import check_architecture

        super()._check_params()
        if self.supervision not in _PAIRS:
            raise ValueError(f"supervision={self.supervision!r} is not one of {', '.join(_PAIRS)}.")
        if self.j_invariant and self.supervision != "self":
            raise ValueError(
                f"j_invariant=True hides pixels, which supervision={self.supervision!r} has not "
                'taught the network to tell; set supervision="self".'
            )
        self._check_self_ensemble()
        self._check_n_scales()
        check_architecture(self.network, self.filters, channels=1)
        check_training_params(self)

    def _check_self_ensemble(self):
        if self.self_ensemble and not self.augment:
            raise ValueError(
                "self_ensemble=True flips and turns images, which augment=False has not taught the "
                "network to denoise; fit with augment=True, or leave it out where orientation "
                "carries meaning."
            )

    def _check_n_scales(self):
        n = self.n_scales
        if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
            raise ValueError(f"n_scales={n!r} is no number of scales: give an integer from 1 on.")
        if n > 1 and self.j_invariant:
            raise ValueError(
                f"n_scales={n} averages pixels with their neighbours, which j_invariant=True must "
                "not see; leave one of them out."
            )

    def score(self, X, y=None, *, clean=None):
        """Return the mean peak signal-to-noise ratio (PSNR) of denoised images.

        With ``supervision="self"`` or ``"recorrupted"`` and without `clean`, noisy images are
        compared with noisy ones: the former with every fourth pixel of every fourth row hidden, on
        four grids that are always the same, the latter with more noise, which is always the same.
        It ranks denoisers of one kind, but lies far below the PSNR against clean images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, on which noise is drawn, the same at each call; or, with `clean` or where
            `supervision` says so, noisy ones. Or a list, as in ``transform``.
        y : object
            Ignored.
        clean : array-like of the shape of `X`, default=None
            The same images clean. Needed where the denoiser was fitted with it.

        Returns
        -------
        float
            Mean over images, in dB; with `clean` or clean images, of the output limited to the value
            range.
        """
        if self.supervision == "clean" or clean is not None:
            return super().score(X, clean=clean)
        check_is_fitted(self)
        images = self._check_images(X, reset=False)
        pixels = PixelFormat(images.dtype, self.value_range_)
        if isinstance(images, ImageList):
            parts = [image[np.newaxis] for image in images]
        else:
            images = self._as_nhwc(images)
            parts = (images[part] for part in chunks(images))
        values = [self._psnr_of_noisy(pixels.to_unit(part)) for part in parts]
        return float(np.mean(np.concatenate(values)))

    def _pairs(self, images, targets, are_one, multiple):
        """Return the images as training pairs."""
        if not isinstance(targets, ImageList):
            warn_if_constant(targets)
            images, targets = (self._as_nhwc(X) for X in (images, targets))
        return _PAIRS[self.supervision](
            clean=targets,
            clean_pixels=PixelFormat(targets.dtype, self.value_range_),
            noisy=None if are_one else images,
            noisy_pixels=PixelFormat(images.dtype, self.value_range_),
            noise=self._recorrupted_noise or self.noise_,
            clip=self.clip,
            multiple=multiple,
            patch_size=resolve_patch_size(self.patch_size, targets),
            augment=self.augment,
        )

    def _architecture(self, resume, targets):
        """Check the network, also against the weights that it is to go on from."""
        from skdenoise.networks.architecture import check_architecture

        if resume:
            self._check_weights_suit_supervision()
        architecture = check_architecture(self.network, self.filters, self.image_shape_[2])
        if self._network.architecture.linear if resume else self._is_linear(architecture, targets):
            architecture = architecture.as_linear()
        if resume and architecture != self._network.architecture:
            raise ValueError(
                f"The denoiser has learned the weights of {self._network.architecture}, which do "
                f"not fit {architecture}. Fit a new one, or set warm_start=False."
            )
        return architecture

    def _check_weights_suit_supervision(self):
        """Raise where noisy images alone are to teach weights that were learned from clean ones."""
        known = self._network.architecture
        if self.supervision == "clean" or not known.is_built_in or known.linear:
            return
        raise ValueError(
            f"The denoiser has learned the weights of {known} from clean images; such a network hands "
            "the noisy pixel through, or limits it to the value range, which it must not with "
            f"supervision={self.supervision!r}. Fit a new one, with warm_start=False."
        )

    def _is_linear(self, architecture, targets):
        """Tell whether the output is to be linear: the targets are noisy, or beyond its range."""
        if self.supervision != "clean":
            return True
        goes_by_pairs = self.noise_ is None and architecture.is_bounded
        return goes_by_pairs and goes_beyond(targets, self.value_range_)

    def _start(self, partial, resume):
        """Return what training continues from."""
        if not resume:
            return {}
        start = {"weights": self._network.weights}
        if partial and self._optimizer_state is not None:
            start["optimizer_state"] = self._optimizer_state
        return start

    def _keep(self, plan, pairs, outcome, partial, resume):
        from skdenoise.inference.trained import TrainedNetwork

        self.history_ = _continued(self.history_ if resume else {}, outcome.history)
        self.n_iter_ = plan.first_epoch + len(outcome.history["loss"])
        self._loss = plan.loss
        self._optimizer_state = outcome.optimizer_state if partial else None
        self._network = TrainedNetwork(
            plan.architecture, pairs.size, self.precision, outcome.weights
        )

    def _warn_if_nothing_was_learned(self, pairs, indices):
        """Compare denoised and noisy images with the clean ones, on a few that were trained on."""
        height, width = pairs.padded_size
        few = indices[: max(1, min(256, _PIXELS_TO_CHECK // (height * width)))]
        noisy, clean, *weights = pairs.batch(few, generator(self._seed, Stream.CHECK))
        denoised = self._network.denoise(noisy, UNIT)
        if not self._network.architecture.linear:
            noisy, denoised = np.clip(noisy, 0, 1), np.clip(denoised, 0, 1)
        counted = weights[0] > 0 if weights else slice(None)
        before, after = (
            np.mean((images[counted] - clean[counted]) ** 2) for images in (noisy, denoised)
        )
        if 0 < before <= after:
            goal = "clean" if self.supervision == "clean" else "held-back noisy"
            warn_user(
                f"The fit has learned nothing: on {len(few)} image(s) that it was trained on, the "
                f"denoised ones are no closer to the {goal} ones (mean squared error {after:.2g}) "
                f"than the noisy ones ({before:.2g}). Give more epochs or more images, try another "
                "learning_rate or loss, or check the noise and value_range.",
                ConvergenceWarning,
            )

    def _check_supervision(self, clean):
        if self.supervision == "clean":
            return
        if clean is not None:
            raise ValueError(
                f"supervision={self.supervision!r} learns from noisy images alone, but clean= is "
                'given. Leave it out, or set supervision="clean".'
            )
        if self.train_output == "clean":
            raise ValueError(
                f"supervision={self.supervision!r} has no clean images that train_output='clean' "
                "could hand on; set it to 'denoised'."
            )

    def _find_value_range(self, X, targets):
        if self.supervision == "clean":
            return super()._find_value_range(X, targets)
        return robust_value_range(self.value_range, X)

    def _check_noisy(self, clean, noisy, is_known):
        """Raise where noisy images are missing whose noise is to be estimated, or are of no use."""
        needs_noisy = self._estimates_noise and self.supervision == "clean"
        if noisy is not None and (clean is not None or not needs_noisy):
            raise ValueError(
                "noisy= is for noise_factor='estimate' and clean X, but "
                f"noise_factor={self.noise_factor!r}, supervision={self.supervision!r}"
                f"{', and clean= is given' if clean is not None else ''}. Leave noisy out."
            )
        if needs_noisy and not is_known and clean is None and noisy is None:
            raise ValueError(
                "noise_factor='estimate' needs noisy images to find the strength of their noise in: "
                "fit(X, noisy=...), with clean X. (partial_fit goes on with what the last fit has "
                "found, unless pairs came between: give noise_factor as a number then.)"
            )
        if self._estimates_noise and not isinstance(resolve_noise(self.noise), GaussianNoise):
            raise ValueError(
                f"noise_factor='estimate' is for noise='gaussian', not {self.noise!r}. For the noise "
                "of a camera, give noise=fit_noise_model(noisy)."
            )

    @property
    def _estimates_noise(self):
        return isinstance(self.noise_factor, str) and self.noise_factor == "estimate"

    def _resolve_noise(self, X, noisy):
        """Return the noise to draw; where there are noisy images alone, none on them themselves."""
        if self.supervision == "self":
            return None
        factor = self.noise_factor
        is_clean = self.supervision == "clean"
        if self._estimates_noise and is_clean and noisy is None:
            return self.noise_  # partial_fit goes on with what fit has found
        if self._estimates_noise:
            factor = self._estimate_factor(X, noisy)
        noise = resolve_noise(self.noise, factor)
        if is_clean:
            return noise
        self._recorrupted_noise = check_recorruption(noise)
        return None

    def _estimate_factor(self, X, noisy):
        """Return the range of the strengths of noise in noisy images, or, of X alone, their median."""
        if noisy is None:
            return float(np.median(strengths_of_noise(self._as_sequence(X), self.value_range_)))
        noisy = as_images(noisy, self.image_shape)
        warn_of_other_range(noisy, self.value_range_)
        found = strengths_of_noise(noisy, self.value_range_)
        low, high = np.percentile(found, (5, 95))
        return float(low), float(high)

    def _as_sequence(self, X):
        """Return checked images as a sequence of images (height, width, channels)."""
        return X if isinstance(X, ImageList) else self._as_nhwc(X)

    def _warn_of_noise(self, images):
        if not self.warn_if_noisier or not isinstance(self.noise_, GaussianNoise):
            return
        self._check_n_scales()
        _, strongest = strength_range("sigma", self.noise_.sigma)
        known = strongest * 2 ** (self.n_scales - 1)
        try:
            found = strengths_of_noise(self._as_sequence(images), self.value_range_, n_images=8)
        except ValueError:  # too small, or too much of them clipped, to tell
            return
        if np.median(found) > 1.1 * known + 0.01:
            warn_user(
                f"The noise of these images has a standard deviation of about {np.median(found):.2g} "
                f"in units of the value range, more than the {strongest:.2g} that was trained on: "
                "train for stronger noise.",
            )

    def _psnr_of_noisy(self, noisy):
        """Return the PSNR of images in unit, guessed from themselves, against themselves."""
        if self.supervision == "self":
            return psnr_of_hidden(self._network, noisy)
        return psnr_of_recorrupted(self._network, noisy, self._recorrupted_noise)

    def _denoise_images(self, images, pixels):
        self._check_self_ensemble()
        self._check_n_scales()
        denoise = self._denoise_once
        if self.self_ensemble:
            height, width = self._network.size
            denoise = functools.partial(denoise_views, denoise, quarters=height == width)
        if self.n_scales > 1:
            denoise = functools.partial(denoise_scales, denoise, n_scales=self.n_scales)
        return denoise(images, pixels, self.clip)

    def _denoise_once(self, images, pixels, clip=None):
        if self.j_invariant:
            self._check_weights_suit_supervision()
            return denoise_hidden(self._network, images, pixels, clip)
        return self._network.denoise(images, pixels, clip, self.verbose)


def _continued(before, now):
    """Return the history of epochs, with NaN where one of its values was not computed."""
    n_before, n_now = (len(history.get("loss", [])) for history in (before, now))
    return {
        name: before.get(name, [math.nan] * n_before) + now.get(name, [math.nan] * n_now)
        for name in (before | now)
    }
