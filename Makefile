# All work starts here; `make` alone lists what there is. Needs Python 3.11 or newer, nothing else.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
NOTEBOOKS = $(wildcard book/*.ipynb book/*/*.ipynb solutions/*/*.ipynb)

# One thread: the same numbers and comparable times on every machine.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: help book serve pdf test lint links bench notebooks homework check grade requirements clean
.PHONY: given-homework given-submissions

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /make \1: /p' Makefile

book: .venv/installed _build/started ## set everything up and build the book
	$(BIN)/jupyter-book build -W --keep-going .
	@echo "The book is ready: open $(CURDIR)/_build/html/index.html, or run make serve."

serve: book ## build the book and show it on http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

pdf: book ## build the book and print it as one PDF (needs Chromium or Chrome)
	$(BIN)/python -m tools.pdf

test: book ## build the book, then run every test: package, notebooks, homework, site
	PYTHONPATH=book/_ext $(BIN)/pytest -n 2 --dist loadfile --ignore tests/site rnncourse tests \
		-p shared_runs --nbval --nbval-current-env --nbval-cell-timeout 120 $(NOTEBOOKS)
	$(BIN)/pytest -n 3 --dist loadgroup tests/site # one more than cores: a page is waited for

lint: .venv/installed ## check style, spelling and the notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python -m tools.notebooks sources $(NOTEBOOKS) | $(BIN)/codespell -
	$(BIN)/python -m tools.notebooks lint $(NOTEBOOKS)

links: book ## try every link that leads out of the book (asks the network)
	$(BIN)/jupyter-book build --builder linkcheck .

# An OPENBLAS_CORETYPE from outside would hold NumPy to older instructions than PyTorch uses.
bench: .venv/installed ## measure speed and memory, ours beside the libraries
	env -u OPENBLAS_CORETYPE $(BIN)/python benchmarks/recurrent.py $(OPTIONS)
	env -u OPENBLAS_CORETYPE $(BIN)/python benchmarks/text_features.py $(OPTIONS)
	env -u OPENBLAS_CORETYPE $(BIN)/python benchmarks/word2vec.py --beside

notebooks: .venv/installed ## run all notebooks in place and keep their text outputs
	$(BIN)/python -m tools.notebooks run $(NOTEBOOKS)

homework: .venv/installed ## write exercises/ anew from solutions/
	$(BIN)/python -m tools.homework

check: given-homework .venv/installed ## say what is wrong with your homework: make check HW=hw2
	@$(BIN)/python -m rnncourse.homework "$(or $(NOTEBOOK),exercises/$(HW)/$(HW).ipynb)"

# Also: OUTPUT=grades, QUESTION=q4 (regrade it alone), and in OPTIONS what `python -m tools.grade
# --help` lists, such as OPTIONS="--scheduler tcp://host:8786".
grade: given-submissions .venv/installed ## mark a folder or zip file of submissions: make grade SUBMISSIONS=folder HW=hw2
	$(BIN)/python -m tools.grade "$(SUBMISSIONS)" --assignment $(HW) \
		$(if $(OUTPUT),--output "$(OUTPUT)") $(foreach q,$(QUESTION),--question $(q)) $(OPTIONS)

given-homework:
	$(if $(HW)$(NOTEBOOK),,$(error say which homework to check, such as: make check HW=hw2))

given-submissions:
	$(if $(SUBMISSIONS),,$(error say which submissions to mark, such as: make grade SUBMISSIONS=folder HW=hw2))
	$(if $(HW),,$(error say which homework it is, such as: make grade SUBMISSIONS=$(SUBMISSIONS) HW=hw2))

requirements: ## pin requirements.in anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --upgrade \
		--no-header --no-annotate --output-file requirements.txt requirements.in
	# Which CUDA packages torch needs, if any, its own wheel says.
	sed -i.old -E '/^(cuda|nvidia|triton)/d' requirements.txt && rm requirements.txt.old

clean: ## remove all that these commands made, except grades/
	rm -rf .venv _build *.egg-info .pytest_cache .hypothesis .ruff_cache

.venv/installed: requirements.txt requirements-no-deps.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("rnncourse needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Name another: make book PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --requirement requirements.txt
	$(BIN)/pip install --no-build-isolation --require-hashes --no-deps --requirement requirements-no-deps.txt
	$(BIN)/pip install --no-build-isolation --no-deps --editable .
	@touch $@

# A build goes on from the one before. Sphinx does not see that an extension or a static file changed,
# so then it starts anew.
_build/started: .venv/installed $(wildcard book/_*/*.*)
	rm -rf _build/.doctrees _build/html
	@mkdir -p _build && touch $@
