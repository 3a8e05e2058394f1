"""What people call filters and parameters in other programs: read when a name is not known, and by a search.

A row is for several words, between blanks. What it leads to is offered as far as it is installed. Hyphens do not count.
A word that means one filter exactly is an alias of the filter instead.
"""

from __future__ import annotations

FILTERS = {
    # noise and sharpness
    "denoise noise-reduction reduce-noise remove-noise declutter clean": "median bilateral nl-means",
    "smooth smoothen soften smoothing": "blur bilateral guided",
    "defocus bokeh out-of-focus": "lens-blur blur",
    "lowpass": "blur box-blur",
    "sharp sharpness deblur crisp clarity structure": "unsharp-mask local-contrast",
    "salt pepper specks dust dead-pixels hot-pixels": "median",
    "grain grainy film": "add-noise:monochrome=true",
    "kernel matrix filter-2d custom convolution": "convolve",
    # size and place
    "thumbnail thumb preview fit": "resize:fit=256x256",
    "shrink smaller downscale downsample reduce minify": "resize:scale=0.5",
    "enlarge larger bigger upscale upsample supersample magnify zoom zoom-in": "resize:scale=2",
    "imresize resample size dimensions width height": "resize",
    "flip-horizontal horizontal-flip mirror-horizontal flip-h left-right": "flip:direction=horizontal",
    "flip-vertical vertical-flip mirror-vertical flip-v": "flip:direction=vertical",
    "upside-down rotate-180 rot180": "rotate:angle=180",
    "rotate-left counterclockwise anticlockwise ccw turn-left": "rotate:angle=90",
    "rotate-right clockwise cw turn-right rot270": "rotate:angle=-90",
    "turn straighten deskew spin tilt": "rotate",
    # color and tone
    "black-and-white black-white bw monochrome mono": "grayscale threshold",
    "rgb2gray to-gray colorless decolorize": "grayscale",
    "bilevel binary one-bit 1bit": "threshold auto-threshold",
    "inverse complement reverse": "invert",
    "whiten whitening bleach white": "brightness levels auto-white-balance",
    "lighten lighter bright exposure-up": "brightness:factor=1.5",
    "darker dim exposure-down": "brightness:factor=0.7",
    "light luminance exposure ev": "brightness exposure gamma",
    "white-balance awb balance color-cast": "auto-white-balance temperature auto-contrast",
    "vivid vibrant colorful colourful color colour chroma": "saturation vibrance",
    "normalize normalise auto-levels stretch histogram-stretch auto-tone enhance": "auto-contrast normalize equalize",
    "levels curves tone": "gamma contrast auto-contrast",
    "histogram hist histeq": "equalize auto-contrast",
    "clahe adaptive-histogram ahe local-equalize": "equalize",
    "hdr tone-mapping": "tone-map gamma",
    "lut 3dlut color-grade color-grading grade look hald": "lut-cube",
    "old vintage retro antique brown": "sepia vignette",
    # edges
    "outline outlines contour contours find-edges edge edge-detection gradient": "edges canny morphological-gradient",
    "lines line-drawing pencil sketch": "canny edges",
    "roberts kirsch": "edges",
    "morphology morph structuring-element": "open close erode dilate",
    "thin thinner shrink-shapes": "erode",
    "thicken thicker grow expand embolden bolden": "dilate",
    # looks
    "censor anonymize anonymise hide blocks 8bit pixel-art": "pixelate blur",
    "comic cartoon poster quantize quantise reduce-colors palette": "posterize",
    "bump bevel engrave 3d": "emboss",
    "darken-corners corners lomo spotlight": "vignette",
    # several pictures
    "merge blend layer paste stamp logo alpha-composite compose": "composite",
    "multiply screen mask hard-light soft-light color-dodge color-burn difference porter-duff": "composite",
    "write words letters title copyright label font": "text",
    # levels
    "cut binarise clip-levels": "threshold",
    "segment segmentation auto-binarize": "auto-threshold threshold",
}
"""The filters that words lead to, the best first, each as after -f."""

PARAMETERS = {
    "radius": "sigma sigma_space size",
    "sigma stddev std standard-deviation": "sigma_space radius",
    "size ksize kernel-size window diameter": "radius sigma sigma_space fit kernel",
    "kernel matrix weights": "kernel radius",
    "strength intensity effect": "amount factor opacity gain sigma_color level cutoff sigma height scale",
    "amount": "strength factor opacity sigma level radius",
    "factor ratio multiplier": "scale amount strength gain",
    "zoom percent percentage": "scale factor amount cutoff",
    "level value cut": "threshold level factor",
    "threshold": "level low",
    "angle degrees degree rotation rotate theta azimuth direction": "angle direction",
    "axis orientation": "direction angle",
    "low-threshold threshold1 lower min": "low",
    "high-threshold threshold2 upper max": "high",
    "type operator algorithm kind": "method operator kind mode",
    "method": "operator mode kind weights",
    "interpolation interp resample resampling filter": "method",
    "mode padding pad edge edge-mode": "border mode method",
    "blend blend-mode": "mode",
    "alpha transparency opaque": "opacity amount strength",
    "dimensions max-size thumbnail box": "fit",
    "cover crop": "fill",
    "colors colours tones bits": "levels",
    "block blocks cell tile pixels": "size",
    "brightness contrast saturation": "factor",
    "sharpness sharpen": "amount",
    "gamma exponent power": "gamma",
    "center centre middle": "pivot",
    "depth": "height",
    "overlay picture second": "image",
    "file table cube": "lut",
    "left": "x",
    "top": "y",
    "gray grey mono": "monochrome",
    "random": "seed",
    "w": "width",
    "h": "height",
    "position place anchor align": "gravity",
    "string words caption label": "text",
    "repeat": "tile",
}
"""The names that a parameter may have here, the best first; the first that the filter has is offered."""
