"""Blue noise: a pattern of thresholds without order or clumps, as a table, and how the table was made.

`python plugins/stylize/blue_noise.py` prints the table anew.
"""

from __future__ import annotations

import base64
import textwrap
import zlib

import numpy as np
import numpy.typing as npt

Ranks = npt.NDArray[np.int64]

SIDE = 64
SPREAD = 1.9
"""The standard deviation of the Gaussian that measures crowding, in pixels; Ulichney's is 1.5."""


def blue_noise() -> Ranks:
    """Return the ranks of the pattern's pixels, (SIDE, SIDE), in which each number from 0 on occurs once."""
    ranks = np.frombuffer(zlib.decompress(base64.b64decode(TABLE)), "<u2").astype(np.int64)
    return ranks.reshape(SIDE, SIDE)


def void_and_cluster(side: int, seed: int = 0) -> Ranks:
    """Return the ranks that the void and cluster method gives the pixels of a square that repeats.

    R. Ulichney, The void-and-cluster method for dither array generation, 1993. What crowds a pixel is summed in whole
    numbers, so that every computer chooses the same of two that are alike.
    """
    first = np.zeros((side, side), bool)
    first.flat[np.random.default_rng(seed).choice(side * side, side * side // 10, replace=False)] = True
    crowd = Crowd(first)
    while (moved := crowd.fullest()) != (void := crowd.swapped(moved)):  # until they are spread as evenly as can be
        crowd.flip(void)
    crowd.flip(moved)
    ranks, start, ones = np.zeros((side, side), np.int64), crowd.taken.copy(), int(crowd.taken.sum())
    for rank in reversed(range(ones)):
        ranks[crowd.flip(crowd.fullest())] = rank
    crowd = Crowd(start)
    for rank in range(ones, side * side):
        ranks[crowd.flip(crowd.emptiest())] = rank
    return ranks


class Crowd:
    """The taken pixels of a square, and how crowded they make each place; distances wrap around its edges."""

    def __init__(self, taken: npt.NDArray[np.bool_]) -> None:
        side = len(taken)
        squares = np.minimum(np.arange(side), side - np.arange(side)) ** 2
        gaussian = np.exp(-(squares[:, None] + squares) / (2 * SPREAD**2))
        self._around = np.tile(np.rint(gaussian * 2**40).astype(np.int64), (2, 2))
        self.taken = np.zeros(taken.shape, bool)
        self._sums = np.zeros(taken.shape, np.int64)
        for y, x in np.argwhere(taken):
            self.flip((int(y), int(x)))

    def flip(self, at: tuple[int, int]) -> tuple[int, int]:
        """Take a pixel, or give it back; return it."""
        side, (y, x) = len(self.taken), at
        sign = -1 if self.taken[at] else 1
        self.taken[at] = not self.taken[at]
        self._sums += sign * self._around[side - y : 2 * side - y, side - x : 2 * side - x]
        return at

    def fullest(self) -> tuple[int, int]:
        """Return the most crowded pixel of those taken."""
        return self._place(int(np.where(self.taken, self._sums, -1).argmax()))

    def emptiest(self) -> tuple[int, int]:
        """Return the least crowded of the free pixels."""
        return self._place(int(np.where(self.taken, 2**62, self._sums).argmin()))

    def swapped(self, at: tuple[int, int]) -> tuple[int, int]:
        """Give a pixel back, and return the emptiest place then."""
        self.flip(at)
        return self.emptiest()

    def _place(self, number: int) -> tuple[int, int]:
        y, x = divmod(number, len(self.taken))
        return y, x


TABLE = """
eNoN1AMCGDoWAMDYealt27Zt27bd/tq2bdu2bdu2uzuHmF6QGy3n3/R8n472k7lwMQN+M0qsi9LePr/qY7KEcmQDv+Bn4Fziia0VHol0NiEqK4pwR6qwtT
YzbmeuuNqsna0Lr+RafBna6HnyMUtDWpjutLKYrnu7PZBTTMbv/RjeO1RGg9UOvlmuNknCRzeG1neNVaNwlp6wRcQbkzxspc3sYm7JK32aDcD3aHP5SZ9C
o8MItYQ190n1TdoTzjkSfqofeojLoHbQ/OEVbqfnkWgyvm/El9H+6JSP6jKFeOoymh46qtjkPz9BTjAjdFnWxFUz56AlLQlXUFHeltWWSe1E8pBFkI9wSd
2LHVANSE6VFqqHYW6MmGYnQVwRxf9hyW1mOs0kIbPQJJ5d9SOtZBv61I/AiyEDX6taiA+e8EZov7mr+oTG9qxog9/S0hBV3rBV2WeTgb5kqcI2UkRlwcnl
WHJGd3E3RGa93ibFY3UCWG6muzWQz9dELfk6f1tEx3nYEnlbPUQb/FccVyVzf6iSK91+mQMG29O6Fl7BIlgjOqCr4pJp57+i5OZcKOSA5hORyRDWVcU2Qt
TVy0hef4Q3Qxm1clvQA14bYtqDrIkvJSKyhGRt2OoT01G8AY6kLqKnZKHsZjeH6CYBDW6U2UieQEd+2TAaQ+dEq2GyToe/hsbiL6nuuodifrKK7R6H27Ij
mW8b0MYyNkuh1vulegB0dEdJf58ETXJf2RKczTz3J0N09VbE9j3pJ/UwjEGT7RZ1yyRG12QrIX0h9ihMFukNZ9/5brzT7WXZdAyRGp12M+lOPZNtDfPEaD
+bpOY3VGRWxwR+Fwn5Hadj8elFvYkdcGd5Kn3dnkXDeBdcSX4yJfinsE/ONzycU/1lLbGJViElbGRzGydxc2QPvgDfgy3uHqtilsI7fMim1rF5MafCTE3V
elRW3vTTQjVbThEJ8NrOlHNwV/uX3zDffT3UVS7zjfRVPtWUgQ9qqt+Mm4cSqDmUIRHCaHPKGfYLJdG96G88xaZi0WkHyIOruCnsPfxE40UKtl57KEILyE
e8LTlIx6sicrhpRD/6SKgUaeQn0bvwx7zE32lyPhXHDCtRLTKUJzVn6CUXUx3H3OUNOckAuhvGWYMa83aijUkkqyhmX7EDohr9JkuGbgK5WfCYvxd70Cd3
xLTgE/Uhv09N4R19mbCYrDNpVBJ/S9cOzk1D32ElSSKqqoT2iXikqvJUroYYp+aQrL61ziB6mPq+h7oK51GrkILu0f1ZattdJFYX3D4yWPZ1kfEdSMYIze
lP6AD/1Elc12vTFg1S1/09nY73CjXVMhsT1ZSO3jRONUEReDlXFDdjV9FxUUhP9rsZx6n8+FACL2Bd4CI5rCXOCWnMbbtB1qWtWUv3jpTXT1hDOUF0hm48
mg96CRLmANsSVtAuupzN4J7jNMLiumyuvc1vkTcsnq3MupDMbqXcgneQtSJ7UOSGu0P32u7wTRA9L/xnX/kYFNlVvKFbrHvYW3SKbGq22O7oW+jOksixfB
fUR7tDVHtLJMD3/FqTzcVCc9VOkh6/ozrs5BvxKHXfVySnpOUnVb8wzdWXcdCZUMFlh46yIV4dnN5AO/tk5hd9ygjkNIVEE9xVZycjaE1RkndQF7Fll2UJ
aCMWqbo8M9nqLvG3soC/blLRTa4qvs4uqje4GXyRP3kGEosN8DXtoNDdxJZz/Ffj3UFR1Pzm5X1jVAzATKOZ1EmTlzTXjVRTOlsgP8xURInEUWjhGur38h
x6FZazja6zqeQ1mg6JzG53M5RD/5mcdBI2UCNE1J3pMtxT5NOepFdF7HQRxyPTgA+lg+yzcEF3wjvldd7fxSOvZRS6EHKy7ahqKEUjylemE6+Nn8JRf1PU
5nPRK5ho5/NjrCwUspNUHLyCt7QTSJA91Tz+CybKUnYtKSrf8IS6NckQ0sto7rXOjL6INf4jZHRfaGRoECbpk/Q4sS5+6Ix2uc/ijIrHC9KM0Jv10vlRCp
5C18Uz7CrXRDdiTclX20S8J1tZCXODlvWHdARyVP1FSWU+WoS0ll1DJ1rbt4OYTtHlODq7py6zsniWP2BHsooqFS/tc7ND5J8ZxmKZaygLbyMVOsUP++ry
M6qtOuv2bD1ZDu/deJTOrBE77d3ww8WBZnIET6224yn+e+ivlujfrobdhJuGH/aIfEI01HSlwnk9i1nf0WRBV1Vhds/MRk/1b9/dtQmHzUS6ROxCEW0SvA
EuyvN2Js+rSpMjarrtZfq4xmQlrDIpeWXfQAwxqzC2XBRTWcM+vIa2UvnFVLLS7KQnIJn9yYbKmHgdlEer5TsVTwAezZ6YpkIyrNbji3YKjBBl+VH9FqcW
i0JatUsc4oPQT7lBX4EI/qnaSGOJAbo/vhzeuuJgxZjwhqxlM1RbvN3GYXGJgvphkpTuCN3rB5Oq7pSJiJeyB7qbE6SaiIYSmkDLu8RsAV/tJ5MRkEbudz
OCRClNQX+AR9IV8GW6xFlYLPdYyRP7ouSDjUZzw3vcme8lK0MRU4B88RtFOdoRZZMHaDlc3VcU1vwRV0M6/UTWo0XQKRZBU3xFLNB1eA/ZyScNc9B+tSrE
9FF1LXjNX4szpqAeTFfY9HyAqUpj6Ur8P1LJvhC3w0uy0VRWl1D6UJIW0Wnwc1rbfFUDWHO7QtZyTBZFne1wt15RflXXdjlsNb1KRgrT6Ta3GklR2XZyMc
1SbvypUM9mY4+A6mS0v+3LvbxL1stXtK7NTWKEO+4U7hJiqYmon3+BC6kFcNZPpQPQLdbGl5QNbV0yl30V030KuwlSyS9huWsk+uAY7JxfzaexU/ARbTXF
QgLSg6WEM+iMxaQCXGTPyX3IhH+KvJCKRKCPpEUbXA08WPz1lN03idxtVhgP9B9lH7ST/dWVRGZozMbraeKszYl7y9U6sVuiGkFiPJgfgf9cJNMbEdFQLc
LFeVw00o80DbQLMWkJ1U1+oGN8VaFUPT7GnCVl1WQ+Rd81q9Qov0bvpp3VU1NOVDbX/CPWhGQxSG3FHaEVqhtW6d78iz2s8tDishiOb3uQUe5geE0/8Z+m
UPiI44scJhr7T3cQK9Qz0il0Zo/cfHJdL6DjoZdCeIe95Y7oNHY1mYUT6cmQCe0WKX11dsa3lAnQKlGW5OGH7dAwgs3G82C6esbvWxGEb6Gp6KMamEPiIE
kG/c29UMancxvVRD5ZZjfX0T93ktRnidQKt47MD0l9FPTJXsCH5HQTH2K4XjKrvcaPkA+si9BkIDoagvjjptqkNIf7GB6owjYFHhGKu/gsbjgq2+GGqINv
IdO7PnS/jiffoCrU8RGkl1tIn8M5nJdlEa9Rfv6A+pAUpaEX4Qu7r5D86Uvz7ni4XSP70mj8nbnt1/A6dB8aJqLplOESzujPyN3mOL3r48uYPIrJzobJ7P
inHkdTkgIinilGU9rgo4j6ZoHrqBvyoWQE6hEysJdmvlwQatvlPhnOqJgvYKfJ6ro6WWQuiTu+hG5kz+MW0MoUQy31ML9DPEBMF4TEUrFFeozaF+6yRDg9
q+yImRjGs+K6vsrvqmEZFqoT/iEHXkUOdmfgM8uqVuPSuhBI+licpjnDdZXJvnC/8CP/UaVArcVQlkUO15t5DrQdDviHNpn6D69zBVlnUVxlcpPpj5DYRq
QQRpicrgYpHRrhWv64rUAumnKQTuWiMeQatBYWkou8B5Snz8101J1UCa1tCqiLkuk15JtfxCegOWyoOotH2kiQXbyRa9hWMYSXdi90VchHTpsjoal7QeKb
Q6w9nRue8/d6EenrN6D1vBoZLjOJqSo5O823MauUyS1molfimBvEp+kuPqIYid9Y540VaKO+xK7KHuKuK6Dn44gKs5FijTnoMsn/wlu7A7aZ96wgpuYCGg
mVzCvSEj+kMdQfuwhl5y/pLNVLPMbl5Ej02wyERHy77Bx662T+HCN4gqNkKDRH910SGuwz6MluynskO+pov8JjVZ5vlSvEKp+aLLLN/FHazWxgv0ku09of
Ci/QbDuc3tDtSR1xR153F8hgv5Q+tT/DaJXFX4L7PDmNrSf6sbiFLRwKe6t7uot0gYqNb9q+5jOdYxdBEoOht52q74qLYbuqzANJqeuZmuERbSozkbKmKy
2D07DY4YtKJw+HQbiM6wv/xGVbjUciJ+R/bK9qimf7SKwQ2hGSyd28ls5D8soa6AH7YvrIDiGTOSYawFl5G3UxhqeD5MTIRKEs/YfvC0AR1DnSVcymB+VE
vNl+pcN9FYjsOuDkfpxgsIotdUvCcjXR1HVP0E3SlCdXpdAHfkoZvBc6aSSKexb2iBlmJB+swc1XeWxzlhy0GGVH6ie4h4uEO7CrrjZ5wYuxlO4+Ocer2L
l6uyssdvuXqidfEarjrDof3+xrmOUkqYiN8skK9C4frp6iKLabbon+8WE2E/3Hiou0JhtktLt0z1CeDSdjXTMa3QZ0irRxsVV5iElq0U1oK4zDo1021Y+e
90vFAdKe71TEtqUd9HyorvKht2GTLMd6orfsJjwzzV0D5n0MWzSMQxPYfljtSqmHuoFtyj6EBq4w12oLKQwV/VVcUu0E4h1DJD9tJNP5uSafWiaygjc5eD
/7Bc1nZUMOn9ocFbn5LBPwayjCGppsIS5wtFRuDCdtRfxbDxQt/GIcEWqalmoDGYJP6jIyK+2u0pL4rr00+pxBvBAeDaNJDX0Pd6SJw0e9VzTn90NfnRFt
s5tFJn3LM5eYj0WZQxS2A4+Vx8MqmkfnkGAjiRf0uRwXYlOkP7vh6IEsrPvYOCK1f4CdrMKXuRP0tvmj0lPhPok0/hRNK9ohDlv4L71cZPZN6HGUJ0wV59
1xOd5EkWP9VVuUrUDfTWq5i44jx+Q+Fg1HF6tgGn6rD/LldqbfoEqQKgLBDFcKj1R9yGfb1H/A5WV6ccdG5nVwRvqTFjbr2TP/nRQPVWUxkpGnDoe5wydC
fTsXfshH9gf8QwnZsfCWdyCn7W36wo/nFdBB+Mrz4+lyh+sNi1lvM8h/gJlup5mgepMK9qSktKh+iyaxiL6tqY4sjc9v6jYQA/01PfVmVi6MJNP8X1HWTY
PSai2KrJeZqHieWmAvuxnojb4gxzGvT+MK5g5bRUrat2ohzgUJzCfZXe/CcWhuO509V8VNTzJEvUcR3TC8i9/RQ9CsMJ/+Ev3Yr7DWVYSEMrlbwjuGh/Ku
fQsPXUk2XPzHE8J6+kc/MLPVrbBXpyMLRbcwxn7j8/xAdh0qiL+0Dlw1VUk/N4Bf9bPoS/HAjZCafzRdHZX72YbQRZV0+f0+Wjm89pVpXt0/zBQnFKI1ZA
0+yVdyUudFzUUsssdUojP0KBzYZfFdHcVT5esQAzN12C1AB3BKtp2XRMr+YFPdFLKYvpPx0Sx9AzdVmeUi34GuExvRVtU2ZEOz9X5/mbRWXXFKtMmnEFf0
K/RQXMejbV3Rn2+TKUh+Gx0ysVf2Ct6mc+BffpC5RivyguE/VEOlhzK2EdnL15vqdKk9rc4T6s6L9XBePnY/SBaYK1vja7omPBPV3DjTwJ8grWxK3Dcc1H
H9AnnUJCa/7VS+GeqxOqEb/e60rUduQWYeWS3UUVFbF9Usp6/dYZRA5Q7CVhfZ6Xcm1QW4pnraxn60+Msimnghke+F1vrnrLTB4SO/6DEfatPrtuIqreGP
qdk8WjAkBm9M94bhPI7ewZiI5+6Q0qw+pBP3aQbc0swVk+wefkWlZu3kA/+V7DXXQzu2xHueIEQW88wF1omk91vkRLhkB5GLLj4eLQuw7WSgO4jG0++yjx
4EMWU2Uh/X0e3oFNOQvENxQkVzzrZGFdkds8k+U9nwArHHTUIvIZqaZKbgvHygraZ+B6UL+dFonK4GG3A+sxu9sH/4c1cPZ5CHyTDUVlXGWjaFJyoRWstr
651op3imn/A/uJwZGDLoynKWHcsm4KIitYvJitmeMi3aGZqoEf4k+4wTyAshpXpAJvhaMhWkZef0A5uFXKHDoazu6U+ge2K+K0xvyPokq6znzpCkqkI4zp
LrLXSKGgxHbRVdxydwbwk2Y9wSOjsUZz9M1DCI7vGRXHvIxVPhpf4m3xU2u09kgGoXKvg2fKirxraId/aYPslL0EUuNc4huOmL8oUKaosZIn/4hiI5yiWj
h01knz6Eo/M3cNz0ZctCGX7GpbfnRAv0BxKRjuKXmcbHSMSehlp8Jp4v6pooRPky6gyLrxl6KrqpQnSzyUXOqoKmNIrFz+pnKIpqDEM0pqPxYfkYkljQre
E1++YW0fN8EhmIs3FNz7p+ar9dx5uZQSy7Pe1B/LMf0BrVTDSkvXAM2KTTuvamEvvnd+IlkJ8M1GXtcT9Q/b9SKCU74xvkSYhjf9Of7pr9B4fFY5oHEtjz
MFTMoZ1MMhJNpAu33Wl0w7dgrcgZscA8xM10dlfV1vMvwlDN7R7GyVj6yg0ObWVxlF2vpV/9N/xSl/DLJGPjSXfeSd5AFekaW8ucEGVRH7ZI/kaRqeLJhT
Qb7Gh+SbYkecRcPF/PQx34abkfV5RDyBaf1RXH7e0uFYcPpHlNG+XRLrs03JX7YBHrI6qiWDIRU7ha2O5fq/6iCK6nOrhpJL/5IebZk0DRdjM2NFMr/Fy3
JxRUmfw3tkNVCtxf4DOgkm4Y2qD17hh4PM5nNf/BfZZQvfMFXAZfnK60afUuNipgGYEJuGZyy5KinWvFW/m7NDfepP6RjKYb/FWdXWwRx4ySU1A/MDQjyw
d9+KUQVeVn+7jQz1he0cuuwKvZXZ1AbCUJcRr3H11qhpElNi6T9q+cS2+qNiyuLKbroCmhvF1BurAn+k/4zD+46OipnMU/6OmkKXoe7uKNsEMfIx3kD37N
HUJH/F45jB7Gx2EPKcWzuNF6vJ1pjoieOKFfjjid5SqRAvActdWxqJVpEApZ7C2ZBEqIVaiBuiO24SG+DVkpksJl/MH8ISPdIeqE1t/FTTQcD1Pf6DdzGh
j+ZlOpUj6KLm6TsB8oGjQxQ2z7UJA/MoXIQt7XFlXl/AXTiUUlt3iucFlFd1fYOv3eNAn55S87j8bwU+GYOaie0HG8la7JbsAXPcgdCF34Wl3HTTbH+abw
0ubkLf04+ROb8MJc8pF4Y5MGspJherGrTfvAZHaUfyCP5ShxR51gn/AHUU7nYkXdpHBbR0STxGZ6PnyVC3xWNJo2IzNkbKgvZqpKuIz5LReLTDyFk+SNP+
GG4t8iBklEr7KH/j7qLEexdCgHDeo7ai/WqZ5mG4rlmtOXcrzbLgQdKLOKZHwP3ieqmrj4C1yx8XzFUBBNcVnoBCiJ+6pI8giLCX1xGT3bpcUg4/J3OrMN
4Ry9gwvwXb4M+w0DyVQ0PDSRKUwX9Dfcsm19TP1BNjd7aVv4rVKEN+6SvuL7k9ahJcsAbflmHYcsg1Fopo0YcvtLak1YbLvIQ66mTsALk31mD/0lD+j2vr
TYip65AnS37S5XwFyyRw01Y0B7LwajUrqoX2ePoF98ty5t26mGLJUoQyPytXKF2codqm67YSwe2/QkrY0s3zHBcukRdgyupWaJ7D4qu8Hr6e0sAj5Gr5gC
KCtLSihMoP1QWhlBVIK/th2fRbLZ2/BNVSapTD8e2WYUC9l7m5AexHVVDRddXiUdzJxQmt5z/XBlyOXT6O52vO9LVqr+NFkYIv66yeEL6a0Kinl4FBwy1d
ARl1HGoyVCKhTbng0FVEWXx8wkB+RJf1knFnmUt9sCM5tVR9YC/wt1ZCNznb7iM/y6EI91RWl9i3AL7ZE52OdQn9eDbsyoOSKuHiC78tnmComHM4akbLWY
DetYQVeHzJKNdRre3R9FjV1vukt+4Q4Yr27u2fNqCakga+J48EDUCxt5exeJJgwb2XQcwT0kvfxJ1MnG0zfxFtbKFUYv5Eoc1+VSNekpfVHs8G3sSi3wCR
OdLHSdUGLIQQhr7d6JOOq5juPmo/Z6PD7mnflEMd5kSrEXEMxx9S7cJk/xIH0YsuKJ7KX7rlvTYvwWXqy6siZ2MeI6lj8t5vAhsE7Oc1NED7rT51blw1Z9
TUThTXUrWGKu4az8lepGeoshlLhlqkD4zTrYQuZOyIAOwX5+HzeBSP6cpLYZfy7+wgQbC+KrRaI5KcRz2oY+oSsjVtLrci5/62uLsbaI32DmwBzdCheUDW
GOeYRG6WeUEc6vwWMzgUfBC21q+s7RMIoUku/5Z5/bpQ2RURX/DUrIK7w5Xkd7+GRijjrKttoWdJf5xVKK62R7qIJeqLT0Lz7Dk6HnNqpvIIeifKy8+oSs
neyikcjhDkqgE7AIaAAZJPr4/bQCF2opaRYK2v9UbkNQD51d1oD4JKF4a/6gS7SpXYgqsMfkoUmiZrAMZjepqKl/rK/I16Q8Xq43+mryvfqGztPyZp9twk
r6Uu6e3KLXh+00v26Pc4QC5o3IDwtDTp1CjjWfCVcDwjG+zxVWy8Mq+wM3c63YF/eOR4XcdGToTLAHdkhFMLPZSr9UDXDXQm79n8wmquARrhyfCbVQIrtN
PMOxQgk3VuxAY8iwkENNdHFkRlJHDYPy4jw76PeTwWYl6wqb+BtVkLxg2WgelJkds4JngqSunoxmz7Kf5LPOLMbCLdUDfRQF8EiZzy1jLcUzezpUQoPkNu
grSuOk3JjofgotBXUsITvkUzozDGcvfXV+0PSHEiyFr2U74j/+M8zgx/UavBfFtTllRnzc9RMV7Tey2G+0X91l/kjv82NVb7xeLEWjaGaTD6eGMqivPGtq
0IP2n57rW/MdBuv96LOsT/P4JnwzGWj+yU5Qk3RDjUN71U/PEF19HndBPUZHbCU1kubQu+VK/lX/Jyrr9qgVfeIWm3+0SPisevFP0Emtw7PlG3oALTT35Q
DRMswgVX1//QCKk20qm5/Oq+qfsBQn5G9CSZJFHaYnsA2ffD/TA+e1WXRetxevpqfsJnHAbON12EdyDLU293hKWlomNl0JRnvdGfwQfhHNovIobqN8H66L
BaSbX2270AYomokC49wY/SA0xi3hNc7lavLzxrOnvIu9EWqxk2KOe09bqJp+ohjDtkAGG9k/Inf4DZZSpglZWEyxOAz1U9kPddQdwZe9cS/DNVYU8uJ3kM
AXE1eClIfZT/vaTA3VfC+Sy85jE9UJPkF/wUQVcTVYO6JEEn5BrFaDWT67jdZGmdVJN14+9sfwH/nRvkS7SCw7T69DhV10nR7tF/f1NLXGlSeJ4B5qrrbr
XKiuPE2ihGcyruHyoWpBvHK2vv7IftCidpl+4pchUKXMBvFLDcbVYTJq5MbBTdZJ7A+FZSR7FhDSztObroLOIw9ADHONaPyJrdB5aVezzQ8JxeRLXgSi0u
VyGZ8QYuGP9IItaeqJuPSXS2UH8ggwwCbHafkFGg+1tU/dDHpKRCTf7ULfDF8iu1VUAeR/W1JweQ==
"""


def written(ranks: Ranks) -> str:
    """Return ranks as text in the form of TABLE."""
    return base64.b64encode(zlib.compress(ranks.astype("<u2").tobytes(), 9)).decode()


if __name__ == "__main__":
    print("\n".join(textwrap.wrap(written(void_and_cluster(SIDE)), 118)))
