# Recipes for working on imgcuda; `just` alone lists them.

default:
    @just --list

# The whole suite, on every device of this machine.
test *arguments:
    python -m pytest -n auto {{arguments}}

# What CI asks of the source itself.
lint:
    ruff check . && ruff format --check . && mypy

# Put the source into its standard form.
format:
    ruff format . && ruff check --fix .

# Hold README and docs against the program.
docs:
    python docs/check.py

# Write the tables and help texts of README and docs anew.
docs-write:
    python docs/check.py --write

# The site of README and docs, for any host of static pages: build/site/index.html. It needs the extra `docs`.
site:
    sphinx-build -q -W --keep-going -d build/doctrees -c docs/website . build/site

# The pictures of README and docs.
pictures:
    python docs/pictures.py

# The screenshots of README and docs, which need Chromium.
screenshots:
    python docs/screenshots.py

# All that CI runs.
ci:
    .ci/run
