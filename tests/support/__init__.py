"""What several test files share: kernels, picture files, references, an environment to install into.

Any test may import it (`from support.small_kernels import launch`): pytest and mypy find it by pyproject.toml. What
pytest hands to tests by name, the fixtures, is in the files named conftest.py.

broken_files       whole files of every kind, and what becomes of them when they are cut or changed
broken_kernels     kernels that are wrong on purpose, and what a checked run says of each
browser            Chromium, driven by Playwright, and a page that it shows
byte_writers       PSD, DDS, PCX and SGI files, byte by byte
command_line       command lines of imgcuda, run in the test's own process
cxx                kernels in C++, run on the CPU
environment        a new Python environment, to install into
file_runs          a file filtered by a chain that is written as text
fuzz               random kernels against what gcc makes of the same C
gpu_memory         what a process takes of a GPU's memory
installed          the installed filters, found once, and values for parameters without a default
kernel_generator   random kernels that have no undefined behavior, in CUDA C and in C
killed_writes      a process that writes a file and is killed at it
matrix             tables of parameters, of which the plain run takes a few
pages              pages as a browser reads them: elements, texts and pictures
pasted_kernels     filters of kernels as people paste them
picture_files      PNGs byte by byte, and files by way of Pillow and OpenCV
price              what tests cost, by file
references         tests of filters against a reference in float64
small_kernels      a line of CUDA C, run on the CPU engine
studio             a studio that runs, and a client that sends any request to it
tiff_files         TIFFs of every layout
written_filters    filters in files of their own, which are not installed

Some are programs too, from the root of the checkout: PYTHONPATH=tests python -m support.fuzz --minutes 10
"""
