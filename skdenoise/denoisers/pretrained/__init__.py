"""Pretrained: denoisers that come with the package, a file and a model card for each.

To add one: its file, and one entry in `MODEL_CARDS`.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ModelCard:
    """What a user should know of packaged weights.

    Parameters
    ----------
    purpose : str
        The images and the noise that they are for.
    not_for : str
        What they are not for.
    data : str
        What they were trained on, and where it is from.
    licence : str
        Of the weights and of the data.
    recipe : str
        How they were trained, with the command.
    figures : dict of str to str
        Measured quality: a line for each test set.
    """

    purpose: str
    not_for: str
    data: str
    licence: str
    recipe: str
    figures: dict[str, str]


MODEL_CARDS = {
    "photo-gray": ModelCard(
        purpose="photographs with Gaussian noise of standard deviations 0 to 55 of 255, clipped to 8 bits "
        "or not; grey ones, and colours as opponent colours",
        not_for="the noise of real cameras and phones, which is correlated between pixels; text, "
        "drawings and microscopy, which it was not trained on",
        data="360 of the 400 photographs of 180x180 pixels that denoising papers train on "
        "(train400, cut from the Berkeley segmentation data set); the other 40 for validation",
        licence="weights: BSD-3-Clause, as the package; photographs: research use (Berkeley)",
        recipe='network "bias_free", filters=(64, 128), patches of 64x64, mean absolute error; rounded to half '
        "precision: python experiments/train_photographs.py",
        figures={
            "Set12, Gaussian 15 / 25 / 50 of 255, floats": "32.40 / 30.11 / 26.95 dB "
            "(python experiments/photographs.py)",
            "24 photographs in colour, Gaussian 15 / 25 / 50 of 255, floats": "36.62 / 34.36 / 31.21 dB "
            "(95 % intervals 35.3 to 38.2 / 33.0 to 36.0 / 29.8 to 32.7, over photographs); above CBM3D by 0.1 (-0.03 to 0.32) / "
            "0.3 (0.1 to 0.6) / 0.4 (0.3 to 0.6) dB (python experiments/colour_photographs.py; their names: python experiments/photograph_names.py)",
            "the same in 8 bits": "36.56 / 34.23 / 30.88 dB; above CBM3D by 0.4 (0.2 to 0.8) / 1.1 (0.7 to 1.7) / 2.8 (2.0 to 3.9) dB (the same "
            "command)",
            "90 % intervals (ConformalDenoiser.from_pretrained), pixels inside on left-out photographs": "90.3 "
            "to 92.5 % in each group of strengths (python experiments/calibrate_photographs.py photo-gray-intervals.npz)",
        },
    ),
    "photo-real": ModelCard(
        purpose="pictures as cameras and phones write them: noise that went through demosaicing, white "
        "balance, sharpening and JPEG compression; colour (as opponent colours) and grey",
        not_for="strong noise that is independent between pixels (photo-gray); pictures with hardly any noise "
        "and fine texture; blur; blocks of strong JPEG compression. Tested on five cameras, on no phone",
        data="265 photographs under free licences (CC0, CC BY-SA, public domain), with simulated noise; 32 "
        "others for validation, as well as pictures of cameras (PolyU, Xu et al. 2018, non-commercial use), "
        "on which settings were compared; it starts from photo-gray",
        licence="weights: BSD-3-Clause, as the package; photo-gray, from which it starts, learned from "
        "photographs for research use (Berkeley)",
        recipe="6,000 patches of 64x64, noise drawn once: CameraPipeline for 90 %, a sixth of them without "
        "mosaic, Gaussian noise for 10 %; mean absolute error; rounded to half precision: "
        "python experiments/train_camera_pictures.py",
        figures={
            "33 pictures of cameras at ISO 1,600 to 12,800": "35.88 to 37.78 dB; gain 1.90 dB "
            "(95 % interval 1.55 to 2.35), least 0.56 dB (python experiments/camera_pictures.py)",
            "32 photographs with simulated noise": "33.78 to 35.63 dB "
            "(python experiments/train_camera_pictures.py; their names: python experiments/photograph_names.py)",
        },
    ),
    "text": ModelCard(
        purpose="pages of printed text, letters of 10 to 43 pixels, dark on light or light on dark, grey or each "
        "channel of a colour by itself, with "
        "independent or correlated noise, random dots, motion blur, Gaussian blur or JPEG compression",
        not_for="photographs and drawings, also those on the pages; handwriting; scripts other than Latin, "
        "which it was not trained on; weak noise on pages of low contrast (photo-gray is better "
        "there); letters that nobody can read: it may draw the wrong ones",
        data="3,000 rendered pages of 192x192 pixels in 25 families of fonts under free licences; words of "
        "scikit-learn's descriptions of data sets, and characters at random",
        licence="weights: BSD-3-Clause, as the package",
        recipe='network "compact", filters=(32, 64), patches of 64x64, binary cross-entropy: '
        "python experiments/train_text.py",
        figures={
            "Tesseract on 35 pages in other fonts, characters misread under Gaussian noise of 0.2 / 0.3 / 0.5": "0.5 / 2.2 / 14.4 %; "
            "without a denoiser 4.0 / 35.9 / 64.6 %, the best of four filters 0.4 / 2.9 / 21.7 % "
            "(python experiments/reading_text.py)",
            "the same with motion blur of 6 pixels / JPEG of quality 5": "9.9 / 1.6 %; without 18.4 / 3.1 %; "
            "the best of four filters 17.9 / 1.4 %",
        },
    ),
}


def pretrained_path(name):
    """Return the model file of a denoiser that comes with the package.

    Raises
    ------
    ValueError
        For a name that is not known.
    """
    if name not in MODEL_CARDS:
        raise ValueError(
            f"name={name!r} is not a denoiser that comes with the package; there is "
            f"{', '.join(map(repr, MODEL_CARDS))}. skdenoise.load reads your own from a file."
        )
    return Path(__file__).with_name(f"{name}.skdenoise")
