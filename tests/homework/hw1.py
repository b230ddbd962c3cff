"""What the tests need to know of homework 1; tests/homework/__init__.py says what that is."""

POINTS = {"q1": 3, "q2": 3, "q3": 3, "q4": 4, "q5": 3, "q6": 4}

PER_SENTENCE = """for sentence in document:
            for ngram in ngrams_of(sentence, longest):
                if ngram in column:"""
UNKNOWN_FIRST = """for sentence in document:
            known = [word for word in sentence if word in column]
            for ngram in ngrams_of(known, longest):
                if ngram in column:"""
COUNT_SENTENCES = """for document in documents:
        for sentence in document:
            counts.update(ngrams_of(sentence, longest))"""
COUNT_DOCUMENTS = """for document in documents:
        found = [ngram for sentence in document for ngram in ngrams_of(sentence, longest)]
        counts.update(set(found))"""
COUNT_ONCE = """for document in documents:
        for sentence in document:
            counts.update(set(ngrams_of(sentence, longest)))"""
JOIN_SENTENCES = """for document in documents:
        counts.update(ngrams_of([word for words in document for word in words], longest))"""
FLAT_LENGTHS = "title_weight * len(title) + len(body) for"
ADD_W_IN = "np.add.at(dW_in, bag, np.outer(c, dh) / len(bag))"
ADD_W_OUT = "np.add.at(dW_out, rows, np.outer(error, h))"
ERROR = "p - (np.arange(len(rows)) == 0)"
OWN_P = "sigmoid(W_out[rows] @ h) - (np.arange(len(rows)) == 0)"
NEGATIVE_START = "slice(place - window, None).indices(len(words))[0]"  # as [start:] reads it
ONE_BY_ONE = "for other in around if other != place"
NOT_THE_WORD = "for other in around if words[other] != centre"
SENTENCES = "for words in sentences:"
ONE_TEXT = "for words in [[word for sentence in sentences for word in sentence]]:"
COUNT = "counts[row, column[ngram]] += 1"
TIES_BEFORE = "(cosines >= right - 1e-9).sum(axis=1)"
TIES_AFTER = "1 + (cosines > right + 1e-9).sum(axis=1)"
PAIRED = "error = differences.std(ddof=1) / np.sqrt(len(differences))"
UNPAIRED = """variances = [(1 / ranks).var(ddof=1) for ranks in (ranks_a, ranks_b)]
    error = np.sqrt(sum(variances) / len(ranks_a))"""

WRONG = {
    "q1": [
        ("df counts words", "sum(count > 0 for count in tf)", "sum(tf)"),
        ("lengths without repeats", "sum(len(document) for", "sum(len(set(document)) for"),
        ("one-more is zero at M only", "max(M - 1, 1)", "M"),
    ],
    "q2": [
        ("n-grams run on into the next sentence", COUNT_SENTENCES, JOIN_SENTENCES),
        ("min_count counts documents", COUNT_SENTENCES, COUNT_DOCUMENTS),
        ("unknown words are taken out first", PER_SENTENCE, UNKNOWN_FIRST),
    ],
    "q3": [
        ("the query is a set", "for term in query:", "for term in set(query):"),
        ("a title is as long as it is", FLAT_LENGTHS, "len(title) + len(body) for"),
        ("df counts words", "df = has.sum()", "df = min(tf.sum(), len(titles))"),
    ],
    "q4": [
        ("a word counts once in the bag", ADD_W_IN, "dW_in[bag] += np.outer(c, dh) / len(bag)"),
        ("a word counts once among the noise", ADD_W_OUT, "dW_out[rows] += np.outer(error, h)"),
        ("no 1/|B| on the way back", "dc = W_in[bag] @ dh / len(bag)", "dc = W_in[bag] @ dh"),
    ],
    "q5": [
        ("still one text", SENTENCES, ONE_TEXT),
        ("still a negative start", "max(place - window, 0)", NEGATIVE_START),
        ("still the word, not the place", ONE_BY_ONE, NOT_THE_WORD),
    ],
    "q6": [
        ("who ties is found", TIES_BEFORE, TIES_AFTER),
        ("the queries without weights", "of_queries * idf", "of_queries"),
        ("as if the queries were others", PAIRED, UNPAIRED),
    ],
}  # fmt: skip

PARTLY = {"q1": (2, 0), "q3": (0, 0), "q4": (2, 0), "q6": (2, 0)}

SEEDS = {"q6": [0, 1, 2**127, 2, 3, 4]}

TOLD = {
    "q1": [("猫: tf should be", "[document.count(word)", "[' '.join(document).count(word)")],
    "q2": [("lacks ['sea']", COUNT_SENTENCES, COUNT_ONCE)],
    "q3": [
        ("as often as it stands in the query", "for term in query:", "for term in set(query):"),
        ("stands twice in a title", "title.count(term)", "(term in title)"),
        ("counts each word of the title", FLAT_LENGTHS, "len(title) + len(body) for"),
        ("if the word is in its title", "df = has.sum()", "df = (in_body > 0).sum()"),
        ("should be finite", "total[has] += idf * tf[has] * (k1 + 1) / (tf[has] + slack[has])",
         "total += idf * tf * (k1 + 1) / (tf + slack)"),
    ],
    "q4": [
        ("both count", ADD_W_IN, "dW_in[bag] += np.outer(c, dh) / len(bag)"),
        ("take σ from p", ERROR, OWN_P),
        ("where is the 1/|B|?", "c @ W_in[bag] / len(bag)", "c @ W_in[bag]"),
    ],
    "q6": [
        ("ranks before the right one", TIES_BEFORE, TIES_AFTER),
        ("counts as often as it stands", COUNT, COUNT.replace("+", "")),
        ("the queries are weighted, too", "of_queries * idf", "of_queries"),
        ("the IDF is the smooth one", "np.log((1 + len(words)) / (1 + df)) + 1",
         "np.log(len(words) / df)"),
        ("df counts words", "(of_words > 0).sum(axis=0)", "of_words.sum(axis=0)"),
        ("standard error should be", PAIRED, UNPAIRED),
    ],
}  # fmt: skip
