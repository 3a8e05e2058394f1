"""Puts types and constants in an order in which each stands behind the types that it is made of.

The CPU engine reads them in the order of their places, and an instance of a template has its template's place.
"""

from __future__ import annotations

from dataclasses import replace

from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import Place, TranslationUnit


def in_order(unit: TranslationUnit) -> None:
    """Set the ends of structures, and the places of globals, behind what they are made of."""
    places: dict[str, Place] = {}
    for number, structure in enumerate(unit.structures):
        types = tuple(type for _, type in structure.fields)
        place = _behind(structure.place, types, places)
        places[structure.name] = place
        unit.structures[number] = replace(structure, end=place)
    for number, each in enumerate(unit.globals):
        place = _behind(each.place, (each.type, each.value), places)
        places[f"::{each.name}"] = place
        unit.globals[number] = replace(each, place=place)


def _behind(place: Place, parts: object, places: dict[str, Place]) -> Place:
    for node in syntax.walk(parts):
        if isinstance(node, syntax.NamedType | syntax.Name) and node.name in places:
            other = places[node.name]
            if _key(other) >= _key(place):
                place = replace(other, column=other.column + 1)
    return place


def _key(place: Place) -> tuple[bool, int, int]:
    return place.file != "prelude.cuh", place.line, place.column
