"""Wiring counts, shapes and writes down in the browser what the package makes of the expression."""

import itertools
import re

import numpy as np
import pytest
import torch
from front_end import FrontEnd

from rnncourse import convert
from rnncourse.bidirectional import Bidirectional, Reversed
from rnncourse.cells import GRU, LSTM, RNN
from rnncourse.explorables import Wiring
from rnncourse.explorables.wiring import CELLS, SHORTCUTS, SIZES, WIRINGS
from rnncourse.recurrent import Recurrent
from rnncourse.stack import Stack
from rnncourse.tree import parameter_count

FRONT_END = FrontEnd(Wiring())
PARTS = (RNN, GRU, LSTM, Recurrent, Reversed, Bidirectional, Stack)
NAMES = {part.__name__: part for part in PARTS} | {"nn": torch.nn}
COMBINATIONS = [
    {
        "cell": cell,
        "wiring": wiring,
        "layers": layers,
        "shortcut": shortcut,
        "input_size": D,
        "hidden_size": H,
    }
    for cell, wiring, layers, shortcut in itertools.product(CELLS, WIRINGS, range(1, 5), SHORTCUTS)
    for D, H in [(2, 4), (8, 4), (4, 4)]  # at D = 2 H, H and neither: with and without projections
]


def built(settings, columns=100):
    return eval(FRONT_END("expression", settings, columns), NAMES)


def cells(layer, ahead=True):
    """The cells of a layer in the order of the drawing, each with whether it reads ahead."""
    match layer:
        case Recurrent(cell):
            return [(cell, ahead)]
        case Reversed(inner):
            return cells(inner, not ahead)
        case Bidirectional(one, other):
            return cells(one, ahead) + cells(other, not ahead)


def chains(layer, ahead=True):
    """The layers of each chain from the bottom up, with whether the chain itself reads ahead."""
    if isinstance(layer, Stack):
        return [(layer.layers, ahead)]
    return chains(layer.left_to_right) + chains(layer.right_to_left, not ahead)


def count(layer):
    return parameter_count(layer.init(np.random.default_rng(0)))


def by_package(layer):
    """The rows of the table, from the weights of the package's layer."""
    rows = []
    for level in zip(*(layers for layers, _ in chains(layer)), strict=True):
        found = [cell for one in level for cell, _ in cells(one)]
        assert len(set(found)) == 1
        each = count(Recurrent(found[0]))
        rows.append(
            {
                "layer": len(rows) + 1,
                "reads": found[0].input_size,
                "cells": len(found),
                "each": each,
                "parameters": len(found) * each,
            }
        )
    return rows


@pytest.mark.parametrize("wiring", WIRINGS)
def test_counts_and_shapes_are_the_packages(wiring):
    rng, projected = np.random.default_rng(0), 0
    for settings in (s for s in COMBINATIONS if s["wiring"] == wiring):
        layer, plan = built(settings), FRONT_END("plan", settings)
        assert plan["parameters"] == count(layer) == sum(r["parameters"] for r in plan["rows"])
        weights = layer.init(rng)
        ys, state, _ = layer.forward(weights, rng.normal(size=(3, 2, settings["input_size"])))
        assert ys.shape == (3, 2, plan["outputs"])
        assert layer.final(state).shape == (2, plan["summary"])
        stacks = [weights] if isinstance(layer, Stack) else weights[:2]
        for row, expected in zip(plan["rows"], by_package(layer), strict=True):
            number = row["layer"] - 1
            shortcuts = sum(parameter_count(stack.projections[number]) for stack in stacks)
            assert row.pop("projections") == shortcuts
            expected["parameters"] += shortcuts
            assert row == expected
            projected += shortcuts > 0
    assert projected > 0


@pytest.mark.parametrize("wiring", WIRINGS)
def test_the_expression_has_the_wiring_it_says(wiring):
    for settings in (s for s in COMBINATIONS if s["wiring"] == wiring):
        layer = built(settings)
        levels = zip(
            *([cells(one, ahead) for one in layers] for layers, ahead in chains(layer)),
            strict=True,
        )
        directions = [[ahead for one in level for _, ahead in one] for level in levels]
        ahead, back = ([True] if wiring in ("one", "turning") else [True, False]), [False]
        if wiring == "both_turning":
            back = [False, True]
        turns = wiring.endswith("turning")
        assert directions == [
            back if turns and number % 2 else ahead for number in range(settings["layers"])
        ]
        assert (len(chains(layer)) == 2) == (wiring in ("apart", "both_turning"))
        for layers, _ in chains(layer):
            assert all(isinstance(one, Bidirectional) == (wiring == "joined") for one in layers)
        stacks = [layer] if isinstance(layer, Stack) else [layer.left_to_right, layer.right_to_left]
        wanted = None if settings["shortcut"] == "none" else settings["shortcut"]
        assert {stack.shortcut for stack in stacks} == {wanted}


def test_the_expression_breaks_where_the_screen_ends():
    for settings in COMBINATIONS:
        settings = settings | {"input_size": 512, "hidden_size": 512}
        for columns in (40, 60, 88):
            lines = FRONT_END("expression", settings, columns).split("\n")
            assert max(map(len, lines)) <= columns
        assert built(settings, 40) == built(settings, 1000)
    assert FRONT_END("expression", COMBINATIONS[0]) == "Stack((Recurrent(RNN(2, 4)),))"


def test_where_pytorch_has_the_wiring_its_module_takes_the_weights():
    named = 0
    for settings in COMBINATIONS:
        if settings["layers"] == 1 and settings["wiring"] in ("apart", "both_turning"):
            joined = FRONT_END("torch", settings | {"wiring": "joined"})
            assert FRONT_END("torch", settings) == joined
            continue
        layer, module = built(settings), FRONT_END("torch", settings)
        weights = layer.init(np.random.default_rng(0), np.float32)
        if module:
            state_dict = convert.to_torch(layer, weights)
            assert str(eval(module, NAMES).load_state_dict(state_dict)).startswith("<All keys")
            named += 1
        else:
            with pytest.raises(TypeError, match="has no counterpart"):
                convert.to_torch(layer, weights)
    assert named == (2 * 4 + 1) * len(CELLS) * 3


def test_the_sentence_names_the_numbers():
    for settings in COMBINATIONS:
        plan, said = FRONT_END("plan", settings), FRONT_END("sentence", settings)
        counted = re.match(r"([\d,]+) parameters; outputs (.*), final summary (.*?)\. ", said)
        assert counted[1] == f"{plan['parameters']:,}"
        assert counted[2] == f"(T, N, {plan['outputs']})"
        assert counted[3] == f"(N, {plan['summary']})"
        assert (f"`{FRONT_END('torch', settings)}`" in said) == ("In PyTorch" in said)


def test_with_one_layer_the_wirings_that_read_both_ways_are_the_same():
    rng = np.random.default_rng(1)
    xs = rng.normal(size=(5, 2, 2))
    settings = COMBINATIONS[0] | {"layers": 1}
    joined, *others = (
        built(settings | {"wiring": wiring}) for wiring in ("joined", "apart", "both_turning")
    )
    weights = joined.init(rng)
    (ahead, back, _), () = weights.layers[0], weights.projections[0]
    ys, _, _ = joined.forward(weights, xs)
    for other in others:
        same = other.init(rng)
        same = same._replace(
            left_to_right=same.left_to_right._replace(layers=(ahead,)),
            right_to_left=same.right_to_left._replace(layers=(back,)),
        )
        np.testing.assert_array_equal(other.forward(same, xs)[0], ys)


def test_choices_are_those_of_the_front_end():
    for name, values in (("WIRINGS", WIRINGS), ("GATES", CELLS)):
        listed = re.search(rf"const {name} = \{{(.*?)\}};", Wiring._esm, re.DOTALL)[1]
        assert tuple(re.findall(r"(\w+):", listed)) == values
    assert tuple(FRONT_END("SIZES.slice")) == SIZES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cell", "Elman"),
        ("wiring", "both"),
        ("shortcut", None),
        ("layers", 0),
        ("layers", 5),
        ("input_size", 3),
        ("hidden_size", 1024),
    ],
)
def test_wiring_says_what_does_not_fit(name, value):
    with pytest.raises(ValueError, match=f"{name} should be .* got {value!r}"):
        Wiring(**{name: value})
