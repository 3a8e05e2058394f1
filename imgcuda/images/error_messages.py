"""Turn any error of a decoder or an encoder into one sentence with the file's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import PIL.Image

from imgcuda.errors import ImageError, ImgcudaError, system_words
from imgcuda.startup import no_memory_to_load

LONGEST = 300
"""The most characters of a decoder's message that are shown, since it may contain a file's whole table."""

# Patterns are compiled when there is an error.
_CUT_SHORT = r"(?i)truncated|cut short|unexpected end|end of file|not enough (image )?data|incomplete"
_NOT_SUPPORTED = r"(?i)(unsupported|unimplemented|unknown|no support for|cannot write|maximum supported) "
_NO_THREAD = "can't start new thread"
_PYTHON = r"operand|format character|keyword|argument|__\w+__|encoding|object"
"""Words of Python's own sentences that begin as a decoder's do."""


class Subject:
    """The format of the file that is being read, for messages; empty until it is known."""

    def __init__(self) -> None:
        self.format = ""


@contextmanager
def translated_errors(name: str, verb: str) -> Iterator[Subject]:
    """Translate any error in the block to an ImageError: "in.png cannot be read: permission denied"."""
    subject = Subject()
    try:
        yield subject
    except BrokenPipeError:
        raise  # the program that reads our output has closed it, which is no error
    except Exception as error:
        raise ImageError(f"{name} cannot be {verb}: {_reason(error, verb, subject.format)}") from error


def _reason(error: Exception, verb: str, format: str) -> str:
    if isinstance(error, PIL.Image.DecompressionBombError):
        return "it has more pixels than its header says"
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, ImportError) and (unloaded := no_memory_to_load(error)):
        return unloaded
    if isinstance(error, RuntimeError) and _NO_THREAD in str(error):
        return "no thread can be started; allow the process more memory or threads (ulimit -v, ulimit -u)"
    if isinstance(error, OSError) and error.strerror:
        return system_words(error)
    words = " ".join(str(error).split())
    words = words if len(words) <= LONGEST else f"{words[:LONGEST]}..."
    if isinstance(error, ImgcudaError):
        return words
    return _of_encoder(words) if verb == "written" else _of_decoder(error, words, format)


def _of_decoder(error: Exception, words: str, format: str) -> str:
    """Return what a decoder's error means for the file; its own message is mostly about the decoder or Python."""
    if isinstance(error, OSError | SyntaxError | EOFError | ValueError) and re.search(_CUT_SHORT, words):
        return "it is damaged or cut short: some of its data is missing"
    if _is_about_support(error, words):
        return f"it is of a kind that cannot be read: {words[:1].lower()}{words[1:]}"
    return f"it is damaged: its {format} data cannot be decoded" if format else "it is damaged: it cannot be decoded"


def _of_encoder(words: str) -> str:
    return f"it cannot be encoded: {words}" if words and not re.search(_PYTHON, words) else "it cannot be encoded"


def _is_about_support(error: Exception, words: str) -> bool:
    of_decoders = isinstance(error, OSError | SyntaxError | NotImplementedError | ValueError)
    return of_decoders and re.match(_NOT_SUPPORTED, words) is not None and not re.search(_PYTHON, words)
