"""Order and pictures of the examples in the gallery."""

import shutil
from itertools import chain
from pathlib import Path

import matplotlib.pyplot as plt
from sphinx_gallery.scrapers import figure_rst

PICTURES = ("*.png", "*.jpg", "*.gif")
_READING_ORDER = [
    "quickstart",
    "training_animation",
    "does_denoising_help",
    "noise_gallery",
    "unknown_noise_level",
    "grid_search_noise_factor",
    "search_denoiser_and_classifier",
    "choose_a_denoiser",
    "several_kinds_of_noise",
    "camera_noise",
    "your_own_photographs",
    "camera_pictures",
    "counted_photons",
    "reading_text",
    "real_pairs",
    "no_clean_images",
    "stripes",
    "does_it_hallucinate",
    "how_sure_is_it",
    "other_noise",
    "certified_accuracy",
    "folder_from_the_command_line",
    "train_from_disk",
    "denoise_store_on_a_cluster",
    "grid_search_on_a_cluster",
    "serve_without_tensorflow",
    "keras_classifier",
    "colour_images",
    "mnist_with_and_without_denoising",
]


def reading_order(filename):
    """Return the sort key of an example. Examples that are not listed come last, sorted by name."""
    name = Path(filename).stem
    place = (
        _READING_ORDER.index(name)
        if name in _READING_ORDER
        else len(_READING_ORDER)
    )
    return place, name


def saved_pictures(block, block_vars, gallery_conf):
    """Show the pictures that a block of an example has saved in its folder.

    sphinx-gallery itself finds only figures of pyplot, and the package makes its figures without
    pyplot. Saved figures are closed, so that they are not shown twice.

    Returns
    -------
    str
        The pictures in reStructuredText.
    """
    folder = Path(block_vars["src_file"]).parent
    shown = []
    for picture in sorted(chain.from_iterable(map(folder.glob, PICTURES))):
        target = Path(next(block_vars["image_path_iterator"])).with_suffix(
            picture.suffix
        )
        shutil.move(picture, target)
        shown.append(target)
    if shown:
        plt.close("all")
    return figure_rst(shown, gallery_conf["src_dir"])
