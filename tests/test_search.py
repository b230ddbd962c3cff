"""The search cuts text alike in the index and in what a reader types, Chinese included."""

import json
import re

import pytest
import quickjs
from extensions import extension

chinese_search = extension("chinese_search")


@pytest.fixture(scope="module")
def cut():
    return chinese_search.EnglishAndChinese({}).split


@pytest.fixture(scope="module")
def cut_query():
    """What the search page makes of a query."""
    page = quickjs.Context()
    page.eval(chinese_search.EnglishAndChinese.js_splitter_code)
    return lambda query: json.loads(page.eval(f"JSON.stringify(splitQuery({json.dumps(query)}))"))


QUERIES = {
    "vanishing gradient": "Why does the vanishing gradient vanish?",
    "W_hh, h_t": "W_hh @ h_t",
    "clip_by_global_norm": "gradient, norm = clip_by_global_norm(gradient, 1.0)",
    "naïve σ": "a naïve slope of σ",
    "门": "遗忘门决定保留多少",
    "梯度": "长序列上的梯度消失问题",
    "梯度消失": "长序列上的梯度消失问题",
    "随时间反向传播": "截断的随时间反向传播",
    "LSTM的门控": "门控 LSTM",
    "梯度消失与爆炸": "爆炸 梯度消失",
    "梯度、BM25!": "BM25不需要梯度。",
}


@pytest.mark.parametrize(("query", "text"), QUERIES.items())
def test_what_stands_in_a_text_is_found(cut, cut_query, query, text):
    assert cut_query(query)
    assert set(cut_query(query)) <= set(cut(text))


@pytest.mark.parametrize(
    ("query", "text"),
    [("消失梯度", "梯度消失"), ("度梯", "梯度"), ("梯子", "梯度"), ("cat", "cats")],
)
def test_what_does_not_stand_in_a_text_is_not(cut, cut_query, query, text):
    assert not set(cut_query(query)) <= set(cut(text))


def test_english_is_cut_as_sphinx_cuts_it(cut):
    text = "Sphinx's n-gram, W_hh and 10^-3: “naïve”"
    assert cut(text) == re.findall(r"\w+", text)
