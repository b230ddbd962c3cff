"""A cell that only counts, through every combinator, against numbers worked out by hand."""

import numpy as np
import pytest
from helpers import Case, Results, assert_equal

from rnncourse.bidirectional import (
    Bidirectional,
    BidirectionalState,
    BidirectionalWeights,
    Reversed,
)
from rnncourse.cells import Cell, HState, Weights
from rnncourse.layers import Linear, LinearWeights
from rnncourse.recurrent import Recurrent
from rnncourse.stack import EachStep, Stack, StackWeights


class Counting(Cell):
    """h_t = h_{t-1} + a_x: a cell whose every number can be worked out by hand."""

    def forward(self, a_x, a_h, state):
        return HState(state.h + a_x), None

    def backward(self, cache, dstate):
        return dstate.h, np.zeros_like(dstate.h), dstate


def counting(inputs=1, units=1):
    return Recurrent(Counting(inputs, units))


def steps(*features):
    """(T, N, F) from a table for each feature, with a line for each of the N rows."""
    return np.array(features, float).transpose(2, 1, 0)


def state(*units):
    """(N, H) from the numbers of each unit."""
    return HState(np.array(units, float).T)


def linear(W, b):
    """Weights of ``Linear``, or their gradient."""
    return LinearWeights(np.array(W, float), np.array(b, float))


def counts(W, b):
    """Weights of ``counting``, or their gradient: the cell makes no use of W_hh and b_hh."""
    H = len(b)
    return Weights(np.array(W, float), np.zeros((H, H)), np.array(b, float), np.zeros(H))


# Two rows: the first ends after two steps, and what then stands here in xs and dys is padding.
# The lower layer adds 2 x + 10 at each step, the upper one 3 times what it reads, and 1.
LENGTHS = [2, 3]
XS = steps([[5, 6, 7], [1, 2, 3]])
DYS = steps([[2, 20, 999], [1, 10, 100]])
LOWER, LOWER_START, LOWER_DLAST = counts([[2]], [10]), state([200, 100]), state([2000, 1000])
UPPER, UPPER_START, UPPER_DLAST = counts([[3]], [1]), state([2000, 1000]), state([20000, 10000])
BOTH = {"start": (LOWER_START, UPPER_START), "dlast": (LOWER_DLAST, UPPER_DLAST)}
TWO = {"start": BidirectionalState(*BOTH["start"]), "dlast": BidirectionalState(*BOTH["dlast"])}


def by_hand(layer, weights, start, dlast, dys=DYS, **expected):
    return Case(layer, weights, XS, start, LENGTHS, dys, dlast), Results(**expected)


STACK = {
    **BOTH,
    "weights": StackWeights((LOWER, UPPER), ((), ())),
    "ys": steps([[2661, 3388, 0], [1337, 1716, 2143]]),  # 2000 + 3 · 220 + 1 = 2661
    "last": (state([242, 142]), state([3388, 2143])),
    # the upper's a_x: [20022, 20020], [10111, 10110, 10100]; of it the lower's outputs get three
    # times as much, so that its a_x: [122126, 62060], [91963, 61630, 31300]
    "dweights": StackWeights(
        (counts([[1292113]], [369079]), counts([[13090172]], [70363])), ((), ())
    ),
    "dxs": steps([[244252, 124120, 0], [183926, 123260, 62600]]),
    "dstart": (state([122126, 91963]), state([20022, 10111])),
}
BY_HAND = {
    "alone": by_hand(
        counting(),
        LOWER,
        LOWER_START,
        LOWER_DLAST,
        ys=steps([[220, 242, 0], [112, 126, 142]]),  # 200 + 2 · 5 + 10 = 220
        last=state([242, 142]),
        # a_x: [2022, 2020], [1111, 1110, 1100]: what comes later adds up
        dweights=counts([[28861]], [7363]),
        dxs=steps([[4044, 4040, 0], [2222, 2220, 2200]]),
        dstart=state([2022, 1111]),
    ),
    "Reversed": by_hand(
        Reversed(counting()),
        LOWER,
        LOWER_START,
        LOWER_DLAST,
        ys=steps([[242, 222, 0], [142, 130, 116]]),  # 200 + 2 · 6 + 10 = 222
        last=state([242, 142]),
        # a_x: [2002, 2022], [1001, 1011, 1111]: what comes earlier adds up
        dweights=counts([[28498]], [7147]),
        dxs=steps([[4004, 4044, 0], [2002, 2022, 2222]]),
        dstart=state([2022, 1111]),
    ),
    "Bidirectional": by_hand(
        Bidirectional(counting(), counting()),
        BidirectionalWeights(LOWER, UPPER, ()),
        **TWO,
        dys=steps([[2, 20, 999], [1, 10, 100]], [[4, 40, 999], [3, 30, 300]]),
        ys=steps([[220, 242, 0], [112, 126, 142]], [[2035, 2019, 0], [1021, 1017, 1010]]),
        last=BidirectionalState(state([242, 142]), state([2035, 1021])),
        # a_x to the left: [20004, 20044], [10003, 10033, 10333]
        dweights=BidirectionalWeights(counts([[28861]], [7363]), counts([[281352]], [70417]), ()),
        dxs=steps([[64056, 64172, 0], [32231, 32319, 33199]]),
        dstart=BidirectionalState(state([2022, 1111]), state([20044, 10333])),
    ),
    "Bidirectional sum": by_hand(
        Bidirectional(counting(), counting(), "sum"),
        BidirectionalWeights(LOWER, UPPER, ()),
        **TWO,
        ys=steps([[2255, 2261, 0], [1133, 1143, 1152]]),  # 220 + 2035
        last=BidirectionalState(state([242, 142]), state([2035, 1021])),
        # a_x to the left: [20002, 20022], [10001, 10011, 10111]
        dweights=BidirectionalWeights(counts([[28861]], [7363]), counts([[280498]], [70147]), ()),
        dxs=steps([[64050, 64106, 0], [32225, 32253, 32533]]),
        dstart=BidirectionalState(state([2022, 1111]), state([20022, 10111])),
    ),
    "Bidirectional project": by_hand(
        Bidirectional(counting(), counting(), "project"),
        BidirectionalWeights(LOWER, UPPER, linear([[10, 1]], [5])),
        **TWO,
        ys=steps([[4240, 4444, 0], [2146, 2282, 2435]]),  # 10 · 220 + 2035 + 5
        last=BidirectionalState(state([242, 142]), state([2035, 1021])),
        # a_x to the right: [2220, 2200], [2110, 2100, 2000]; to the left as for the sum
        dweights=BidirectionalWeights(
            counts([[36610]], [10630]),
            counts([[280498]], [70147]),
            linear([[20852, 156641]], [133]),
        ),
        dxs=steps([[64446, 64466, 0], [34223, 34233, 34333]]),
        dstart=BidirectionalState(state([2220, 2110]), state([20022, 10111])),
    ),
    "Stack": by_hand(Stack((counting(), counting())), **STACK),
    "Stack with dropout, without an rng": by_hand(
        Stack((counting(), counting()), dropout=0.5), **STACK
    ),
    "Stack residual": by_hand(
        Stack((counting(), counting()), "residual"),
        StackWeights((LOWER, UPPER), ((), ())),
        **BOTH,
        # the upper layer reads [225, 248], [113, 128, 145] and makes [2676, 3421], [1340, ...]
        ys=steps([[2901, 3669, 0], [1453, 1853, 2306]]),
        last=(state([242, 142]), state([3421, 2161])),
        # the lower's outputs get [60068, 60080], [30334, 30340, 30400]
        dweights=StackWeights(
            (counts([[1292974]], [369442]), counts([[13371033]], [70363])), ((), ())
        ),
        dxs=steps([[304364, 184240, 0], [214482, 153820, 93200]]),
        dstart=(state([122148, 92074]), state([20022, 10111])),
    ),
    "Stack residual, projected": by_hand(
        Stack((counting(), counting(1, 2)), "residual"),
        StackWeights((LOWER, counts([[3], [4]], [1, 2])), ((), linear([[10], [20]], [5, 6]))),
        (LOWER_START, state([2000, 1000], [4000, 3000])),
        (LOWER_DLAST, state([20000, 10000], [40000, 30000])),
        dys=steps([[2, 20, 999], [1, 10, 100]], [[4, 40, 999], [3, 30, 300]]),
        # the upper layer reads as above and makes, second, [4902, 5896], [3454, 3968, 4550]
        ys=steps([[4931, 5906, 0], [2475, 3010, 3616]], [[9408, 10862, 0], [5720, 6534, 7456]]),
        last=(state([242, 142]), state([3421, 2161], [5896, 4550])),
        # the lower's outputs get [220342, 221220], [151735, 152350, 158500]
        dweights=StackWeights(
            (
                counts([[5122915]], [1601717]),
                counts([[13371033], [30643189]], [70363, 171047]),
            ),
            ((), linear([[21303], [58499]], [133, 377])),
        ),
        dxs=steps([[1107466, 667660, 0], [1078905, 776050, 477500]]),
        dstart=(state([443562, 463585]), state([20022, 10111], [40044, 30333])),
    ),
    "Stack dense": by_hand(
        Stack((counting(), counting(2, 1)), "dense"),
        StackWeights((LOWER, counts([[3, 4]], [1])), ((), ())),
        **BOTH,
        dys=steps(
            [[2, 20, 999], [1, 10, 100]],
            [[4, 40, 999], [3, 30, 300]],
            [[6, 60, 999], [5, 50, 500]],
        ),
        ys=steps(
            [[5, 6, 0], [1, 2, 3]],
            [[220, 242, 0], [112, 126, 142]],
            [[2896, 3883, 0], [1452, 1963, 2541]],  # 2000 + 3 · 5 + 4 · 220 + 1
        ),
        last=(state([242, 142]), state([3883, 2541])),
        # the upper's a_x: [20066, 20060], [10555, 10550, 10500];
        # the lower's outputs get [80268, 80280], [42223, 42230, 42300]
        dweights=StackWeights(
            (counts([[1735133]], [501411]), counts([[283845, 13271500]], [71731])), ((), ())
        ),
        dxs=steps([[385296, 224760, 0], [287172, 202720, 118200]]),
        dstart=(state([162548, 127753]), state([20066, 10555])),
    ),
    "EachStep": by_hand(
        EachStep(Linear(1, 1)),
        linear([[3]], [1]),
        (),
        (),
        ys=steps([[16, 19, 0], [4, 7, 10]]),
        last=(),
        dweights=linear([[451]], [133]),
        dxs=steps([[6, 60, 0], [3, 30, 300]]),
        dstart=(),
    ),
}


@pytest.mark.parametrize(("case", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_a_counting_cell_worked_out_by_hand(case, expected):
    assert_equal(case.run(), expected)
