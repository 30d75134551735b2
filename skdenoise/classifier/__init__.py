"""Classification: a denoiser and a classifier as one estimator.

`denoising_classifier` is the estimator, `training_set` makes what its classifiers learn from, and `trust`
decides for each image whether to use the denoiser.
"""
