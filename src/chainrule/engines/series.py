"""The series of the error function and its kin, from which both engines compute them."""

from __future__ import annotations

import math

MIDDLE = 4.0
"""Where the variable (x - 4) / (x + 4) of the series below is 0; it is -1 at 0 and 1 at infinity."""
SCALED_ERFC = (
    0.2981017936936576,
    -0.42908644125580536,
    0.18027256568771055,
    -0.06523752449734899,
    0.020367256576744864,
    -0.005449087066459008,
    0.0012278515372606755,
    -0.0002246979421877305,
    3.068543113098951e-05,
    -2.3178234999468535e-06,
    -1.4628356484727578e-07,
    6.927830518748949e-08,
    -6.8831107633628464e-09,
    -6.858489149445451e-10,
    2.4593734989496684e-10,
    -7.814909174028096e-12,
    -5.889394733817263e-12,
    6.869230438567993e-13,
    1.255049258010826e-13,
    -2.8232509502798152e-14,
    -2.6031646343175433e-15,
    1.0249960195009234e-15,
    5.72841468125685e-17,
    -3.692875129327215e-17,
    -1.5725507296420274e-18,
)
"""exp(x^2) erfc(x) for x >= 0, by Chebyshev polynomials of that variable, the constant first."""
ERF = tuple(2 / math.sqrt(math.pi) * (-1) ** k / (math.factorial(k) * (2 * k + 1)) for k in range(20))
"""erf(x) / x for x in [-1, 1], by powers of x^2."""
SINGLE_SCALED_ERFC, SINGLE_ERF = 14, 11
"""How many terms suffice for numbers of single precision."""
