"""What C++ accepts and refuses of types, const, scopes and overloads; NVRTC is the judge where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda.cpu.semantics.check import check
from imgcuda.cuda.compile import Nvrtc
from imgcuda.errors import KernelError
from imgcuda.frontend import parse
from support.small_kernels import check as expect
from support.small_kernels import launch, program

# Before the kernel, and in its body.
RIGHT = [
    ("const int g=3;", "out[x]=g;"),
    ("const float g=3;", "out[x]=g;"),
    ("const float g[2]={3,4};", "out[x]=g[1];"),
    ("const float g[2]={3,4};", "out[x]=g[x];"),
    ("__constant__ int g[2]={1,2};", "g[0]=x;"),
    ("__constant__ int g[2]={1,2};", "int *p=g; p[0]=2;"),
    ("__device__ int max(int a,int b){return a;}", "out[x]=max(x,3);"),
    ("static __device__ int max(int a,int b){return a;}", "out[x]=max(x,3);"),
    ("__device__ float fmaxf(float a,float b){return a;}", "out[x]=fmaxf(x,3);"),
    ("__device__ inline float sqrtf(float a){return a;}", "out[x]=sqrtf(x);"),
    ("__device__ float max(float a,float b,float c){return a;}", "out[x]=max(1.f,2.f,3.f);"),
    ("__device__ float abs(float a){return a;}", "out[x]=abs(1.f);"),
    ("__device__ unsigned char min(unsigned char a,unsigned char b){return a;}", "unsigned char q=x; out[x]=min(q,q);"),
    ("__device__ float __saturatef(float a){return a;}", "out[x]=__saturatef(1.f);"),
    ("__device__ float exp(float a){return a;}", "out[x]=exp(1.f);"),
    ("__device__ int atomicAdd(int*p,int v){return v;}", "out[x]=atomicAdd(out,1);"),
    ("__device__ int atomicAdd(char*p,int v){return v;}", "out[x]=atomicAdd(out,1);"),
    ("__device__ float2 make_float2(float a){float2 r; r.x=a;r.y=a; return r;}", "out[x]=make_float2(1.f).x;"),
    ("__device__ float floor(float a,int b){return a;}", "out[x]=floor(1.f);"),
    ("", "out[x]=max(2.0f,1.0);"),
    ("", "out[x]=max(2,1u);"),
    ("", "unsigned char q=x; out[x]=max(q,q);"),
    ("", "unsigned char q=x; out[x]=max(q,3);"),
    ("", "short q=x; out[x]=max(q,3u);"),
    ("", "int i=0;{int i=2;out[i]=i;}"),
    ("", "extern __shared__ int s; out[x]=s;"),
    ("", "int q=NULL; out[x]=q;"),
    ("", "int *q=NULL; out[x]=q==NULL;"),
    ("", "int *q=(int)0; out[x]=q==0;"),
    ("", "out[x]=out==0L;"),
    ("", "void*p=&v; out[x]=p==out;"),
    ("", "out[x]=in==out;"),
    ("", "out[x]=in<0;"),
    ("__device__ void f(){}", "return f();"),
    ("__device__ int f(){}", "out[x]=f();"),
    ("__device__ int f(){return;}", "out[x]=f();"),
    ("__device__ int f();", "out[x]=1;"),
    ("", "switch(x){case 1: int a=3; out[0]=a; break; case 2: out[1]=1;}"),
    ("", "switch(x){case 1: int a; a=3; out[0]=a; break; case 2: out[1]=1;}"),
    ("", "int a[2]={1.5,2}; out[0]=a[0];"),
    ("", "int a[2]={n,v}; out[0]=a[0];"),
    ("", "float a[2]={n,v}; out[0]=a[0];"),
    ("", "unsigned char a[2]={n,300}; out[0]=a[0];"),
    ("", "unsigned char a[2]={3,255}; out[0]=a[0];"),
    ("", "float a[2]={1.0,0.1}; out[0]=a[0];"),
    ("", "float a[2]={1,16777217}; out[0]=a[0];"),
    ("", "unsigned a[2]={1,-1}; out[0]=a[0];"),
    ("", "const int q=3; unsigned char a[2]={q,4}; out[0]=a[0];"),
    ("", "int a[2]={threadIdx.x,4}; out[0]=a[0];"),
    ("", "float2 a={threadIdx.x,4}; out[0]=a.x;"),
    ("", "double d=2; float a[]={d}; out[0]=a[0];"),
    ("__constant__ unsigned char t[2]={-1,3};", "out[0]=t[0];"),
    ("", "float a[1]={1e300};out[0]=a[0];"),
    ("", "bool a[1]={2};out[0]=a[0];"),
    ("", "char a[1]={200};out[0]=a[0];"),
    ("", "int a={3.5f};out[0]=a;"),
    ("struct S;", "S *q=0; out[0]=q==0;"),
    ("", "const int *p=x?out:in; out[0]=*p;"),
    ("", "const int *p=x?in:0; out[0]=*p;"),
    ("__global__ void q(int a){}", "q(1);"),
    ("enum E{A,B};", "E e=A; out[0]=e+1;"),
    ("typedef int T; typedef int T;", "T q=1;out[x]=q;"),
    ("__device__ int f(int a); int f(int a){return a;}", "out[x]=f(1);"),
    ("", "const int m=3; int q[m]; q[0]=1; out[0]=q[0];"),
    ("", "atomicAdd(out,v);"),
    ("", "out[x]=x[in];"),
    ("__device__ void f(){}", "f(),out[x]=1;"),
    ("__device__ void f(){}", "x?f():f();"),
    ("", "out[x]=!in;"),
    ("", "if(in) out[x]=1;"),
    ("", "long long q=(long long)out; out[x]=q;"),
    ("", "int *p=const_cast<int*>(in); out[0]=*p;"),
    ("", "int *p=(int*)in; out[0]=*p;"),
    ("", "(x)=3; out[0]=x;"),
    ("", "int y=1; (x?x:y)=3; out[0]=x;"),
    ("", "int y; (x,y)=3; out[0]=y;"),
    ("", "int y; (y=x)=3; out[0]=y;"),
    ("", "++x=3; out[0]=x;"),
    ("__device__ int f(const float &a){return a;}", "out[0]=f(3);"),
    ("", "int &r=x; r=3; out[0]=x;"),
    ("", "__shared__ int *s; s=out; out[0]=*s;"),
    ("", "out[0]=pow(v,2);"),
    ("", "int **p=&out; out[0]=**p;"),
    ("", "const int **p=&out; out[0]=**p;"),
    ("", "const int *const *p=&out; out[0]=**p;"),
    ("", "int a[2][3]; int (*p)[3]=a; out[0]=p[0][0];"),
    ("__device__ int f(int (*a)[4]){return a[0][0];}", "int a[2][4]; out[0]=f(a);"),
    ("", "int *q=nullptr; out[0]=q==nullptr;"),
    ("__device__ int f(int a){return 1;} __device__ int f(int *a){return 2;}", "out[0]=f(nullptr);"),
    ("", "int *q=x?out:nullptr; out[0]=q!=nullptr;"),
    ('static_assert(2*2==4,"so it is");', "static_assert(1); out[0]=1;"),
    ('static_assert(sizeof(float)==4,"so it is");', ""),
    ("", "size_t q=reinterpret_cast<size_t>(out); int *p=reinterpret_cast<int*>(q); out[0]=*p;"),
    ("", "int q=reinterpret_cast<int>(x); out[0]=q;"),
    ("struct S{const int a;};", "S s={1}; out[0]=s.a;"),
    ("struct S{const int a;};", "S s={}; out[0]=s.a;"),
    ("typedef float2 float2;", "float2 q=make_float2(1,2); out[0]=q.x;"),
    ("", "int q[]={1,2}; out[0]=q[0];"),
    ("", "extern __shared__ int s[]; out[0]=s[0];"),
    ("", "out[0]=sqrt(v)+sqrt(2.0)+sqrtf(x);"),
    ("", "out[0]=abs(x)+abs(v)+abs(2.0);"),
    ("", "unsigned char q=x; out[0]=abs(q);"),
    ("", "long long q=x; out[0]=abs(q);"),
    ("", "out[0]=pow(v,2)+pow(2,v)+pow(2.0,3)+pow(v,v);"),
    ("", "out[0]=atan2(v,2)+fmod(v,2)+fmin(2,v)+hypot(v,x);"),
    ("", "out[0]=ldexp(v,2)+ldexp(2.0,x);"),
    ("", "out[0]=fma(v,2,v);"),
    ("", "out[0]=isnan(v)+signbit(2.0);"),
    ("__device__ float sqrt(int a){return a;}", "out[0]=sqrt(x);"),
    ("__device__ void f(unsigned long long*p){atomicAdd(p,1); atomicOr(p,1); atomicExch(p,1);}", ""),
    ("__device__ void f(long long*p){atomicMin(p,1); atomicAnd(p,1);}", ""),
    ("__device__ void f(float*p,double*q){atomicAdd(p,1); atomicExch(p,1); atomicAdd(q,1);}", ""),
]
WRONG = [
    ("__device__ int f();", "out[x]=f();"),
    ("int f(int v){return v;}", "out[x]=f(1);"),
    ("constexpr int f(int v){return v;}", "out[x]=f(1);"),
    ("constexpr int f(int v){return v;}", "constexpr int q=f(1); int a[q]; a[0]=1;out[0]=a[0];"),
    ("__device__ int f(int a,int b=a){return b;}", "int a=2; out[x]=f(1)+a;"),
    ("int g=3;", "out[x]=g;"),
    ("__constant__ int g=1;", "g=x;"),
    ("", "out[x]=max(1,2.0f);"),
    ("", "out[x]=max(2.0f,1);"),
    ("", "out[x]=max(2,1.0);"),
    ("", "long long q=x; out[x]=max(q,3);"),
    ("", "unsigned long long q=x; out[x]=max(q,3);"),
    ("", "unsigned long long q=x; out[x]=max(q,3.f);"),
    ("", "out[x]=max(true,3.f);"),
    ("", "for(int i=0;i<3;i++){int i=2;out[i]=i;}"),
    ("", "int n=3;out[0]=n;"),
    ("__device__ int unused(int a) { return min(a, 2, 3); }", "out[x]=0;"),
    ("__global__ void __launch_bounds__(64 64) other(int *a) {}", "out[x]=0;"),
    ("__global__ void __launch_bounds__( , 2) other(int *a) {}", "out[x]=0;"),
    ("", "__shared__ int s=3; out[x]=s;"),
    ("", "__shared__ const int s; out[x]=s;"),
    ("", "const int z=0;int *q=z; out[x]=q==0;"),
    ("", "out[x]=out!=x;"),
    ("", "float*p=&v; out[x]=p==out;"),
    ("", "float*p=&v; out[x]=p-out;"),
    ("", "return 5;"),
    ("", "out[x]=f();"),
    ("", "int a[2]={1,2,3};out[0]=a[0];"),
    ("", "const int q; out[0]=q;"),
    ("", "const int q[2]; out[0]=q[0];"),
    ("struct S{int a;};", "const S q; out[0]=q.a;"),
    ("", "void q;"),
    ("struct S;", "S q;"),
    ("", "switch(x){case 1: break; case 1: break;}"),
    ("", "switch(x){default: break; default: break;}"),
    ("", "switch(v){case 1: break;}"),
    ("", "switch(x){case n: break;}"),
    ("", "out[x]=v%2;"),
    ("", "out[x]=v&2;"),
    ("", "out[x]=~v;"),
    ("", "int a[2],b[2]; a=b;"),
    ("", "int *p=&(x+1); out[0]=*p;"),
    ("", "int *p=&3;"),
    ("", "int *p=x?out:in; out[0]=*p;"),
    ("", "out[x]=x?out:1;"),
    ("__global__ int q(){return 1;}", "out[x]=1;"),
    ("", "foo();"),
    ("struct S{int a;};", "S s; s.a=1; int q=s; out[0]=q;"),
    ("struct S{int a;};", "S s; s=1; out[0]=s.a;"),
    ("struct S{int a;}; struct U{int a;};", "S s; U u; u.a=1; s=u; out[0]=s.a;"),
    ("enum E{A,B};", "E e=1; out[0]=e;"),
    ("__device__ int f(int a=1,int b){return a;}", "out[x]=1;"),
    ("struct S{int a;}; struct S{int b;};", "out[x]=1;"),
    ("typedef int T; typedef float T;", "out[x]=1;"),
    ("__device__ int f(int a); __device__ float f(int a){return a;}", "out[x]=f(1);"),
    ("__device__ int f(int a){return a;} __constant__ int f=2;", "out[x]=1;"),
    ("enum {A,B,A};", "out[x]=1;"),
    ("__device__ int f(int a){return a;}", "int f=2; out[x]=f(1);"),
    ("struct S{const int a;};", "S s={1}; s.a=2; out[0]=s.a;"),
    ("", "int q[n]; out[0]=1;"),
    ("", "int m=3; int q[m]; out[0]=1;"),
    ("", "const int m=n; int q[m]; q[0]=1; out[0]=q[0];"),
    ("", "const float m=3; int q[(int)m]; q[0]=1; out[0]=q[0];"),
    ("", "int q[0]; out[0]=1;"),
    ("", "int q[2.5]; out[0]=1;"),
    ("", "atomicAdd(in,1);"),
    ("", "threadIdx.x=3;"),
    ("", "out.x=1;"),
    ("", "float2 f; f->x=1;"),
    ("", "float2 f,*p=&f; p.x=1;"),
    ("", "out[v]=1;"),
    ("", "out[x]=*(in+v);"),
    ("", "out[x]=*(in+out);"),
    ("", "out[x]=in*2;"),
    ("__device__ void f(){}", "int q=f();"),
    ("__device__ void f(){}", "out[x]=f()+1;"),
    ("", "out[x]=-in;"),
    ("struct S{int a;};", "S s; if(s) out[x]=1;"),
    ("", "out[x]=sizeof(nosuch);"),
    ("", "int *p=n;out[x]=*p;"),
    ("", "int q=out;"),
    ("", "int q=(int)out; out[x]=q;"),
    ("struct S{int a;};", "S s; int q=(int)s;"),
    ("", "int *p=static_cast<int*>(in); out[0]=*p;"),
    ("", "float *p=static_cast<float*>(out); out[0]=*p;"),
    ("", "float *p=reinterpret_cast<float*>(in); out[0]=*p;"),
    ("", "void *p=out; out[0]=*p;"),
    ("", "void *p=out; p++;"),
    ("", "const int q=1; q++;"),
    ("", "bool q=1; q++; out[0]=q;"),
    ("", "bool q=1; q--; out[0]=q;"),
    ("", "x++=3; out[0]=x;"),
    ("__device__ void f(int &a){}", "const int q=1; f(q);"),
    ("__device__ void f(float &a){}", "f(x);"),
    ("__device__ void f(int &a){}", "f(3);"),
    ("__device__ void f(const float &a){a=3;}", "f(v);"),
    ("", "int &r; out[0]=x;"),
    ("__global__ void other(int*p){p[0]=nosuch;}", "out[0]=1;"),
    ("__device__ int f(int a){return a;}", "out[0]=f();"),
    ("__device__ int f(float a){return 1;} __device__ int f(double a){return 2;}", "out[0]=f(1);"),
    ("__device__ int f(int a,float b){return 1;} __device__ int f(float a,int b){return 2;}", "out[0]=f(1,1);"),
    ("__device__ int f(int a,int a){return 1;}", "out[0]=1;"),
    ("", "int a[2][3]; int *p=a; out[0]=*p;"),
    ("__device__ int f(int a[][3]){return a[0][0];}", "int a[2][4]; out[0]=f(a);"),
    ("", "char *p; unsigned char *q=p;"),
    ("", "signed char *p; char *q=p;"),
    *((f"__device__ void f({word} int a){{}}", "") for word in ("static", "extern", "typedef", "inline", "__shared__")),
    ("__device__ void f(const int *static p){}", ""),
    ("__device__ void f(void &a){}", ""),
    ("__device__ void &f(){}", ""),
    ("", "int q=nullptr; out[0]=q;"),
    ("", "int q=(int)nullptr; out[0]=q;"),
    ("", "bool b=nullptr; out[0]=b;"),
    ("", "out[0]=nullptr;"),
    ("", "out[x]=x==nullptr;"),
    ("__device__ int f(int a){return a;}", "out[0]=f(nullptr);"),
    ("__device__ int f(){return nullptr;}", "out[0]=f();"),
    ('static_assert(1==2,"no");', ""),
    ("", 'static_assert(1>2,"no");'),
    ("static_assert(false);", ""),
    ("", "float q=reinterpret_cast<float>(x); out[0]=q;"),
    ("", "unsigned q=reinterpret_cast<unsigned>(x); out[0]=q;"),
    ("", "int q=reinterpret_cast<int>(out); out[0]=q;"),
    ("", "int *p=reinterpret_cast<int*>(v); out[0]=*p;"),
    ("", "int *p=static_cast<int*>(5LL); out[0]=*p;"),
    ("", "long long q=static_cast<long long>(out); out[0]=q;"),
    ("__global__ __device__ void f(){}", ""),
    ("__host__ __global__ void f(){}", ""),
    ("struct S{const int a;};", "S s; out[0]=s.a;"),
    ("struct S{const int a;};", "S s[2]; out[0]=1;"),
    ("struct S{const int a; int b;}; struct T{S s;};", "T t; out[0]=1;"),
    ("const __device__ int q;", ""),
    ("__constant__ const int q;", ""),
    ("struct float2{float x,y;};", ""),
    ("typedef struct {float x,y;} float2;", ""),
    ("typedef float float2;", ""),
    ("enum dim3{A};", ""),
    ("", "out[0]=sqrt(x);"),
    ("", "out[0]=floor(n);"),
    ("", "out[0]=exp(true);"),
    ("", "unsigned char q=x; out[0]=round(q);"),
    ("", "out[0]=isnan(x);"),
    ("", "out[0]=abs(3u);"),
    ("", "size_t q=x; out[0]=abs(q);"),
    ("", "out[0]=pow(2,3);"),
    ("", "out[0]=pow(v,2.0);"),
    ("", "out[0]=pow(v,2u);"),
    ("", "out[0]=atan2(1,2);"),
    ("", "out[0]=fmod(v,2.0);"),
    ("", "out[0]=fmax(2,3);"),
    ("", "out[0]=copysign(v,1);"),
    ("", "out[0]=ldexp(3,2);"),
    ("", "out[0]=fma(1,2,3);"),
    ("", "int q[-1]; q[0]=1;"),
    ("", "int q[1-2]; q[0]=1;"),
    ("", "int q[]; q[0]=1;"),
    ("", "__shared__ int s[]; out[0]=s[0];"),
    ("__shared__ int q[];", "out[0]=q[0];"),
    ("__constant__ int q[];", "out[0]=q[0];"),
    *((f"__device__ void f({type} *p){{atomicAdd(p,1);}}", "") for type in ("char", "short", "long long")),
    ("__device__ void f(float*p){atomicMax(p,1.f);}", ""),
    ("__device__ void f(float*p){atomicSub(p,1.f);}", ""),
    ("__device__ void f(float*p){atomicCAS(p,1.f,2.f);}", ""),
    ("__device__ void f(int*p){atomicInc(p,1);}", ""),
    ("__device__ void f(long long*p){atomicExch(p,1);}", ""),
]
ALL = [(before, body, True) for before, body in RIGHT] + [(before, body, False) for before, body in WRONG]
IDS = [f"{before} {body}" for before, body, _ in ALL]


def source(before: str, body: str) -> str:
    head = "__global__ void k(int *out, const int *in, int n, float v)"
    return f"{before}\n{head}\n{{\n    int x = threadIdx.x;\n    {body}\n}}\n"


def refused(text: str) -> str:
    """Return what is said of a text; nothing, if it is accepted."""
    try:
        check(parse.parse(text, "a.cu"), text, "a.cu").mistakes.raise_if_any()
    except KernelError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("before", "body", "right"), ALL, ids=IDS)
def test_what_is_accepted_and_what_is_refused(before: str, body: str, right: bool) -> None:
    said = refused(source(before, body))
    assert (said == "") == right, said
    if not right:
        place, line, caret = said.splitlines()[:3]
        assert place.startswith("a.cu:") and line.strip() and caret.strip() == "^"


@pytest.mark.parametrize(("before", "body", "right"), ALL, ids=IDS)
def test_nvrtc_agrees(before: str, body: str, right: bool, nvrtc: Nvrtc) -> None:
    text = source(before, body)
    try:
        nvrtc.compile(text, program(text), (9, 0), ["--device-debug"])
        accepted = True
    except KernelError:
        accepted = False
    assert accepted == right


HALF = "__device__ float half_of(float v) { return v / 2; }\n__device__ int half_of(int v) { return v / 2; }\n"
OVERLOADS = [
    (HALF, "(int)(half_of(5.0f) * 10)", 25),
    (HALF, "(int)(half_of(5) * 10)", 20),
    (HALF, "(int)(half_of((unsigned char)5) * 10)", 20),
    ("__device__ int f(const int *p) { return 1; } __device__ int f(int *p) { return 2; }", "f(in) * 10 + f(out)", 12),
    ("__device__ int f(int a) { return 1; } __device__ int f(int a, int b) { return 2; }", "f(1) * 10 + f(1, 2)", 12),
    ("__device__ int max(int a, int b) { return 7; }", "max(1, 2)", 7),
    ("__device__ int max(int a, int b) { return 7; }", "(int)max(1.0f, 2.0f)", 2),
    ("__device__ float max(float a, float b, float c) { return max(max(a, b), c); }", "(int)max(1.0f, 3.0f, 2.0f)", 3),
    ("__device__ int f(float a); __device__ int f(int a) { return 1; } "
     "__device__ int g() { return f(1.0f); } __device__ int f(float a) { return 2; }", "g() * 10 + f(1)", 21),
]  # fmt: skip


@pytest.mark.parametrize(("before", "expression", "value"), OVERLOADS)
def test_a_call_means_the_function_that_cpp_chooses(before: str, expression: str, value: int) -> None:
    expect(expression, lambda x: value, before=before)


def test_a_mistake_says_what_is_wrong_and_the_way_out() -> None:
    text = source("", "in[x] = 3;")
    assert refused(text) == (
        "a.cu:5:11: 'in' is const and cannot be assigned to; write to a variable or a pointer that is not const\n"
        "        in[x] = 3;\n              ^"
    )


def test_the_launch_of_a_kernel_beside_a_broken_one_is_refused() -> None:
    text = source("__global__ void other(int *p) { p[0] = nosuch; }", "out[x] = 1;")
    with pytest.raises(KernelError, match="'nosuch' is not declared"):
        launch(text, np.zeros(32, np.int32), np.zeros(32, np.int32), np.int32(0), np.float32(0))
