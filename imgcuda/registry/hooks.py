"""Imports one plugin, and calls its hook to get its filters."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from itertools import islice
from typing import Any

import pluggy

from imgcuda import hookspecs
from imgcuda.errors import PluginError
from imgcuda.filters import Filter
from imgcuda.registry.entries import Entry, Offer

MOST = 1000
"""The most filters of one plugin."""


def checked_filters(offer: Offer) -> list[type[Filter]]:
    """Import the plugin of an entry point, ask it for its filters, and refuse what they may not declare."""
    from imgcuda.registry.filter_checks import check_aliases, check_options, check_words  # only the first time

    brought = filters(offer)
    for filter_class in brought:
        check_words(filter_class)
        check_options(filter_class)
        check_aliases(filter_class)
    if twice := [name for name, count in Counter(each.name for each in brought).items() if count > 1]:
        raise PluginError(f"it brings several filters called '{twice[0]}'")
    return brought


def filters(offer: Offer) -> list[type[Filter]]:
    """Import the plugin of an entry point, and return its filters.

    Each plugin has a plugin manager of its own, so that a failure affects no other. Raises what the plugin raises.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    module = _module(offer.name, offer.value)
    manager.register(module, offer.name)
    manager.check_pending()  # a misspelled hook is an error
    if not manager.hook.imgcuda_filters.get_hookimpls():  # another file of that name, perhaps, in the current folder
        where = getattr(module, "__file__", None) or module
        raise PluginError(f"{where} has no function imgcuda_filters() that is marked with @hookimpl")
    found = (filter_class for filters in manager.hook.imgcuda_filters() for filter_class in filters)
    brought = list(islice(found, MOST + 1))
    if len(brought) > MOST:
        raise PluginError(f"imgcuda_filters() returned more than {MOST} filters")
    for filter_class in brought:
        if not (isinstance(filter_class, type) and issubclass(filter_class, Filter)):
            raise TypeError(f"imgcuda_filters() must return filter classes; it returned {filter_class!r}")
    return brought


def alone(entry: Entry) -> type[Filter]:
    """Import a filter's own module, and not its plugin's others; PluginError if its class is not as the entry says.

    So a filter takes no longer to import where its plugin has a hundred. Raises what the module raises.
    """
    module, _, name = entry.home.partition(":")
    found: type[Filter] = vars(import_module(module))[name]
    if Entry.of(found) != entry:
        raise PluginError(f"{entry.home} is not the filter {entry.name} that the index lists")
    return found


def _module(name: str, value: str) -> Any:
    """Return the object that an entry point names: a module, or an attribute of one."""
    if re.fullmatch(r"[\w.]+", value):
        return import_module(value)
    from importlib.metadata import EntryPoint  # importing it takes longer than most plugins

    return EntryPoint(name, value, hookspecs.PROJECT).load()
