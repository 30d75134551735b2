"""The U-Net denoiser: a convolutional network as a scikit-learn transformer."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from skdenoise.backend.forks import check_fork
from skdenoise.denoisers.base import Denoiser
from skdenoise.denoisers.described_network import check_output, described_architecture, name_of
from skdenoise.denoisers.description import cannot_hold, encoded, integers, noise
from skdenoise.denoisers.pretrained import pretrained_path
from skdenoise.errors import DivergedError, NotFiniteError
from skdenoise.extras import require_keras
from skdenoise.images.layout import check_shape_of_rows
from skdenoise.images.opponent import ORTHONORMAL, WITHIN_RANGE
from skdenoise.images.pixels import UNIT, PixelFormat, chunks
from skdenoise.images.ragged import ImageList
from skdenoise.images.stored import as_stored
from skdenoise.images.value_range import (
    check_value_range,
    goes_beyond,
    range_of_images,
    warn_if_constant,
    warn_of_other_range,
)
from skdenoise.inference.by_name import check_steps, resolve_inference
from skdenoise.io.model_file import read_model
from skdenoise.networks.start import check_init, start_weights
from skdenoise.noise.estimation import as_images, strengths_of_noise
from skdenoise.noise.from_parameters import resolve_noise
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.seeding import Stream, generator
from skdenoise.supervision.by_name import resolve_supervision
from skdenoise.supervision.labels import TrainedHelper
from skdenoise.training.plan import check_training_params, make_plan, resolve_patch_size, split
from skdenoise.user_warnings import warn_user

if TYPE_CHECKING:
    import keras

# After a fit so many pixels are denoised to see whether it has learned anything: 256 images of 64x64.
_PIXELS_TO_CHECK = 2**20
_DIVERGED = "The output of the trained network is not finite or far too large"

# The noise levels of the blind denoisers of the literature, see `UNetDenoiser.for_photographs`.
_BLIND = (0, 55 / 255)


class UNetDenoiser(Denoiser):
    """Remove noise from images with a U-Net that is trained on them.

    ``fit`` takes clean images, adds fresh noise to them in every epoch, and trains a small convolutional
    network (in Keras) to remove it. ``transform`` takes noisy images and returns denoised ones of the same
    shape and dtype. In a pipeline, in front of a classifier, it lets a classifier that was not made for
    noisy images keep its accuracy on them.

    Most users set only `noise_factor`, `random_state` and `verbose`. The parameters come in groups:

    - noise: `noise`, `noise_factor`;
    - images: `image_shape`, `value_range`, `clip`, `strength`, `colour`, `stabilize`;
    - learning: `supervision`, `label_weight`, `classifier`, `patch_size`, `augment`, `train_output`;
    - network and training: from `network` to `callbacks`;
    - inference: `inference`, `precision`;
    - runtime: `verbose`, `random_state`.

    Parameters
    ----------
    noise : str or noise model, default="gaussian"
        The noise to train on: a name (`noise_names`) or an instance such as
        ``PoissonNoise(photons=50)``.
    noise_factor : float, (low, high) or "estimate", default=None
        The strength of a named model, as in `add_noise`: for ``"gaussian"`` the standard deviation in
        units of the value range. A range, such as ``(0, 0.6)``, trains one denoiser for all strengths in
        it. ``"estimate"``, for ``"gaussian"``, uses `estimate_noise` on the noisy images that ``fit`` is
        given: the range from the 5th to the 95th percentile or, with ``supervision="recorrupted"``, the
        median. If None, uses the model's default (Gaussian: 0.4).
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of the images in flat rows. If None, rows are square grey images if the number of
        features is a perfect square, else strips of height 1.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred in ``fit``: booleans 0..1; uint8 0..255; wider
        integers 0 to the smallest ``2**k - 1``, k >= 8, that holds them; floats 0..1 if they fit in it,
        else from minimum to maximum.
    clip : bool, default=None
        Whether noisy and denoised values are limited to the value range. If None, integers are limited and
        floats are not; where an image has integers outside of the range, they come no further out.
    strength : float, default=1.0
        How much of the noise is removed, from 0 to 1: ``transform`` returns ``X + strength * (denoised -
        X)``. At 0 it returns `X`. It can be changed after ``fit``.
    colour : {"auto", "opponent", "separate"}, default="auto"
        How images with channels are denoised after a fit on grey images. ``"opponent"``: red, green and
        blue as brightness and two differences between colours, each as a grey image. ``"separate"``: each of
        any number of channels as a grey image. ``"auto"``: opponent for Gaussian noise and for unknown
        noise, else separate. It can be changed after ``fit``.
    stabilize : "estimate", CameraNoise, PoissonNoise or None, default=None
        For a denoiser of Gaussian noise, and images whose noise grows with the brightness, such as that of
        counted photons (microscopy, X-rays, astronomy): ``transform`` makes the noise equally strong
        everywhere, denoises, and transforms back. Give the noise, for example from `fit_noise_model`, in
        units of the same value range; ``"estimate"`` measures it in each image. Black must be the value
        without light. It can be changed after ``fit``.
    supervision : {"clean", "self", "self_rows", "self_columns", "recorrupted"}, default="clean"
        What the network learns from. ``"clean"``: clean images, or pairs of noisy and clean images.
        ``"self"``: noisy images alone; some pixels are hidden, and the network predicts them from their
        neighbours. ``"self_rows"`` and ``"self_columns"``: the same with whole lines hidden, for noise that is
        alike along them, such as stripes; `augment` then turns images by half turns alone. ``"recorrupted"``:
        noisy images alone, with Gaussian noise of the known strength `noise_factor`, to which more is added. See
        Notes.
    label_weight : float, default=None
        How much the labels `y` of a fit count. 0 ignores `y`. Otherwise, a small helper network learns along
        to predict the labels from denoised images, and its loss, times this weight, is added to that of the
        pixels. Without a `classifier`, 0.3 is a good start. If None, 2 with a `classifier`, else 0. See Notes.
    classifier : fitted classifier or keras.Model, default=None
        The classifier that the denoised images will be given to, and that stays as it is. ``fit`` needs its
        labels `y`. See Notes.
    patch_size : int or (height, width), default=None
        Size of the training patches, cut at random places that change in every epoch. If None, trains on
        whole images or, for a list of images, on patches of 64x64, smaller if an image is.
    augment : bool, default=False
        Whether training images or patches are flipped and turned by quarters at random (by halves if they
        are not square). For photographs, but not for digits, whose orientation carries meaning.
    train_output : {"denoised_noisy", "denoised", "clean"}, default="denoised_noisy"
        What ``fit_transform`` returns, and so what the next step of a pipeline is fitted on: the images
        with noise, denoised, as they will be at prediction time; the images denoised as they are,
        ``fit(X).transform(X)``; or the images as they are. See Notes.
    network : {"compact", "bias_free", "classic"} or callable, default="compact"
        ``"compact"`` works at half resolution. ``"bias_free"``, for photographs, does so too, costs nearly
        three times as much, and keeps its quality when noise is stronger than in training. ``"classic"``
        is the U-Net of the original recipe and costs sixteen times as much. A function is given those of
        ``input_shape``, ``filters``, ``seed`` and ``dtype`` that its signature has, and returns a
        ``keras.Model`` whose output has the shape of its input. Seed and precision are then up to the
        author of the function.
    filters : tuple of int, default=None
        Number of filters of each level of the network, down to the bottleneck. If None, see the table in
        Notes.
    init : {"auto", "pretrained", "random"}, default="auto"
        What the first fit starts from. ``"pretrained"``: weights that come with the package, for ``"compact"`` with
        filters (32, 64), and grey images or three channels. They have learned to remove Gaussian noise
        from photographs, letters and drawings, so that a fit for Gaussian noise, or on noisy images alone,
        needs half as many steps.
        ``"random"``: weights drawn from `random_state`. ``"auto"``: pretrained where there are such weights,
        images have more than 256 pixels, and `supervision` is ``"self"`` or ``"recorrupted"``, or the noise
        is Gaussian and the output not linear; else random.
    loss : str, keras.losses.Loss or callable, default=None
        Loss between denoised and clean images, in units of the value range, as Keras takes it. If None,
        see the table in Notes. With a squared or absolute error, ``"compact"`` has no final sigmoid.
    optimizer : str or keras.optimizers.Optimizer, default=None
        If None, uses Adam. A name selects an optimizer of Keras with its default parameters. An instance is
        copied, by its configuration, for each fit.
    learning_rate : float, default=None
        Learning rate, unless the optimizer is an instance. Constant for ``"classic"``. For other networks
        it is the peak of a schedule that rises in the first 5 % of the steps, and then falls to zero along
        half a cosine. If None, see the table in Notes.
    epochs : int, default=None
        Passes over the images. If None, the length of a fit is a number of steps, see the table in Notes;
        an epoch is then one pass over the images, or a random subset of them, or several passes: 25 to 250
        steps.
    batch_size : int, default=None
        Images per step. If None, see the table in Notes. On several devices it is rounded up to a multiple
        of their number.
    validation_split : float, default=None
        Share of the images, 0 <= share < 1, that is held out, with one fixed draw of noise, to compute
        ``val_loss`` after each epoch. If None, uses 0.1 for ``"classic"``; for other networks 0 or, with
        early stopping, 0.1 of the images, at most 1,000.
    early_stopping : bool or int, default=False
        Whether to stop when ``val_loss`` has not fallen for 5 epochs, or for the given number of epochs,
        and to restore the best weights.
    warm_start : bool, default=False
        Whether ``fit`` starts from the weights of the last fit.
    callbacks : list of keras.callbacks.Callback, default=None
        Called during training. Each fit uses deep copies. What ``ModelCheckpoint`` saves is read with
        ``keras.models.load_model(path, compile=False)``.
    inference : {"j_invariant", "self_ensemble", "multiscale"}, InferenceStep or list, default=None
        What ``transform`` does beyond one pass through the network: `JInvariant` hides every pixel once,
        `SelfEnsemble` averages over orientations, `MultiScale` denoises at several scales. A list is
        applied from its first step, the innermost one, to its last. If None, one pass.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Compute dtype of the network; variables and output are float32. ``"auto"`` uses bfloat16 if the
        hardware has instructions for it (AVX512_BF16, AMX, or a GPU), else float32. After `load` and
        `from_pretrained`, it is float32 where ONNX Runtime is installed and there is no GPU.
    verbose : int, default=0
        1 shows a progress bar (in a log, about 20 lines), 2 a line per epoch.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights (unless they are pretrained), order, noise and validation split. An int gives
        the same denoiser in each fit on the same machine, whatever ran before.

    Attributes
    ----------
    model_ : keras.Model
        The trained network, for NHWC images in units of the value range. Changing it changes the denoiser.
    history_ : dict of list of float
        ``loss`` and ``psnr`` (in dB; not without clean images) of each epoch and, with a validation split,
        ``val_loss`` and ``val_psnr``; with `label_weight`, also ``pixels_loss`` and ``labels_loss``.
        After several fits it is NaN for epochs that had no such value.
    n_iter_ : int
        Number of epochs trained.
    image_shape_ : tuple of int
        Height, width and channels of the images. Height and width are None after a fit on a list.
    value_range_ : tuple of float or None
        Pixel values of black and white. None after `from_pretrained`, unless given: it then depends on the
        images in each call.
    noise_ : noise model or None
        The noise that was added to clean images. None after a fit with ``clean``, or on noisy images
        alone.
    n_features_in_, feature_names_in_
        As in scikit-learn, after fitting on flat rows.

    See Also
    --------
    NoiseAugmenter : Trains a classifier on noisy images instead.
    noisy_scorer : Scores a pipeline under noise, in a search.

    Notes
    -----
    The defaults depend on the network. Images or patches of at most 256 pixels are tiny: ``"compact"`` has
    one level there (unless ``init="pretrained"``), and a fit on at least 64 of them, without `epochs` and
    `batch_size`, has fewer and larger steps. ``partial_fit`` and ``warm_start`` keep the network of the first
    fit. If `init` starts from weights of the package, a fit for Gaussian noise, or on noisy images alone, has half
    as many steps.

    ============================  =================  ============  =============  ==============  =========
    default                       compact            its tiny      bias_free      classic         your own
    ============================  =================  ============  =============  ==============  =========
    `filters`                     (32, 64)           (32,)         (64, 96)       (64, 128, 256)  None
    length of a fit               2500 steps         1000 steps    10000 steps    10 epochs       2500 steps
    `batch_size`                  16                 64            8              128             32
    `learning_rate`               0.005              0.005         0.002          0.001           0.002
    rate of ``partial_fit``       0.002              0.002         0.0005         0.001           0.002
    `loss`, noise added           cross-entropy      the same      mae            cross-entropy   the same
    `loss`, pairs                 cross-entropy      the same      mse            cross-entropy   the same
    `loss`, noisy targets         mse                mse           mse            mse             mse
    `beta_2` of Adam              0.98               0.98          0.98           Keras's         Keras's
    gradients clipped to norm     1.0                1.0           1.0            no              no
    ============================  =================  ============  =============  ==============  =========

    ``fit_transform(X)`` differs from ``fit(X).transform(X)``, as it does for
    :class:`sklearn.preprocessing.TargetEncoder` and for a similar reason: the classifier must be fitted on
    images like those it will be given. Denoised images are smoother than clean ones and lack what noise
    has destroyed; a classifier fitted on clean images does not expect that.

    Learning from noisy images alone needs noise that is zero on average and not clipped. With
    ``supervision="self"`` [2]_ it must also be independent from pixel to pixel; with ``"recorrupted"``
    [3]_ it must be Gaussian. The output of the built-in networks is linear then, without the sigmoid. It
    is also linear if the targets of pairs exceed the value range, as two noisy shots of one scene do.
    Weights that were learned with another output cannot be trained further in this way. The value range of
    floats beyond 0..1 that are all noisy is taken from their 1st to their 99th percentile, unless given.
    This also holds for two shots that are about equally noisy.

    With `label_weight`, the loss of the helper is cross-entropy for classes and the squared error for
    standardized numbers. An image counts ``0.1 / (0.1 + r)``, where r is the root mean square of its noise
    in units of the value range, since labels of very noisy images would cost accuracy (with a `classifier`,
    ``0.4 / (0.4 + r)``, since they cost it less there). Without clean images, r is the root mean square of the
    difference between what the network is given and what it should return. The PSNR falls a little.
    ``partial_fit``, ``warm_start`` and pickle keep the helper; a model file does not.

    With a `classifier`, the denoiser learns from pixels first. Then a helper learns to predict the same
    probabilities as the classifier, on clean, noisy and denoised images. The helper is then frozen while the
    denoiser is fine-tuned with the loss of the labels: 0.8 times as many steps as before, at 0.3 times the
    learning rate (an optimizer given as an instance keeps its own). Callbacks and early stopping are not used
    in these steps. The PSNR falls, less so with a smaller `label_weight`. A ``keras.Model`` needs no helper.
    It takes images in the layout and value range of `X` and returns logits or probabilities; its classes are
    0, 1 and so on. ``partial_fit`` does all of this in its first call with a classifier; later calls learn
    from pixels and labels at once. With a ``keras.Model``, each call compiles the network anew, which takes
    seconds. A model file does not keep the classifier, which only ``fit`` and ``partial_fit`` need.

    A fit that is interrupted (Ctrl-C) in its first epoch leaves the estimator as it was. Later, the
    estimator keeps what it has learned until the end of the last whole epoch, and the KeyboardInterrupt is
    raised. The same holds if images cannot be read.

    The result for an image does not depend on the other images, except for float32 rounding (about 1e-6 of
    the value range), which may depend on their number.

    References
    ----------
    .. [1] O. Ronneberger, P. Fischer and T. Brox, "U-Net: Convolutional Networks for Biomedical
       Image Segmentation", MICCAI 2015.
    .. [2] A. Krull, T.-O. Buchholz and F. Jug, "Noise2Void: Learning Denoising from Single Noisy
       Images", CVPR 2019; J. Batson and L. Royer, "Noise2Self: Blind Denoising by
       Self-Supervision", ICML 2019.
    .. [3] T. Pang, H. Zheng, Y. Quan and H. Ji, "Recorrupted-to-Recorrupted: Unsupervised Deep
       Learning for Image Denoising", CVPR 2021.

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
    >>> pipeline = make_pipeline(
    ...     UNetDenoiser(noise_factor=0.4, epochs=15, random_state=0), SVC()
    ... )
    >>> pipeline = pipeline.fit(X[:1000], y[:1000])
    >>> pipeline.score(noisy, y[1000:]) > alone.score(noisy, y[1000:])
    True
    """

    def __init__(
        self,
        noise: Any = "gaussian",
        noise_factor: Any = None,
        *,
        image_shape: tuple[int, ...] | None = None,
        value_range: tuple[float, float] | None = None,
        clip: bool | None = None,
        strength: float = 1.0,
        colour: str = "auto",
        stabilize: Any = None,
        supervision: Any = "clean",
        label_weight: float | None = None,
        classifier: Any = None,
        patch_size: int | tuple[int, int] | None = None,
        augment: bool = False,
        train_output: str = "denoised_noisy",
        network: Any = "compact",
        filters: tuple[int, ...] | None = None,
        init: str = "auto",
        loss: Any = None,
        optimizer: Any = None,
        learning_rate: float | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        validation_split: float | None = None,
        early_stopping: bool | int = False,
        warm_start: bool = False,
        callbacks: list[keras.callbacks.Callback] | None = None,
        inference: Any = None,
        precision: str = "auto",
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.noise = noise
        self.noise_factor = noise_factor
        self.image_shape = image_shape
        self.value_range = value_range
        self.clip = clip
        self.strength = strength
        self.colour = colour
        self.stabilize = stabilize
        self.supervision = supervision
        self.label_weight = label_weight
        self.classifier = classifier
        self.patch_size = patch_size
        self.augment = augment
        self.train_output = train_output
        self.network = network
        self.filters = filters
        self.init = init
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_split = validation_split
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.inference = inference
        self.precision = precision
        self.verbose = verbose
        self.random_state = random_state

    @classmethod
    def for_photographs(
        cls, noise: Any = "gaussian", noise_factor: Any = None, **params: Any
    ) -> Self:
        """Return a denoiser, not fitted, set up for photographs, grey or colour.

        It trains on patches of 64x64 pixels at random places, flipped and turned at random, with the
        network ``"bias_free"`` and its recipe: the mean absolute error, and 10,000 steps of 8 patches.

        Parameters
        ----------
        noise : str or noise model, default="gaussian"
            As in the class.
        noise_factor : float, (low, high) or "estimate", default=None
            As in the class. If None, uses for ``"gaussian"`` the range of the blind denoisers of the
            literature [1]_, ``(0, 55 / 255)``.
        **params
            Other parameters of the class, which take precedence over these.

        Returns
        -------
        UNetDenoiser
            Not fitted.

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
        >>> denoiser = UNetDenoiser.for_photographs(
        ...     filters=(8, 16), epochs=2, random_state=0
        ... )
        >>> denoiser.fit(photographs).transform(photographs).shape
        (2, 427, 640, 3)
        """
        if noise_factor is None and isinstance(noise, str) and noise == "gaussian":
            noise_factor = _BLIND
        preset = {"network": "bias_free", "patch_size": 64, "augment": True}
        return cls(noise, noise_factor, **(preset | params))

    @classmethod
    def from_pretrained(
        cls,
        name: str,
        *,
        value_range: tuple[float, float] | None = None,
        image_shape: tuple[int, ...] | None = None,
        **params: Any,
    ) -> Self:
        """Return a trained denoiser that comes with the package.

        ``"photo-gray"`` is for photographs with Gaussian noise of any standard deviation up to 55 of 255,
        clipped to 8 bits or not. ``"photo-real"`` is for pictures as cameras and phones write them, whose
        noise is correlated between neighbouring pixels; it was trained with `CameraPipeline`. ``"text"`` is for
        pages of printed text with noise, blur or JPEG compression. All take grey images; the first two take colours
        as opponent colours, and ``"text"`` channel by channel, see `colour`. ``skdenoise info NAME`` shows the model
        card: data, licences, recipe and figures.

        Parameters
        ----------
        name : {"photo-gray", "photo-real", "text"}
            Which one. `estimate_noise` distinguishes correlated from independent noise.
        value_range : (low, high), default=None
            Pixel values of black and white in your images. If None, it depends on the images in each call
            of ``transform``, as in `denoise_images`: for uint8 0 to 255; for floats 0 to 1 if they are in it,
            except for noise, else 0 to 255; floats far beyond 255 are an error there.
        image_shape : (height, width), default=None
            The shape of the images in flat rows, to take grey images as rows. If None, takes image arrays alone.
        **params
            Other parameters of the class; ``warm_start=True`` lets ``fit`` continue from these weights.

        Returns
        -------
        UNetDenoiser
            Fitted.

        Raises
        ------
        ValueError
            For a name that is not known, a `value_range` that is not a range, or an `image_shape` that is not one of
            grey images.

        See Also
        --------
        UNetDenoiser.for_photographs : Train a denoiser on your own photographs.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_sample_image
        >>> from skdenoise import UNetDenoiser, add_noise, psnr
        >>> clean = load_sample_image("china.jpg")[np.newaxis]
        >>> noisy = add_noise(clean, noise_factor=0.1, random_state=0)
        >>> denoised = UNetDenoiser.from_pretrained("photo-gray").transform(noisy)
        >>> gain = psnr(clean, denoised, data_range=255) - psnr(
        ...     clean, noisy, data_range=255
        ... )
        >>> bool(gain[0] > 6)
        True
        """
        denoiser = read_model(pretrained_path(name), cls._from_description)
        denoiser.set_params(value_range=value_range, image_shape=image_shape, **params)
        if image_shape is not None:
            denoiser._take_rows_of(check_shape_of_rows(image_shape))
        # The weights work in units of the value range, whatever that is.
        given = value_range is not None
        denoiser.value_range_ = check_value_range(value_range, None) if given else None
        denoiser._check_params()
        return denoiser

    _range_may_depend_on_images = True

    @property
    def _for_rows(self):
        is_packaged = getattr(self, "value_range_", ()) is None
        return ", or from_pretrained(..., image_shape=(height, width))" if is_packaged else ""

    @property
    def _opponent_colours(self):
        return ORTHONORMAL if self._network.architecture.scales_with_input else WITHIN_RANGE

    def __dir__(self):
        """List the attributes; ``model_`` only if the network has been taken out as a Keras model before.

        To list attributes, and to show an estimator in a notebook, scikit-learn reads all of them, which would
        start Keras.
        """
        is_fitted = hasattr(self, "_network")
        if not is_fitted or self._network.was_given_away:
            return super().__dir__()
        # As scikit-learn does, but without reading the model.
        return [name for name in object.__dir__(self) if name != "model_" and hasattr(self, name)]

    @property
    def model_(self) -> keras.Model:
        """The trained network."""
        check_is_fitted(self)
        return self._network_now.model

    @property
    def _network_now(self):
        """The trained network, which computes in the precision of the parameter."""
        from skdenoise.backend.precision import check_precision

        if self._network.precision != self.precision:
            check_precision(self.precision)
            self._network = self._network.with_precision(self.precision)
        return self._network

    def fit(self, X: Any, y: Any = None, *, clean: Any = None, noisy: Any = None) -> Self:
        """Learn to remove noise.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, to which noise is added; or noisy ones, with `clean` or where `supervision` says
            so. Or a list of arrays of shape (height, width) or (height, width, channels) whose sizes
            differ, or an `ImageFolder`. A memmap, or an array of Zarr, HDF5 or Dask, is read in blocks,
            and never as a whole.
        y : array-like of shape (n,) or (n, n_outputs), default=None
            Labels, which a pipeline passes here. Ignored unless there is a `label_weight` or a `classifier`:
            then classes, where -1 marks images without a label, or numbers. (If -1 and one other class are
            all there is, both are classes.) With a `classifier`, its classes.
        clean : array-like of the shape of `X`, or such a list, default=None
            The same images clean, to learn from real pairs. No noise is added then. The value range is
            that of `clean`, or of `X` if that holds integers and `clean` floats; for float shots beyond
            0..1 that are about equally noisy, it is from the 1st to the 99th percentile of both.
        noisy : array-like of the layout of `X`, or a list, default=None
            With ``noise_factor="estimate"`` and clean `X`: noisy images, of any scene, like those to
            denoise. Only the strength of their noise is learned.

        Returns
        -------
        UNetDenoiser
            Itself.

        Raises
        ------
        TypeError
            If `classifier` is not a classifier with ``predict_proba``.
        sklearn.exceptions.NotFittedError
            If `classifier` is not fitted, as after ``clone``: give ``FrozenEstimator(classifier)``.
        ValueError
            If images, labels or parameters are not as documented, if `classifier` does not take the images,
            or if training diverges.
        OSError
            If a store cannot be read. After the first epoch, the denoiser then keeps what it has learned
            until the end of the last whole epoch; before, it is as it was.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If the denoised images are no closer to the clean ones than the noisy ones are.
        """
        self._learn(X, y, clean, noisy)
        return self

    def fit_transform(self, X: Any, y: Any = None, *, clean: Any = None, noisy: Any = None) -> Any:
        """Fit, and return what the next step of a pipeline should learn from.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            As in ``fit``.
        y : array-like of shape (n,) or (n, n_outputs), default=None
            As in ``fit``.
        clean : array-like of the shape of `X`, or list, default=None
            As in ``fit``.
        noisy : array-like of the layout of `X`, or list, default=None
            As in ``fit``.

        Returns
        -------
        ndarray of the shape of `X`, or list
            As `train_output` says. With `clean`, or if the images are all noisy, these denoised, or the
            clean ones.
        """
        return self.fit(X, y, clean=clean, noisy=noisy)._train_output(X, clean)

    def partial_fit(self, X: Any, y: Any = None, *, clean: Any = None) -> Self:
        """Train for one more epoch, on these images.

        The learning rate is constant, see the table in Notes. Shape and value range are those of the first
        call.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, to which noise is added; or, with `clean`, noisy ones. As in ``fit``, they may
            be in a store.
        y : array-like of shape (n,) or (n, n_outputs), default=None
            As in ``fit``. All classes must be in the first call.
        clean : array-like of the shape of `X`, default=None
            The same images clean.

        Returns
        -------
        UNetDenoiser
            Itself.
        """
        self._learn(X, y, clean, partial=True)
        return self

    def save(self, path: Any) -> None:
        """Write the fitted denoiser to a file. Reading it with `load` runs no code.

        Weights and parameters are saved, except `callbacks` and a `random_state` that is not an integer.
        The state of the optimizer is not saved, so that ``partial_fit`` starts it anew.

        Parameters
        ----------
        path : str or Path
            The file. An existing one is replaced. ``.skdenoise`` is a good ending.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        ValueError
            If `network`, `loss`, `optimizer`, `noise`, `supervision` or `inference` is an object that JSON
            cannot describe: use pickle then, for files that only you and those who trust you will load.
        TypeError, ValueError
            If parameters that were set after the fit are not valid, or weights are not finite, so that the file
            could not be loaded.
        OSError
            If the file cannot be written. The error names it; an existing file stays as it is.
        """
        super().save(path)

    def score(self, X: Any, y: Any = None, *, clean: Any = None) -> float:
        """Return the mean peak signal-to-noise ratio (PSNR) of denoised images.

        With ``supervision="self"`` or ``"recorrupted"`` and without `clean`, noisy images are compared with
        noisy ones: with ``"self"`` every fourth pixel of every fourth row is hidden, on four grids that are
        always the same; with ``"recorrupted"`` more noise is added, always the same. This ranks denoisers
        of one kind, but lies far below the PSNR against clean images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images, to which noise is added, the same at each call; or noisy ones, with `clean` or
            where `supervision` says so. Or a list, as in ``transform``.
        y : object
            Ignored. An error if it holds images like `X`: give `clean` by name.
        clean : array-like of the shape of `X`, default=None
            The same images clean. Needed if the denoiser was fitted with it.

        Returns
        -------
        float
            Mean over images, in dB; with `clean` or clean images, of the output limited to the value
            range.
        """
        supervision = resolve_supervision(self.supervision)
        if supervision.learns_from_clean or clean is not None:
            return super().score(X, y, clean=clean)
        check_is_fitted(self)
        images = self._check_images(X, reset=False)
        self._check_same_channels(images)
        pixels = PixelFormat(images.dtype, self._range_of(images))
        if isinstance(images, ImageList):
            parts = [image[np.newaxis] for image in images]
        else:
            images = self._as_nhwc(images)
            parts = (images[part] for part in chunks(images))
        values = [
            supervision.psnr(self._network_now, pixels.to_unit(part), self._known_noise)
            for part in parts
        ]
        return float(np.mean(np.concatenate(values)))

    def _take_rows_of(self, shape):
        if shape[2] != self.image_shape_[2]:
            raise ValueError(
                f"image_shape={shape}: the denoiser was fitted on images with {self.image_shape_[2]} channel(s), and takes "
                "rows of these alone. Give other images as arrays (n, height, width, channels)."
            )
        self.image_shape_, self.n_features_in_ = shape, math.prod(shape)

    def _learn(self, X, y, clean, noisy=None, *, partial=False):
        """Train, and keep what was learned; if that fails, stay as before."""
        require_keras("A fit")
        check_fork()
        from skdenoise.training.with_labels import (
            fixed_classifier,
            labels_of_fit,
            train_with_labels,
        )

        if self.label_weight is None and self.classifier is None:
            self._check_labels(X, y, clean)
        resume = (partial or self.warm_start) and hasattr(self, "_network")
        with self._unchanged_by_failure():
            supervision = resolve_supervision(self.supervision)
            supervision.check_inputs(
                clean,
                noisy,
                noise_factor=self.noise_factor,
                train_output=self.train_output,
                noise_is_known=partial and resume and self.noise_ is not None,
            )
            self._known_noise = None
            images, targets = self._read(
                *as_stored(X, clean), noisy, reset=not (partial and resume)
            )
            if resume:
                self._check_weights_suit(supervision)
            patch_size = self._patch_size(targets)
            size = patch_size or self.image_shape_[:2]
            architecture = self._architecture(supervision, resume, targets, size)
            pairs = self._pairs(
                supervision, images, targets, clean is None, architecture.multiple, patch_size
            )
            classifier = fixed_classifier(self, images, pairs)
            kept = self._helper if resume else None
            if kept is not None and kept.classifier is not self.classifier:
                kept = None
            labels = labels_of_fit(self, y, len(pairs.clean), classifier, kept)
            training, validation = split(self, architecture.recipe, pairs, self._seed, partial)
            loss = self.loss or supervision.default_loss(
                architecture.recipe, has_pairs=self.noise_ is None, linear=architecture.linear
            )
            suits = supervision.suits_start_weights(self.noise_, architecture.linear)
            start = self._start(architecture, pairs.size, suits, resume, partial)
            plan = make_plan(
                self,
                architecture,
                loss,
                len(training),
                pairs.size,
                self._seed,
                first_epoch=self.n_iter_ if resume else 0,
                partial=partial,
                measures_psnr=supervision.learns_from_clean,
                starts_trained=not resume and bool(start) and suits,
            )
            outcome = train_with_labels(
                plan,
                (pairs, training, validation),
                labels,
                classifier,
                kept=kept,
                partial=partial,
                start=start,
                trained=functools.partial(self._trained, plan, pairs),
            )
            network = self._trained(plan, pairs, outcome)
            # The loss of an epoch does not show what its last step did.
            if outcome.interrupt is None:
                errors = self._errors(network, pairs, training[:1] if partial else training)
        self._keep(plan, network, labels, outcome, partial, resume)
        if outcome.interrupt is not None:
            raise outcome.interrupt
        if not partial:
            _warn_if_nothing_was_learned(supervision.target, *errors)

    def _check_params(self):
        from skdenoise.backend.precision import check_precision
        from skdenoise.networks.architecture import check_architecture

        super()._check_params()
        if self.stabilize is not None:
            self._check_stabilized_noise(resolve_noise(self.noise))
        supervision = resolve_supervision(self.supervision)
        self._steps()
        check_architecture(self.network, self.filters, channels=1)
        check_init(self.init)
        check_precision(self.precision)
        check_training_params(self)
        if self._estimates_noise:
            if not isinstance(resolve_noise(self.noise), GaussianNoise):
                raise ValueError(
                    f"noise_factor='estimate' is for noise='gaussian', not {self.noise!r}. For the "
                    "noise of a camera, give noise=fit_noise_model(noisy)."
                )
            if not supervision.uses_noise:
                supervision.noise_factor(())

    def _check_stabilize(self):
        super()._check_stabilize()
        self._check_stabilized_noise(self.noise_)

    def _check_stabilized_noise(self, noise):
        """Raise if images are to be stabilized for a network that removes this noise as it is."""
        if self.stabilize is not None and not isinstance(noise, GaussianNoise):
            raise ValueError(
                f"stabilize={self.stabilize!r} is for a network that was trained for Gaussian noise. This one "
                f"removes other noise as it is: {'that of its images' if noise is None else noise!r}. Set "
                "stabilize=None."
            )

    def _steps(self):
        """Return the steps of inference, checked against how the network learns."""
        steps = resolve_inference(self.inference)
        supervision = resolve_supervision(self.supervision)
        check_steps(steps, supervision=supervision, augment=self.augment)
        return steps

    @property
    def _takes_clean(self):
        return resolve_supervision(self.supervision).learns_from_clean

    def _range_of(self, X):
        return self.value_range_ or range_of_images(X, None)

    def _find_value_range(self, X, targets):
        supervision = resolve_supervision(self.supervision)
        return supervision.value_range(self.value_range, X, targets)

    @property
    def _estimates_noise(self):
        return isinstance(self.noise_factor, str) and self.noise_factor == "estimate"

    def _resolve_noise(self, X, noisy):
        """Return the noise to add to clean images; keep the noise that is known to be in the images."""
        supervision = resolve_supervision(self.supervision)
        if not supervision.uses_noise:
            return None
        factor = self.noise_factor
        if self._estimates_noise:
            images = supervision.noisy_images(X, noisy)
            if images is None:
                return self.noise_  # partial_fit continues with what fit has found
            factor = supervision.noise_factor(self._noise_strengths(images, X))
        # What was estimated is not checked as if the user had given it.
        is_found = self._estimates_noise and isinstance(self.noise, str)
        found = GaussianNoise(factor) if is_found else resolve_noise(self.noise, factor)
        added, self._known_noise = supervision.noises(found)
        return added

    def _noise_strengths(self, images, X):
        """Return the estimated strength of the noise in several images."""
        if images is X:
            images = X if isinstance(X, ImageList) else self._as_nhwc(X)
        else:
            images = as_images(images, self.image_shape)
            warn_of_other_range(images, self.value_range_)
        return strengths_of_noise(images, self.value_range_)

    def _patch_size(self, targets):
        """Return height and width of the training patches, or None to train on whole images."""
        images = targets if isinstance(targets, ImageList) else self._as_nhwc(targets)
        return resolve_patch_size(self.patch_size, images)

    def _architecture(self, supervision, resume, targets, size):
        """Check the network, also against the weights that training continues from."""
        from skdenoise.networks.architecture import check_architecture

        filters = self.filters
        if resume:
            filters = self._network.architecture.filters if filters is None else filters
        elif self.init == "pretrained":
            size = None  # the filters of the weights that come with the package
        architecture = check_architecture(self.network, filters, self.image_shape_[2], size=size)
        if resume:
            is_linear = self._network.architecture.linear
        else:
            has_pairs = self.noise_ is None and supervision.learns_from_clean
            exceeds = has_pairs and architecture.is_bounded
            exceeds = exceeds and goes_beyond(targets, self.value_range_)
            is_linear = supervision.needs_linear_output(exceeds)
            is_linear = is_linear or architecture.recipe.needs_linear_output(self.loss)
        if is_linear:
            architecture = architecture.as_linear()
        if resume and architecture != self._network.architecture:
            raise ValueError(
                f"The denoiser has learned the weights of {self._network.architecture}, which do "
                f"not fit {architecture}. Fit a new one, or set warm_start=False."
            )
        return architecture

    def _check_weights_suit(self, supervision):
        """Raise if noisy images alone are to train weights that were learned from clean ones."""
        known = self._network.architecture
        needs_linear = supervision.needs_linear_output(False)
        if not needs_linear or not known.is_built_in or known.linear:
            return
        raise ValueError(
            f"The denoiser has learned the weights of {known} from clean images. Such a network passes "
            "the noisy pixel through, or limits it to the value range, which it must not with "
            f"supervision={supervision.name!r}. Fit a new one, with warm_start=False."
        )

    def _pairs(self, supervision, images, targets, are_one, multiple, patch_size):
        """Return the images as training pairs."""
        if not isinstance(targets, ImageList):
            warn_if_constant(targets)
            images, targets = (self._as_nhwc(X) for X in (images, targets))
        return supervision.pairs(
            clean=targets,
            clean_pixels=PixelFormat(targets.dtype, self.value_range_),
            noisy=None if are_one else images,
            noisy_pixels=PixelFormat(images.dtype, self.value_range_),
            noise=self._known_noise or self.noise_,
            clip=self.clip,
            multiple=multiple,
            patch_size=patch_size,
            augment=self.augment,
        )

    def _start(self, architecture, size, suits, resume, partial):
        """Return what training continues from."""
        if not resume:
            weights = start_weights(architecture, self.init, size, suits)
            return {} if weights is None else {"weights": weights}
        start = {"weights": self._network.weights}
        if partial and self._optimizer_state is not None:
            start["optimizer_state"] = self._optimizer_state
        return start

    def _keep(self, plan, network, labels, outcome, partial, resume):
        from skdenoise.training.loop import joined

        self.history_ = joined(self.history_ if resume else {}, outcome.history)
        self.n_iter_ = plan.first_epoch + len(outcome.history["loss"])
        self._loss = plan.loss
        self._optimizer_state = outcome.optimizer_state if partial else None
        self._helper = None
        if "labels_loss" in outcome.history:
            self._helper = TrainedHelper(labels.columns, outcome.helper_weights, self.classifier)
        self._network = network

    def _trained(self, plan, pairs, outcome):
        """Return the network with what it has learned."""
        from skdenoise.inference.trained import TrainedNetwork

        return TrainedNetwork(
            plan.architecture, pairs.size, self.precision, outcome.weights, outcome.model
        )

    def _errors(self, network, pairs, indices):
        """Return how many training images are looked at, and the mean squared errors of noisy and denoised ones."""
        height, width = pairs.padded_size
        few = indices[: max(1, min(256, _PIXELS_TO_CHECK // (height * width)))]
        noisy, clean, *weights = pairs.batch(few, generator(self._seed, Stream.CHECK))
        try:
            denoised = network.denoise(noisy, UNIT)
        except NotFiniteError as error:
            raise DivergedError(_DIVERGED) from error
        if not network.architecture.linear:
            noisy, denoised = np.clip(noisy, 0, 1), np.clip(denoised, 0, 1)
        counted = weights[0] > 0 if weights else slice(None)
        with np.errstate(over="ignore"):
            before, after = (
                np.mean((images[counted] - clean[counted]) ** 2) for images in (noisy, denoised)
            )
        if not np.isfinite(after):
            raise DivergedError(_DIVERGED)
        return len(few), before, after

    def _denoise_images(self, images, pixels, clip):
        steps = self._steps()
        if steps:
            self._check_weights_suit(resolve_supervision(self.supervision))
        network = self._network_now
        denoise = functools.partial(network.denoise, verbose=self.verbose)
        for step in steps:
            denoise = step.wrap(denoise, network)
        return denoise(images, pixels, clip)

    def _description(self):
        architecture = self._network.architecture
        if not architecture.is_built_in:
            raise cannot_hold(f"network={architecture.network!r}")
        return super()._description() | {
            "network": {
                "name": architecture.network,
                "filters": list(architecture.filters),
                "channels": architecture.channels,
                "linear": architecture.linear,
                "size": list(self._network.size),
            },
        }

    def _parameters_to_save(self):
        return super()._parameters_to_save() | {
            "callbacks": None,
            "classifier": None,
            "supervision": name_of(resolve_supervision(self.supervision)),
        }

    def _described_learned(self):
        return super()._described_learned() | {
            "known_noise": encoded(self._known_noise, "noise"),
            "history": self.history_,
            "n_iter": self.n_iter_,
        }

    def _arrays(self):
        return {
            f"weights/{index}": np.asarray(weight, np.float32)
            for index, weight in enumerate(self._network.weights)
        }

    def _set_learned(self, learned):
        super()._set_learned(learned)
        self._known_noise = noise(learned["known_noise"], self.image_shape_)
        self.history_ = {
            str(name): [float(value) for value in values]
            for name, values in learned["history"].items()
        }
        (self.n_iter_,) = integers([learned["n_iter"]], 1, least=0)
        if {len(values) for values in self.history_.values()} - {self.n_iter_}:
            raise ValueError(f"its history is not that of {self.n_iter_} epochs, its n_iter.")

    def _set_arrays(self, description, arrays):
        from skdenoise.inference.trained import TrainedNetwork

        names = [f"weights/{index}" for index in range(len(arrays))]
        if set(names) != set(arrays):
            raise ValueError("its arrays are not called weights/0, weights/1 and so on.")
        weights = [arrays[name] for name in names]
        if any(weight.dtype != np.float32 for weight in weights):
            raise ValueError("its weights are not all float32.")
        size = integers(description["network"]["size"], 2)
        architecture = described_architecture(description["network"], size, weights)
        if self.image_shape_[2] != architecture.channels:
            raise ValueError(
                f"image_shape={self.image_shape_} does not end in {architecture.channels}, the channels "
                "of its network."
            )
        self._network = TrainedNetwork(
            architecture, size, self.precision, weights, prefers_onnx_runtime=True
        )
        check_output(self._network)
        self._optimizer_state = None
        self._helper = None


def _warn_if_nothing_was_learned(target, n_images, before, after):
    """Warn if denoised images are no closer to the targets than noisy ones."""
    if 0 < before <= after:
        warn_user(
            f"The fit has learned nothing: on {n_images} image(s) that it was trained on, the "
            f"denoised ones are no closer to the {target} ones (mean squared error "
            f"{after:.2g}) than the noisy ones ({before:.2g}). Give more epochs or more images, try "
            "another learning_rate or loss, or check the noise and value_range.",
            ConvergenceWarning,
        )
