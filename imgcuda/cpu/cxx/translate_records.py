"""Structures, classes and unions of Clang's tree as structures of ours."""

from __future__ import annotations

from imgcuda.cpu.cxx.nodes import (
    Node,
    Untranslatable,
    has,
    inner,
    is_own,
    is_reference,
    kind,
    spelling,
    unwrapped,
)
from imgcuda.cpu.cxx.translation import Translation
from imgcuda.cpu.cxx.type_reader import name_of, target_of
from imgcuda.cpu.values.types import BASIC, DIM3, VECTORS, align_of
from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import TypeName


def structure(t: Translation, record: Node) -> str:
    """Return the name of the structure that a record becomes; it is declared first if it is new."""
    key = record["id"]
    if key in t.structures:
        return t.structures[key]
    name = name_of(record)
    if not t.index.is_authors(record) and (name in VECTORS or name == DIM3.name):
        t.structures[key] = name
        return name
    t.require_sound(record)
    if record.get("definitionData", {}).get("isPolymorphic"):
        raise Untranslatable("virtual functions are not in the portable subset", t.place(record), "use a template")
    if any(kind(each) == "CXXDestructorDecl" and _does_something(t, each) for each in inner(record)):
        raise Untranslatable("destructors are not in the portable subset", t.place(record), "call a method at the end")
    spelled = next(t.index.spellings(record), name) or f"{record.get('tagUsed', 'struct')} without a name"
    t.structures[key] = made = t.unique(spelled.rpartition(" ")[2] if name else spelled)
    fields, union = tuple(fields_of(t, record)), record.get("tagUsed") == "union"
    declared = syntax.Structure(made, fields, t.place(record), _alignment(t, record), union=union)
    t.unit.structures.append(declared)
    return made


def _does_something(t: Translation, destructor: Node) -> bool:
    """Return whether a destructor may do something in a kernel: one of the host is not called there."""
    definition = t.index.definition(destructor)
    body = next((each for each in inner(definition) if kind(each) == "CompoundStmt"), None)
    is_empty = body is not None and not inner(body)
    return is_own(destructor) and has(destructor, "CUDADeviceAttr") and not is_empty


def fields_of(t: Translation, record: Node) -> list[tuple[str, TypeName]]:
    """Return the fields of a structure: bases that are not empty first, then its own."""
    found = [(base_field(base), base_type) for base, base_type in _bases(t, record)]
    for each in inner(record):
        if kind(each) == "FieldDecl":
            t.require_sound(each)
            if each.get("isBitfield"):
                raise Untranslatable("fields of some bits are not in the portable subset", t.place(each), "use an int")
            found.append((field_name(t, each), field_type(t, each)))
    return found


def _bases(t: Translation, record: Node) -> list[tuple[str, TypeName]]:
    found = []
    for base in record.get("bases", []):
        spelled = spelling(base)
        parent = t.record(spelled, t.place(record))
        if base.get("isVirtual") or parent is None:
            raise Untranslatable("virtual bases are not in the portable subset", t.place(record))
        if has_fields(parent):
            found.append((name_of(parent), t.read_type(spelled, t.place(record))))
    return found


def has_fields(record: Node) -> bool:
    """Return whether a record has fields, or bases that may have some."""
    return has(record, "FieldDecl") or bool(record.get("bases"))


def base_field(name: str) -> str:
    """Return the name of the field that has a base of a class."""
    return f"base {name}"


def field_name(t: Translation, field: Node) -> str:
    """Return the name of a field; a structure or union without a name is found by its position."""
    if name_of(field):
        return name_of(field)
    siblings = [each["id"] for each in inner(t.index.parents[field["id"]]) if kind(each) == "FieldDecl"]
    return f"unnamed {siblings.index(field['id'])}"


def field_type(t: Translation, field: Node) -> TypeName:
    """Return the type of a field; a reference is a pointer."""
    nameless = nameless_record(t, field)
    if nameless is not None:
        return syntax.NamedType(structure(t, nameless), t.place(field))
    type = t.type(field)
    return syntax.PointerType(target_of(type)) if is_reference(spelling(field)) else type


def nameless_record(t: Translation, declared: Node) -> Node | None:
    """Return the record without a name that a field or variable is declared with; None if it has another type."""
    if not any(word in spelling(declared) for word in ("(anonymous", "(unnamed")):
        return None
    before: Node | None = None
    for each in inner(t.index.parents[declared["id"]]):
        if each.get("id") == declared["id"]:
            break
        if kind(each) == "CXXRecordDecl" and not each.get("name"):
            before = each
    return before


def _alignment(t: Translation, record: Node) -> int:
    """Return the alignment that `alignas` or `__align__` asks for; 0 if there is none."""
    given = next((each for each in inner(record) if kind(each) == "AlignedAttr"), None)
    if given is not None and inner(given):
        value = inner(given)[0].get("value") or unwrapped(inner(given)[0]).get("value")
        return int(value or 0)
    return 0


def alignment_of(t: Translation, type: TypeName) -> int:
    """Return the alignment of a type in bytes."""
    while isinstance(type, syntax.ArrayType):
        type = type.element
    if not isinstance(type, syntax.NamedType):
        return 8
    known = BASIC.get(type.name) or VECTORS.get(type.name)
    if known is not None:
        return align_of(known)
    found = next(each for each in t.unit.structures if each.name == type.name)
    return max([1, found.align, *(alignment_of(t, each) for _, each in found.fields)])
