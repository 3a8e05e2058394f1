"""Classes, operators and references on the CPU, by Clang."""

from __future__ import annotations

import numpy as np

from support.cxx import NEEDS_CLANG, X, assert_makes

pytestmark = NEEDS_CLANG


def test_a_class_has_a_constructor_and_methods() -> None:
    text = """\
class Line {
    float a, b;

  public:
    __device__ Line(float a, float b) : a(a), b(b) {}
    __device__ float at(float x) const { return a * x + b; }
    __device__ void up(float by) { b += by; }
};
__global__ void k(float *o) {
    THREAD;
    Line l(2.0f, 1.0f);
    l.up(i);
    o[i] = l.at(i);
}
"""
    assert_makes(3 * X + 1, text)


def test_methods_return_references() -> None:
    text = """\
struct P {
    float v;
    float w[3];
    __device__ float &get() { return v; }
    __device__ float &operator[](int i) { return w[i]; }
};
__global__ void k(float *o) {
    THREAD;
    P p;
    p.get() = i;
    p[1] = 4;
    p.get() += p[1];
    o[i] = p.v;
}
"""
    assert_makes(X + 4, text)


def test_operators_are_methods_and_functions() -> None:
    text = """\
struct V {
    float x, y;
    __device__ V operator+(const V &o) const { return {x + o.x, y + o.y}; }
    __device__ V &operator+=(const V &o) {
        x += o.x;
        y += o.y;
        return *this;
    }
    __device__ bool operator<(const V &o) const { return x < o.x; }
};
__device__ V operator*(float s, const V &v) { return V{s * v.x, s * v.y}; }
__global__ void k(float *o) {
    THREAD;
    V a{1, 2};
    V b = 2.0f * a + a;
    (b += a) += a;
    o[i] = b.x * i + (a < b ? 1 : 0) + b.y;
}
"""
    assert_makes(5 * X + 11, text)


def test_functions_change_what_references_are_to() -> None:
    text = """\
__device__ void swap(float &a, float &b) {
    float t = a;
    a = b;
    b = t;
}
enum class E { A };
__global__ void k(float *o) {
    THREAD;
    float a = i, b = 3;
    float &r = a;
    r += 1;
    swap(a, b);
    o[i] = a * 10 + b;
    E e = E::A;
    if (e != E::A) o[i] = 0;
}
"""
    assert_makes(X + 31, text)


def test_unions_read_the_bits_of_a_number() -> None:
    text = """\
union U {
    float f;
    unsigned int u;
    unsigned char b[4];
};
__global__ void k(float *o) {
    THREAD;
    U u;
    u.f = i;
    u.u ^= 0x80000000u;
    o[i] = u.f + u.b[0];
    u.b[3] = 0x40;
    U w = {2.5f};
    o[i] += w.f;
}
"""
    assert_makes(-X + 2.5, text)


def test_a_loop_runs_over_a_class_with_begin_and_end() -> None:
    text = """\
struct R {
    int a, b;
    struct It {
        int i;
        __device__ int operator*() const { return i; }
        __device__ It &operator++() {
            ++i;
            return *this;
        }
        __device__ bool operator!=(const It &o) const { return i != o.i; }
    };
    __device__ It begin() const { return {a}; }
    __device__ It end() const { return {b}; }
};
__global__ void k(float *o) {
    THREAD;
    float s = 0;
    for (int v : R{0, 4}) s += v;
    int w[2] = {1, 2};
    for (auto &e : w) e *= 2;
    for (const int &e : w) s += e;
    o[i] = s + i;
}
"""
    assert_makes(X + 12, text)


def test_a_view_has_a_pointer_and_a_template() -> None:
    text = """\
template <typename T> struct View {
    T *p;
    int w;
    __device__ View(T *p, int w) : p(p), w(w) {}
    __device__ T &at(int x) const { return p[x]; }
    __device__ T get(int x) const { return at(x) * w; }
};
__global__ void k(float *o) {
    THREAD;
    View<float> v(o, 70);
    v.at(i) = 2;
    View<float> u = v;
    o[i] = u.get(i) + i;
}
"""
    assert_makes(X + 140, text)


def test_a_class_derives_from_another() -> None:
    text = """\
struct A {
    float a;
    __device__ A(float a) : a(a) {}
    __device__ float twice() const { return 2 * a; }
};
struct B : A {
    float b = 3;
    __device__ B(float x) : A(x + 1) {}
    __device__ float all() { return twice() + b; }
};
__global__ void k(float *o) {
    THREAD;
    B b(i);
    b.a += 1;
    o[i] = b.all();
}
"""
    assert_makes(2 * (X + 2) + 3, text)


def test_a_class_is_the_argument_of_a_template() -> None:
    text = """\
struct Add {
    __device__ float operator()(float a, float b) const { return a + b; }
};
template <typename Op> __global__ void fold(const float *src, float *o) {
    THREAD;
    Op op;
    o[i] = op(src[i], 1.0f);
}
"""
    assert_makes(X + 1, text, "fold<Add>", X)


def test_a_method_for_const_and_one_for_others() -> None:
    text = """\
template <typename T, int N> struct Arr {
    T v[N];
    __device__ T &operator[](int i) { return v[i]; }
    __device__ const T &operator[](int i) const { return v[i]; }
    __device__ int size() const { return N; }
};
template <typename A> __device__ float sum(const A &a) {
    float s = 0;
    for (int i = 0; i < a.size(); i++) s += a[i];
    return s;
}
__global__ void k(float *o) {
    THREAD;
    Arr<float, 3> a;
    a[0] = 1;
    a[1] = i;
    a[2] = 3;
    o[i] = sum(a);
}
"""
    assert_makes(X + 4, text)


def test_objects_in_shared_memory() -> None:
    text = """\
struct P {
    float a;
    __device__ void set(float v) { a = v; }
};
template <int T> __global__ void k(float *o) {
    __shared__ P t[T];
    t[threadIdx.x].set(threadIdx.x);
    __syncthreads();
    int i = blockIdx.x * T + threadIdx.x;
    if (i < 70) o[i] = t[T - 1 - threadIdx.x].a;
}
"""
    assert_makes(np.r_[np.arange(64)[::-1], 63 - np.arange(6)], text, "k<64>")


def test_arrays_of_objects_are_constructed() -> None:
    text = """\
struct P {
    float a;
    __device__ P(float v = 2) : a(v) {}
};
__global__ void k(float *o) {
    THREAD;
    P t[3];
    P u[2] = {P(1), 5.0f};
    o[i] = t[0].a + t[2].a + u[1].a + i;
}
"""
    assert_makes(X + 9, text)


def test_a_constructor_returns_early() -> None:
    text = """\
struct P {
    float a;
    __device__ P(int v) {
        a = 1;
        if (v & 1) return;
        a = 2;
    }
};
__global__ void k(float *o) {
    THREAD;
    P p(i);
    o[i] = p.a;
}
"""
    assert_makes(np.where(X % 2, 1, 2), text)


def test_a_declaration_takes_a_structure_apart() -> None:
    text = """\
struct P {
    float a, b;
};
__device__ P both(float x) { return {x, 2 * x}; }
template <typename T> __global__ void k(T *o) {
    THREAD;
    auto [a, b] = both(i);
    o[i] = a + b;
}
"""
    assert_makes(3 * X, text, "k<float>")


def test_objects_convert_to_numbers_and_back() -> None:
    text = """\
struct H {
    unsigned short b;
    __device__ H(float f) : b((unsigned short)f) {}
    __device__ operator float() const { return b; }
};
__global__ void k(float *o) {
    THREAD;
    H h = i;
    float f = h;
    o[i] = f + h;
}
"""
    assert_makes(2 * X, text)


def test_friends_and_assignment_operators() -> None:
    text = """\
struct V {
    float x;
    friend __device__ V operator+(V a, V b) { return {a.x + b.x}; }
    __device__ V &operator=(float s) {
        x = s;
        return *this;
    }
    __device__ V operator-() const { return {-x}; }
};
__global__ void k(float *o) {
    THREAD;
    V a{1}, b;
    b = i;
    V c = a + b;
    o[i] = (-c).x;
}
"""
    assert_makes(-X - 1, text)


def test_this_and_pointers_to_objects() -> None:
    text = """\
struct L {
    int n;
    L *next;
};
struct S {
    float s[4];
    __device__ void add(int i, float v) { this->s[i] += v; }
    __device__ float *begin() { return s; }
    __device__ float *end() { return s + 4; }
};
__global__ void k(float *o) {
    THREAD;
    S s = {};
    s.add(1, i);
    S *p = &s;
    p->add(1, 1);
    float t = 0;
    for (float v : s) t += v;
    o[i] = t;
}
"""
    assert_makes(X + 1, text)


def test_methods_of_objects_in_memory() -> None:
    text = """\
struct P {
    float a;
    int b;
    __device__ float sum() const { return a + b; }
};
template <typename A> __global__ void k(const float *src, float *o) {
    THREAD;
    const P *p = reinterpret_cast<const P *>(src);
    o[i] = i < 35 ? p[i].a : 0;
}
"""
    assert_makes(np.where(X < 35, 2 * X, 0), text, "k<int>", X)


def test_a_class_has_a_table_of_constants() -> None:
    text = """\
struct F {
    static constexpr float w[3] = {1, 2, 3};
};
__global__ void k(float *o) {
    THREAD;
    o[i] = F::w[i % 3];
}
"""
    assert_makes(X % 3 + 1, text)


def test_a_kernel_takes_an_instance_of_a_structure() -> None:
    text = """\
template <typename T> struct Size {
    T w, h;
};
template <typename T> __global__ void k(Size<T> s, float *o) {
    THREAD;
    o[i] = s.w + s.h;
}
"""
    assert_makes(X * 0 + 5, text, "k<int>", np.array((2, 3), np.dtype([("w", "i4"), ("h", "i4")], align=True)))


def test_references_to_values_without_a_name() -> None:
    text = """\
template <typename T> __device__ float take(T &&v) { return v; }
__global__ void k(float *o) {
    THREAD;
    float a = i;
    o[i] = take(a) + take(2.0f);
    const float &c = a + 1;
    o[i] += c;
}
"""
    assert_makes(2 * X + 3, text)


def test_a_name_behind_a_scope_is_the_files() -> None:
    text = """\
__constant__ float w[2] = {5, 6};
template <typename T> __global__ void k(T *o) {
    THREAD;
    float w = 3;
    o[i] = ::w[i % 2] + w;
}
"""
    assert_makes(8 + X % 2, text, "k<float>")


def test_references_go_through_functions() -> None:
    text = """\
struct P {
    float v;
    __device__ float &r() { return v; }
};
__device__ float &pick(P &a) { return a.r(); }
__device__ void add(float &f) { f += 2; }
__global__ void k(float *o) {
    THREAD;
    P p{1.0f};
    add(pick(p));
    P &q = p;
    q.r() *= 3;
    o[i] = p.v + i;
}
"""
    assert_makes(X + 9, text)


def test_objects_are_exchanged_as_a_whole() -> None:
    text = """\
struct P {
    float v;
    __device__ void swap(P &o) {
        P t = *this;
        *this = o;
        o = t;
    }
};
__global__ void k(float *o) {
    THREAD;
    P a{1}, b{(float)i};
    a.swap(b);
    o[i] = a.v - b.v;
}
"""
    assert_makes(X - 1, text)


def test_static_methods_and_enumerators() -> None:
    text = """\
struct M {
    static __device__ float half(float v) { return v / 2; }
    enum { N = 3 };
};
template <typename T> __global__ void k(T *o) {
    THREAD;
    o[i] = M::half(i) + M::N;
}
"""
    assert_makes(X / 2 + 3, text, "k<float>")


def test_a_matrix_returns_its_rows() -> None:
    text = """\
template <int R, int C> struct Mat {
    float m[R][C];
    __device__ float *operator[](int r) { return m[r]; }
    __device__ float tr() const {
        float t = 0;
        for (int i = 0; i < R; i++) t += m[i][i];
        return t;
    }
};
__global__ void k(float *o) {
    THREAD;
    Mat<2, 2> m;
    m[0][0] = 1;
    m[1][1] = i;
    m[0][1] = m[1][0] = 9;
    o[i] = m.tr();
}
"""
    assert_makes(X + 1, text)


def test_threads_diverge_in_a_method() -> None:
    text = """\
struct W {
    float t[3];
    __device__ float sum(int n) const {
        float s = 0;
        for (int i = 0; i < n; i++) {
            if (t[i % 3] > 1) continue;
            s += t[i % 3];
        }
        return s;
    }
};
__global__ void k(float *o) {
    THREAD;
    W w{{1, 2, 0.5f}};
    o[i] = i % 2 ? w.sum(i % 4) : w.sum(3);
}
"""
    assert_makes(
        [
            1.5 if int(v) % 2 == 0 else sum([1, 2, 0.5][j % 3] for j in range(int(v) % 4) if [1, 2, 0.5][j % 3] <= 1)
            for v in X
        ],
        text,
    )


def test_typedefs_name_structures_and_enumerations() -> None:
    text = """\
typedef struct { float re, im; } complex;
typedef enum { ODD = 3, EVEN } kind;
template <typename T> __global__ void k(T *o) {
    THREAD;
    complex c = {(float)i, 2}, d[2] = {{1, 1}, {2, 2}};
    kind which = i % 2 ? ODD : EVEN;
    c.re *= 2;
    o[i] = c.re + c.im + d[1].im + which;
}
"""
    assert_makes(2 * X + 8 - X % 2, text, "k<float>")
