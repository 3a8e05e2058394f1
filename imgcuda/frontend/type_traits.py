"""The text of `<type_traits>`, as far as kernels use it, for compilers that have no headers: Clang here, and NVRTC.

Our own front end reads no templates, so it skips the text.
"""

from __future__ import annotations

from collections.abc import Iterator

_INTEGERS = """\
bool|char|signed char|unsigned char|short|unsigned short|int|unsigned int|long|unsigned long|long long|\
unsigned long long"""
_LISTED = {"is_integral": _INTEGERS.split("|"), "is_floating_point": ["float", "double"]}
_SIGNS = [("signed char", "unsigned char")]
_SIGNS += [(each, f"unsigned {each}") for each in ("short", "int", "long", "long long")]
_REMOVED = {
    "remove_const": ["const T"],
    "remove_volatile": ["volatile T"],
    "remove_reference": ["T &", "T &&"],
    "remove_pointer": ["T *", "T *const"],
    "remove_extent": ["T[N]"],
}
_TESTS = {
    "is_const": ["const T"],
    "is_reference": ["T &", "T &&"],
    "is_lvalue_reference": ["T &"],
    "is_rvalue_reference": ["T &&"],
    "is_pointer": ["T *", "T *const"],
    "is_array": ["T[N]"],
}
_KINDS = {"is_class": "__is_class", "is_enum": "__is_enum", "is_union": "__is_union"}
_CONCEPTS = {"integral": "is_integral", "floating_point": "is_floating_point", "arithmetic": "is_arithmetic"}
_BEGIN = """\
#if defined(__CUDACC_RTC__) && !defined(IMGCUDA_TRAITS)
#define IMGCUDA_TRAITS
namespace std {
template <typename T, T v> struct integral_constant {
    static constexpr T value = v;
    typedef T value_type;
    __host__ __device__ constexpr operator T() const noexcept { return v; }
    __host__ __device__ constexpr T operator()() const noexcept { return v; }
};
template <bool v> using bool_constant = integral_constant<bool, v>;
typedef integral_constant<bool, true> true_type;
typedef integral_constant<bool, false> false_type;
template <bool B, typename T = void> struct enable_if {};
template <typename T> struct enable_if<true, T> { typedef T type; };
template <bool B, typename T = void> using enable_if_t = typename enable_if<B, T>::type;
template <bool B, typename T, typename F> struct conditional { typedef T type; };
template <typename T, typename F> struct conditional<false, T, F> { typedef F type; };
template <bool B, typename T, typename F> using conditional_t = typename conditional<B, T, F>::type;
template <typename...> using void_t = void;
template <typename A, typename B> struct is_same : false_type {};
template <typename A> struct is_same<A, A> : true_type {};
template <typename A, typename B> constexpr bool is_same_v = is_same<A, B>::value;
template <typename A, typename B> struct is_base_of : bool_constant<__is_base_of(A, B)> {};
template <typename A, typename B> constexpr bool is_base_of_v = is_base_of<A, B>::value;
"""
_END = """\
template <typename T> using remove_cv = remove_const<remove_volatile_t<T>>;
template <typename T> using remove_cv_t = remove_const_t<remove_volatile_t<T>>;
template <typename T> struct remove_cvref { typedef remove_cv_t<remove_reference_t<T>> type; };
template <typename T> using remove_cvref_t = typename remove_cvref<T>::type;
template <typename T> struct decay { typedef remove_cvref_t<T> type; };
template <typename T> using decay_t = typename decay<T>::type;
template <typename T> struct is_arithmetic
    : bool_constant<is_integral<T>::value || is_floating_point<T>::value> {};
template <typename T> constexpr bool is_arithmetic_v = is_arithmetic<T>::value;
template <typename T, bool = is_arithmetic<T>::value> struct is_signed : bool_constant<(T(-1) < T(0))> {};
template <typename T> struct is_signed<T, false> : false_type {};
template <typename T> constexpr bool is_signed_v = is_signed<T>::value;
template <typename T, bool = is_arithmetic<T>::value> struct is_unsigned : bool_constant<(T(-1) > T(0))> {};
template <typename T> struct is_unsigned<T, false> : false_type {};
template <typename T> constexpr bool is_unsigned_v = is_unsigned<T>::value;
template <typename T> struct is_void : is_same<remove_cv_t<T>, void> {};
template <typename T> constexpr bool is_void_v = is_void<T>::value;
template <typename T> struct underlying_type { typedef __underlying_type(T) type; };
template <typename T> using underlying_type_t = typename underlying_type<T>::type;
template <typename T> __host__ __device__ T &&declval() noexcept;
template <typename T> using add_const_t = const T;
template <typename T> using make_unsigned_t = typename make_unsigned<T>::type;
template <typename T> using make_signed_t = typename make_signed<T>::type;
"""
_MOVES = """\
#ifdef IMGCUDA_CPU
template <typename T> __host__ __device__ constexpr remove_reference_t<T> &&move(T &&v) noexcept
{ return static_cast<remove_reference_t<T> &&>(v); }
template <typename T> __host__ __device__ constexpr T &&forward(remove_reference_t<T> &v) noexcept
{ return static_cast<T &&>(v); }
#endif
"""
"""NVRTC has these itself."""


def _declarations() -> Iterator[str]:
    yield _BEGIN
    for name, patterns in _REMOVED.items():
        yield f"template <typename T> struct {name} {{ typedef T type; }};"
        for pattern in patterns:
            yield f"template <typename T{_number(pattern)}> struct {name}<{pattern}> {{ typedef T type; }};"
        yield f"template <typename T> using {name}_t = typename {name}<T>::type;"
    for name, patterns in _TESTS.items():
        specials = [
            f"template <typename T{_number(each)}> struct {name}<{each}> : true_type {{}};" for each in patterns
        ]
        yield from (f"template <typename T> struct {name} : false_type {{}};", *specials, _value(name))
    for name, types in _LISTED.items():
        same = " || ".join(f"is_same<remove_const_t<T>, {each}>::value" for each in types)
        yield from (f"template <typename T> struct {name} : bool_constant<{same}> {{}};", _value(name))
    for name, builtin in _KINDS.items():
        yield from (f"template <typename T> struct {name} : bool_constant<{builtin}(T)> {{}};", _value(name))
    yield from (f"template <typename T> struct make_{sign} {{ typedef T type; }};" for sign in ("signed", "unsigned"))
    for one, other in _SIGNS:
        yield f"template <> struct make_signed<{other}> {{ typedef {one} type; }};"
        yield f"template <> struct make_unsigned<{one}> {{ typedef {other} type; }};"
    yield _END + _MOVES
    yield "#if __cplusplus >= 202002L"
    yield from (f"template <typename T> concept {name} = {test}<T>::value;" for name, test in _CONCEPTS.items())
    yield "template <typename A, typename B> concept same_as = is_same<A, B>::value;\n#endif\n}\n#endif"


def _number(pattern: str) -> str:
    return ", decltype(sizeof(0)) N" if "[N]" in pattern else ""


def _value(name: str) -> str:
    return f"template <typename T> constexpr bool {name}_v = {name}<T>::value;"


TYPE_TRAITS = "\n".join(_declarations()) + "\n"
"""The text of `<type_traits>`, with move and forward of `<utility>`, and some of `<concepts>`."""
