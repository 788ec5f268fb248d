"""The science of color: NumPy arrays in and out, no files, no networks.

`lab` converts, `ab_bins` quantizes, `distribution` chooses a color, `upsample` enlarges it along the picture's edges,
`gamut` brings it into what a screen can show. Names are imported from their module, such as
`from photochrom.color.lab import rgb_to_lab`.
"""
