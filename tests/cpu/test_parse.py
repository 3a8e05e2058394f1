"""The parser: trees of valid sources, messages and places for invalid ones."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass

import pytest

from imgcuda.errors import KernelError, Mistake, PortabilityError
from imgcuda.frontend import syntax
from imgcuda.frontend.parse import parse

PLACE = syntax.Place("k.cu", 1, 1)


def show(node: object) -> str:
    """Write a tree as text: operators in brackets, so that precedence shows."""
    match node:
        case syntax.NumberLiteral(value, type):
            return f"{value}:{type}" if type != "int" else str(value)
        case syntax.Name(name):
            return name
        case syntax.Unary(operator, operand):
            return f"({operator}{show(operand)})"
        case syntax.Postfix(operator, operand):
            return f"({show(operand)}{operator})"
        case syntax.Binary(operator, left, right):
            return f"({show(left)} {operator} {show(right)})"
        case syntax.Assign(operator, target, value):
            return f"({show(target)} {operator}= {show(value)})"
        case syntax.Conditional(condition, then, otherwise):
            return f"({show(condition)} ? {show(then)} : {show(otherwise)})"
        case syntax.Call(name, arguments):
            return f"{name}({', '.join(map(show, arguments))})"
        case syntax.Index(array, index):
            return f"{show(array)}[{show(index)}]"
        case syntax.Member(whole, name):
            return f"{show(whole)}.{name}"
        case syntax.Cast(type, value):
            return f"<{show(type)}>{show(value)}"
        case syntax.SizeOf(of):
            return f"sizeof({show(of)})"
        case syntax.Initializer(values):
            return f"{{{', '.join(map(show, values))}}}"
        case syntax.NamedType(name):
            return name
        case syntax.PointerType(target, restrict):
            return f"pointer{' restrict' * restrict} to {show(target)}"
        case syntax.ReferenceType(target):
            return f"reference to {show(target)}"
        case syntax.ArrayType(element, size):
            return f"array [{'' if size is None else show(size)}] of {show(element)}"
    raise AssertionError(node)


def body_of(statements: str, **macros: str) -> tuple[syntax.Statement, ...]:
    (function,) = parse("__global__ void k(int n) {" + statements + "\n}", "k.cu", macros).functions
    assert function.body is not None
    return function.body.items


def expression(text: str) -> str:
    (statement,) = body_of(text + ";")
    assert isinstance(statement, syntax.Evaluate)
    return show(statement.value)


def declared(text: str) -> syntax.Declaration:
    (statement,) = body_of(text)
    assert isinstance(statement, syntax.Declaration)
    return statement


def mistakes_in(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(KernelError) as caught:
        parse(text, "k.cu")
    return caught.value.mistakes


def in_kernel(statements: str) -> str:
    return f"__global__ void k(int n) {{\n{statements}\n}}"


# expressions


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a << 1 + b & 3 | c ^ d", "(((a << (1 + b)) & 3) | (c ^ d))"),
        ("a < b == c >= d && e || f", "((((a < b) == (c >= d)) && e) || f)"),
        ("a = b += c ? d : e ? f : g", "(a = (b += (c ? d : (e ? f : g))))"),
        ("a <<= 2, b %= 3", "((a <<= 2) , (b %= 3))"),
        ("-a++ + !--b", "((-(a++)) + (!(--b)))"),
        ("*p++ = ~x & ~0u", "((*(p++)) = ((~x) & (~0:unsigned int)))"),
        ("&a[i][j + 1].x", "(&a[i][(j + 1)].x)"),
        ("p->a.b[0]", "(*p).a.b[0]"),
        ("f(a, (b, c), g())", "f(a, (b , c), g())"),
        ("threadIdx.x", "threadIdx.x"),
        ("(float)a / (b)", "(<float>a / b)"),
        ("(int)-1.5f", "<int>(-1.5:float)"),
        ("(unsigned char)(int)x", "<unsigned char><int>x"),
        ("((const uchar4 *)src)[i]", "<pointer to uchar4>src[i]"),
        ("(float (*)[16])p", "<pointer to array [16] of float>p"),
        ("float(x) * uint8_t(y)", "(<float>x * <uint8_t>y)"),
        ("x = float(*p)", "(x = <float>(*p))"),
        ("static_cast<unsigned int>(x) + 1", "(<unsigned int>x + 1)"),
        ("reinterpret_cast<float4*>(p)[1]", "<pointer to float4>p[1]"),
        ("(uint(a) << 2) | (unsigned)(b)", "((<uint>a << 2) | <unsigned int>b)"),
        ("(float(*p) + 1) * (2)", "((<float>(*p) + 1) * 2)"),
        ("sizeof(float4) + sizeof n * 2", "(sizeof(float4) + (sizeof(n) * 2))"),
        ("true != false", "(1:bool != 0:bool)"),
        ("p == NULL || p == nullptr", "((p == 0) || (p == 0:nullptr))"),
    ],
)
def test_expressions(text: str, tree: str) -> None:
    assert expression(text) == tree


@pytest.mark.parametrize(
    ("text", "value", "type"),
    [
        ("0", 0, "int"),
        ("2147483647", 2147483647, "int"),
        ("2147483648", 2147483648, "long long"),
        ("0x7fffffff", 0x7FFFFFFF, "int"),
        ("0xffffffff", 0xFFFFFFFF, "unsigned int"),
        ("0x100000000", 2**32, "long long"),
        ("0xffffffffffffffff", 2**64 - 1, "unsigned long long"),
        ("017", 15, "int"),
        ("0b101", 5, "int"),
        ("1u", 1, "unsigned int"),
        ("4294967296U", 2**32, "unsigned long long"),
        ("1l", 1, "long long"),
        ("1ll", 1, "long long"),
        ("1ul", 1, "unsigned long long"),
        ("1LLU", 1, "unsigned long long"),
        ("1'000", 1000, "int"),
        ("1.5", 1.5, "double"),
        ("1.f", 1.0, "float"),
        (".5F", 0.5, "float"),
        ("1e-3f", 1e-3, "float"),
        ("1E2", 100.0, "double"),
        ("0x1.8p1", 3.0, "double"),
        ("0x1p-2f", 0.25, "float"),
        ("'a'", 97, "char"),
        ("'\\n'", 10, "char"),
        ("'\\0'", 0, "char"),
        ("'\\x41'", 65, "char"),
        ("'\\377'", -1, "char"),
    ],
)
def test_literals(text: str, value: float, type: str) -> None:
    (statement,) = body_of(f"{text};")
    assert isinstance(statement, syntax.Evaluate)
    number = statement.value
    assert isinstance(number, syntax.NumberLiteral)
    assert (number.value, number.type) == (value, type)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("12abc", "'12abc' is not a number"),
        ("08", "'08' is not a number"),
        ("1.5.2", "'1.5.2' is not a number"),
        ("0x1ffffffffffffffff", "'0x1ffffffffffffffff' does not fit into 64 bits"),
        ("'ab'", "'ab' is not one character"),
        ("'\\q'", "'\\q' is not a known escape"),
    ],
)
def test_wrong_literals(text: str, message: str) -> None:
    (mistake,) = mistakes_in(in_kernel(f"{text};"))
    assert (mistake.message, mistake.line, mistake.column) == (message, 2, 1)


# types


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("unsigned", "unsigned int"),
        ("signed", "int"),
        ("long", "long long"),
        ("long int", "long long"),
        ("long unsigned", "unsigned long long"),
        ("unsigned long long int", "unsigned long long"),
        ("int long signed long", "long long"),
        ("short", "short"),
        ("unsigned short int", "unsigned short"),
        ("char", "char"),
        ("signed char", "signed char"),
        ("char unsigned", "unsigned char"),
        ("_Bool", "bool"),
        ("double", "double"),
        ("uint8_t", "uint8_t"),
        ("uchar4", "uchar4"),
        ("size_t", "size_t"),
        ("int const volatile", "int"),
    ],
)
def test_types_in_every_order_of_words(words: str, name: str) -> None:
    assert show(declared(f"{words} x;").type) == name


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("float x[3][N];", "array [3] of array [N] of float"),
        ("float *x[3];", "array [3] of pointer to float"),
        ("float (*x)[3];", "pointer to array [3] of float"),
        ("float (&x)[3] = y;", "reference to array [3] of float"),
        ("const float * __restrict__ const x = p;", "pointer restrict to float"),
        ("int **x;", "pointer to pointer to int"),
        ("int &x = y;", "reference to int"),
        ("int x[] = {1, 2};", "array [] of int"),
    ],
)
def test_declarators(text: str, type: str) -> None:
    assert show(declared(text).type) == type


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("int x = 5;", "5"),
        ("int x(5);", "5"),
        ("int x{5};", "{5}"),
        ("float x[2][2] = {{1, 2}, {3.f, 4,},};", "{{1, 2}, {3.0:float, 4}}"),
        ("float4 x = {};", "{}"),
    ],
)
def test_values_of_variables(text: str, value: str) -> None:
    assert show(declared(text).value) == value


def test_several_variables_in_one_statement() -> None:
    (statement,) = body_of("const int a = 1, *b, c[2];")
    assert isinstance(statement, syntax.Declarations)
    assert [(d.name, show(d.type), d.const) for d in statement.items] == [
        ("a", "int", True),
        ("b", "pointer to int", True),
        ("c", "array [2] of int", True),
    ]


def test_shared_memory() -> None:
    static, dynamic = body_of("__shared__ float a[4]; extern __shared__ __align__(16) uchar b[];")
    assert isinstance(static, syntax.Declaration) and isinstance(dynamic, syntax.Declaration)
    assert (static.space, static.external) == ("shared", False)
    assert (dynamic.space, dynamic.external) == ("shared", True)


def test_constants_of_a_file() -> None:
    tree = parse(
        "__constant__ float w[3];\nstatic const int t[] = {1};\n__device__ const float k = 1;\n"
        "constexpr int A = 1, B(2);\nextern __shared__ int s[];",
        "k.cu",
    )
    assert [(d.name, d.space, d.const) for d in tree.globals] == [
        ("w", "constant", False),
        ("t", "constant", True),
        ("k", "constant", True),
        ("A", "constant", True),
        ("B", "constant", True),
        ("s", "shared", False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "struct __align__(8) pair { float x, y[2]; };",
        "struct alignas(4 * 2) pair { float x, y[2]; };",
        "struct pair { float x, y[2]; } __attribute__((aligned(8)));",
        "typedef struct __align__(8) { float x, y[2]; } pair;",
        "typedef struct __align__(8) pair { float x, y[2]; } pair;",
    ],
)
def test_structures(text: str) -> None:
    tree = parse(text + "__device__ pair f(struct pair *p) { pair q = *p; return q; }", "k.cu")
    (structure,) = tree.structures
    assert (structure.name, structure.align) == ("pair", 8)
    assert [(name, show(type)) for name, type in structure.fields] == [("x", "float"), ("y", "array [2] of float")]
    assert (tree.typedefs, show(tree.functions[0].result)) == ([], "pair")


def test_typedef_and_using_make_types() -> None:
    tree = parse("typedef unsigned char byte, *bytes;\nusing real = float;\nconst real a = (byte)3;", "k.cu")
    assert [(t.name, show(t.type)) for t in tree.typedefs] == [
        ("byte", "unsigned char"),
        ("bytes", "pointer to unsigned char"),
        ("real", "float"),
    ]
    assert show(tree.globals[0].value) == "<byte>3"


def test_enumerations() -> None:
    tree = parse("enum { A, B = 3, };\nenum mode { ONE };\ntypedef enum { UP } side;\nconst mode m = ONE;", "k.cu")
    assert [(e.name, [(n, v and show(v)) for n, v in e.members]) for e in tree.enumerations] == [
        ("", [("A", None), ("B", "3")]),
        ("mode", [("ONE", None)]),
        ("side", [("UP", None)]),
    ]


def test_a_type_declared_in_a_function_is_known_there_only() -> None:
    first = "__device__ void f() { typedef float real; real x; }"
    tree = parse(first + "\n__device__ int g(int real) { return (real) - 1; }", "k.cu")
    assert [t.name for t in tree.typedefs] == ["real"]
    body = tree.functions[1].body
    assert body is not None and isinstance(body.items[0], syntax.Return)
    assert show(body.items[0].value) == "(real - 1)"


def test_a_variable_hides_a_type_of_its_name() -> None:
    first, second = body_of("int uint = 3; n = (uint) + 1;")
    assert isinstance(first, syntax.Declaration) and isinstance(second, syntax.Evaluate)
    assert show(second.value) == "(n = (uint + 1))"


def test_half_is_a_fine_name_for_a_variable() -> None:
    assert [type(item) for item in body_of("int half = n / 2; n = half;")] == [syntax.Declaration, syntax.Evaluate]


# functions


def test_a_kernel_and_its_parameters() -> None:
    text = (
        'extern "C" __global__ void __launch_bounds__(256, 4) blur(const unsigned char *__restrict__ src, '
        "float4 &v, const int n, float w[9], pixel *dst)\n{ return; }"
    )
    (kernel,) = parse(text, "k.cu", {"pixel": "unsigned char"}).functions
    assert (kernel.name, kernel.kernel, show(kernel.result)) == ("blur", True, "void")
    assert [(p.name, show(p.type), p.const) for p in kernel.parameters] == [
        ("src", "pointer restrict to unsigned char", True),
        ("v", "reference to float4", False),
        ("n", "int", True),
        ("w", "pointer to float", False),
        ("dst", "pointer to unsigned char", False),
    ]


@pytest.mark.parametrize(
    "head",
    [
        "__device__ float f(void)",
        "static __device__ __forceinline__ float f()",
        "__host__ __device__ inline float f() noexcept",
        "float __device__ f()",
        'extern "C" __device__ float f()',
    ],
)
def test_words_around_a_function(head: str) -> None:
    (function,) = parse(head + " { return 1; }", "k.cu").functions
    assert (function.name, function.kernel, function.parameters) == ("f", False, ())


def test_a_prototype_has_no_body() -> None:
    text = "__device__ int f(int, float *);\n__device__ int f(int a, float *b) { return a; }"
    functions = parse(text, "k.cu").functions
    assert [(f.body is None, [p.name for p in f.parameters]) for f in functions] == [
        (True, ["", ""]),
        (False, ["a", "b"]),
    ]


def test_a_block_of_extern_c() -> None:
    tree = parse('extern "C" {\n__global__ void a() {}\n__global__ void b() {}\n}\n__global__ void c() {}', "k.cu")
    assert [f.name for f in tree.functions] == ["a", "b", "c"]


# statements


def test_if_and_else_if() -> None:
    (statement,) = body_of("if (n) ; else if (n > 1) { n = 2; } else n = 3;")
    assert isinstance(statement, syntax.If)
    assert isinstance(statement.then, syntax.Block) and statement.then.items == ()
    assert isinstance(statement.otherwise, syntax.If) and statement.otherwise.otherwise is not None


def test_for_with_several_variables() -> None:
    (loop,) = body_of("for (int i = 0, j = n; i < j; i++, j--) { continue; }")
    assert isinstance(loop, syntax.Loop) and isinstance(loop.start, syntax.Declarations)
    assert (show(loop.condition), show(loop.step)) == ("(i < j)", "((i++) , (j--))")


def test_for_ever() -> None:
    (loop,) = body_of("for (;;) break;")
    assert isinstance(loop, syntax.Loop) and isinstance(loop.body, syntax.Break)
    assert (loop.start, loop.condition, loop.step, loop.test_last, loop.unroll) == (None, None, None, False, None)


def test_while_and_do() -> None:
    first, second = body_of("while (n--) ; do n++; while (n < 3);")
    assert isinstance(first, syntax.Loop) and isinstance(second, syntax.Loop)
    assert (first.test_last, second.test_last, show(second.condition)) == (False, True, "(n < 3)")


@pytest.mark.parametrize(
    ("pragma", "unroll"),
    [
        ("\n#pragma unroll\n", 0),
        ("\n#pragma unroll 4\n", 4),
        ("\n#pragma unroll (N)\n", 7),
        ('_Pragma("unroll 2") ', 2),
    ],
)
def test_pragma_unroll_belongs_to_the_loop_behind_it(pragma: str, unroll: int) -> None:
    (loop,) = body_of(pragma + "for (int i = 0; i < 4; i++) for (;;) break;", N="7")
    assert isinstance(loop, syntax.Loop) and isinstance(loop.body, syntax.Loop)
    assert (loop.unroll, loop.body.unroll) == (unroll, None)


def test_switch_with_fallthrough() -> None:
    (switch,) = body_of("switch (n) { case 1: case 'a': n = 2; [[fallthrough]]; default: { break; } }")
    assert isinstance(switch, syntax.Switch)
    assert [type(item).__name__ for item in switch.items] == ["Case", "Case", "Evaluate", "Case", "Block"]
    labels = [item.value for item in switch.items if isinstance(item, syntax.Case)]
    assert [label and show(label) for label in labels] == ["1", "97:char", None]


def test_statements_that_do_nothing_are_dropped() -> None:
    assert body_of(';; static_assert(sizeof(int) == 4, "int"); typedef int t; ;') == ()


def test_every_node_knows_its_place() -> None:
    (statement,) = body_of("\n  a[i] = b + f(c.x);")
    assert isinstance(statement, syntax.Evaluate)
    assign = statement.value
    assert isinstance(assign, syntax.Assign) and isinstance(assign.value, syntax.Binary)
    call = assign.value.right
    assert isinstance(call, syntax.Call)
    nodes = (statement, assign, assign.target, assign.value, call, call.arguments[0])
    assert [node.place.column for node in nodes] == [3, 8, 4, 12, 14, 18]
    assert {node.place.line for node in nodes} == {2}


# mistakes


@pytest.mark.parametrize(
    ("statement", "message", "column"),
    [
        ("int x = 3", "expected ';' after '3'", 10),
        ("n = f(1)", "expected ';' after ')'", 9),
        ("x = 3 y = 4;", "expected ';' after '3'", 6),
        ("n = ;", "expected an expression, found ';'", 5),
        ("n = f(1;", "expected ')', found ';'", 8),
        ("n = a[1;", "expected ']', found ';'", 8),
        ("n = a ? b;", "expected ':', found ';'", 10),
        ("if n > 3) n = 1;", "expected '(', found 'n'", 4),
        ("if (n { n = 1; }", "expected ')', found '{'", 7),
        ("for (int i = 0; i < 3, i++) { n = i; }", "expected ';' after '++'", 27),
        ("for (int i = 0; i < ; i++) { n = i; }", "expected an expression, found ';'", 21),
        ("else n = 1;", "'else' without 'if'", 1),
        ("case 1: n = 1;", "'case' must stand directly in the braces of a 'switch'", 1),
        ("break;", "'break' outside a loop or 'switch'", 1),
        ("continue;", "'continue' outside a loop", 1),
        ("flaot x = 3, y = x;", "unknown type 'flaot'; did you mean 'float'?", 1),
        ("int if = 3;", "expected a name, found 'if'", 5),
        ("float unsigned x;", "'float unsigned' is not a type", 1),
        ("n = a.3;", "expected ';' after 'a'", 6),
        ("n = (a)(3);", "only a function's name can be called", 8),
        ("n = @;", "unexpected character '@'", 5),
        ("n = 3 @;", "unexpected character '@'", 7),
        ('n = "abc;', "this string is never closed", 5),
        ("n = float3(1, 2, 3);", "'float3(...)' converts one value", 5),
        ("__constant__ int t[3];", "a '__constant__' table belongs outside of functions", 1),
    ],
)
def test_a_mistake_is_found_alone_and_where_it_is(statement: str, message: str, column: int) -> None:
    text = in_kernel(f"{statement}\nn = 1;") + "\n__global__ void after() {}"
    (mistake,) = mistakes_in(text)
    assert (mistake.message, mistake.file, mistake.line, mistake.column) == (message, "k.cu", 2, column)
    assert mistake.text == statement


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("struct a { int x; }\n__global__ void k() {}", "expected ';' after '}'", 1, 20),
        ("__global__ void k(int n)\n  n = 3;\n}", "expected '{' after ')'", 1, 25),
        ("__global__ void k(int n) {\n  n = 3;\n", "this '{' is never closed", 1, 26),
        ("__global__ void k(int n) {\n  if (n) {\n}\n__global__ void l() {}", "this '{' is never closed", 1, 26),
        ("__global__ void k() {}\n}", "'}' without '{'", 2, 1),
        ("__global__ k(int n) {}", "expected a type before 'k'", 1, 12),
        ("__global__ void k(int) , {}", "expected '{' after ')'", 1, 23),
        ("__global__ void k(imt n, int m) {}", "unknown type 'imt'; did you mean 'int'?", 1, 19),
        ("__global__ void k(imt *n) {}", "unknown type 'imt'; did you mean 'int'?", 1, 19),
        ("/* never closed\n__global__ void k() {}", "this comment is never closed", 1, 1),
        ("struct a { int x; };\nstruct a { int y; };", "'a' is declared twice", 2, 8),
        ("struct __align__(n) a { int x; };", "this is not an integer constant", 1, 18),
    ],
)
def test_mistakes_outside_of_statements(text: str, message: str, line: int, column: int) -> None:
    mistake = mistakes_in(text)[0]
    assert (mistake.message, mistake.line, mistake.column) == (message, line, column)


def test_several_mistakes_are_found_in_one_go() -> None:
    text = """__device__ int f(int a) {
    int b = a +;
    for (int i = 0; i < 3; i++) { b += }
    return b
}
__global__ void k(int n { n = 1; }
__global__ void l(int n) { n = f(n; }
"""
    assert [(m.line, m.column, m.message) for m in mistakes_in(text)] == [
        (2, 16, "expected an expression, found ';'"),
        (3, 40, "expected an expression, found '}'"),
        (4, 13, "expected ';' after 'b'"),
        (6, 25, "expected ')', found '{'"),
        (7, 35, "expected ')', found ';'"),
    ]


def test_ten_mistakes_are_enough() -> None:
    assert len(mistakes_in(in_kernel("n = ;\n" * 30))) == 10


def test_an_unknown_type_is_reported_once() -> None:
    assert len(mistakes_in(in_kernel("flaot a = 1;\nflaot *b = 2;\nflaot c;"))) == 1


def test_a_mistake_in_a_macro_points_to_its_use() -> None:
    (mistake,) = mistakes_in("#define BAD(x) x + ;\n" + in_kernel("  n = BAD(3)"))
    assert (mistake.line, mistake.column, mistake.text) == (3, 7, "  n = BAD(3)")


def test_a_mistake_behind_line_shows_the_authors_file_and_line() -> None:
    text = '__device__ int helper() { return 1; }\n#line 1 "blur.cu"\n// Blur.\n' + in_kernel("\tn = ;")
    (mistake,) = mistakes_in(text)
    assert str(mistake) == "blur.cu:3:6: expected an expression, found ';'\n    \tn = ;\n    \t    ^"


def test_nesting_without_end_is_a_mistake_too() -> None:
    (mistake,) = mistakes_in(in_kernel("n = " + "(" * 5000 + "1" + ")" * 5000 + ";"))
    assert mistake.message == "this is nested too deeply"


# what is valid on a GPU only

GUARD = "put this inside #ifdef __CUDACC__"
TEXTURES = "of textures, the CPU engine has tex1D, tex2D and tex1Dfetch"
OBJECT = "take a cudaTextureObject_t as an argument, and write tex2D<float>(texture, x, y)"
POINTER = f"read the image through a pointer, or {GUARD}"
PLAIN_STRUCT = f"write a plain struct and __device__ functions that take it, or {GUARD}"
BRACES = "declare a variable with this value, or use a maker such as make_float4(...)"


@pytest.mark.parametrize(
    ("statement", "message", "remedy"),
    [
        ("n = [](int a) { return a; }(3);", "a lambda is C++", f"write a __device__ function, or {GUARD}"),
        ("int *p = new int[3];", "'new' is C++", f"use an array of fixed size, or {GUARD}"),
        ("delete p;", "'delete' is C++", f"use an array of fixed size, or {GUARD}"),
        ("throw 3;", "'throw' is C++", f"a kernel has no exceptions; use 'if' and 'return', or {GUARD}"),
        (
            "goto end;",
            "'goto' is not in the portable subset",
            f"use loops, 'break', 'continue' and 'return', or {GUARD}",
        ),
        (
            "end: n = 3;",
            "the label 'end' is not in the portable subset",
            f"use loops, 'break', 'continue' and 'return', or {GUARD}",
        ),
        (
            'asm volatile("mov %0, 1;" : "=r"(n));',
            "'asm': the CPU engine has no PTX assembly",
            f"write it in C, or {GUARD}",
        ),
        (
            'fprintf(stderr, "%d " "%d", n, n);',
            "fprintf is not available on the CPU engine",
            f"use printf() or assert(), or {GUARD}",
        ),
        (
            "if (__all(n)) n = 1;",
            "__all: since Volta, threads of a warp need not run together",
            "write __all_sync(0xffffffff, ...)",
        ),
        ("n = tex2D(image, 1, 2);", "tex2D: CUDA 12 has no texture references any more", OBJECT),
        ("n = tex1Dfetch(image, 1);", "tex1Dfetch: CUDA 12 has no texture references any more", OBJECT),
        ("surf2Dwrite(n, image, 1, 2);", f"surf2Dwrite: {TEXTURES}", POINTER),
        (
            "half x = 1;",
            "half: floats of 16 bits need their header",
            "#include <cuda_fp16.h>",
        ),
        (
            "curandState_t s;",
            "curandState_t: cuRAND is not available on the CPU engine",
            f"compute random numbers in the kernel, or {GUARD}",
        ),
        (
            "cooperative_groups::this_thread_block();",
            "cooperative_groups::this_thread_block: cooperative groups need their header",
            "#include <cooperative_groups.h>",
        ),
        (
            "tiled_partition<32>(block);",
            "tiled_partition: of cooperative groups, the CPU engine has thread_block alone",
            f"use a thread_block, or {GUARD}",
        ),
        (
            "cg::thread_block b = cg::make();",
            "'cg' is no namespace here",
            "#include <cooperative_groups.h>, and write namespace cg = cooperative_groups; above",
        ),
        ("n = f<float>(n);", "a template argument is C++", f"write plain C, or {GUARD}"),
        ("n = v.length();", "a member function is C++", PLAIN_STRUCT),
        ("v = (float3){1, 2, 3};", "a compound literal is not in the portable subset", BRACES),
        (
            "int v[2] = {[1] = 1};",
            "a value for an element by its index is not in the portable subset",
            "list the values in order",
        ),
        ("long double x;", "'long double' is 'double' on a GPU", "write 'double'"),
        (
            "static int count;",
            "a static variable that kernels can change is not in the portable subset",
            "pass a pointer to memory as an argument, or make it 'const'",
        ),
        (
            "k<<<1, 2>>>(n);",
            "a launch, '<<<', is the host's business",
            f"imgcuda launches the kernel; remove this or {GUARD}",
        ),
        ("n = dynamic_cast<int*>(p);", "'dynamic_cast' is C++", f"use static_cast, or {GUARD}"),
        ("try { n = 1; }", "'try' is C++", f"a kernel has no exceptions; use 'if' and 'return', or {GUARD}"),
    ],
)
def test_refused_in_a_function(statement: str, message: str, remedy: str) -> None:
    with pytest.raises(PortabilityError) as caught:
        parse(in_kernel(f"{statement}\nn = 1;"), "k.cu")
    (mistake,) = caught.value.mistakes
    assert (mistake.message, mistake.remedy, mistake.line, mistake.text) == (message, remedy, 2, statement)


@pytest.mark.parametrize(
    ("item", "message", "remedy"),
    [
        (
            "template <typename T> __device__ T f(T x) { T y = x; return y; }",
            "'template' is C++",
            f"write the kernel for one type and use `pixel`, which imgcuda sets, or {GUARD}",
        ),
        ("struct A { int x; __device__ int get() { return x; } };", "a member function is C++", PLAIN_STRUCT),
        ("struct A { int x; __device__ A(int y) { x = y; } };", "a member function is C++", PLAIN_STRUCT),
        (
            "__device__ float3 operator()(float3 a, float3 b) { return a; }",
            "this operator is not in the portable subset",
            f"write a __device__ function with a name, or {GUARD}",
        ),
        (
            "__global__ void l(cudaSurfaceObject_t t) {}",
            f"cudaSurfaceObject_t: {TEXTURES}",
            POINTER,
        ),
        (
            "__global__ void l(const __half *p) {}",
            "__half: floats of 16 bits need their header",
            "#include <cuda_fp16.h>",
        ),
        ("__device__ int f(int a, ...) { return a; }", "'...' is not in the portable subset", "name the parameters"),
        (
            "__device__ int f(int (*g)(int)) { return 1; }",
            "a pointer to a function is not in the portable subset",
            f"call the function by its name, or {GUARD}",
        ),
    ],
)
def test_refused_at_file_level(item: str, message: str, remedy: str) -> None:
    with pytest.raises(PortabilityError) as caught:
        parse(f"\n{item}\n__global__ void k(int n) {{ n = 1; }}", "k.cu")
    (mistake,) = caught.value.mistakes
    assert (mistake.message, mistake.remedy, mistake.line, mistake.text) == (message, remedy, 2, item)


def test_what_is_refused_is_fine_behind_cudacc() -> None:
    tree = parse(in_kernel("#ifdef __CUDACC__\nn = __shfl_down_sync(~0u, n, 1);\n#else\nn = 1;\n#endif"), "k.cu")
    body = tree.functions[0].body
    assert body is not None and len(body.items) == 1


def test_a_plain_mistake_beside_a_refused_word_is_no_portability_error() -> None:
    with pytest.raises(KernelError) as caught:
        parse(in_kernel("n = __all(n);\nn = ;"), "k.cu")
    assert not isinstance(caught.value, PortabilityError)
    assert len(caught.value.mistakes) == 2


def test_a_broken_text_is_never_an_error_of_ours() -> None:
    text = """extern "C" __global__ void k(const uchar4 *p, int n) {
#pragma unroll 2
for (int i = 0; i < n; i++) { switch (p[i].x) { case 1: n += (int)2.5f; break; default: ; } }
}
struct a { int b[3]; } __align__(8);
"""
    words = re.findall(r"\s+|\w+|.", text, re.DOTALL)
    for i in range(len(words)):
        for broken in (words[:i], [*words[:i], *words[i + 1 :]], [*words[:i], words[-1 - i], *words[i:]]):
            try:
                tree = parse("".join(broken), "k.cu")
            except KernelError as error:
                assert all(mistake.line and mistake.column for mistake in error.mistakes)
            else:
                assert is_dataclass(tree) and fields(tree)
