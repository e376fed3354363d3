# `make run` is all it takes to try Leadloop; `.ci/run` is what a change must pass.

PYTHON ?= python3
UV_VERSION := 0.13.8
# Linux x86_64, Linux aarch64 (two builds), macOS arm64, macOS x86_64
UV_HASHES := \
  e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984 \
  0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d \
  5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203 \
  62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49 \
  b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.complete
WITH_SERVERS := $(BIN)/python -m config.embedded exec --
MANAGE := $(BIN)/python manage.py

# For slow and for busy networks.
export UV_HTTP_TIMEOUT ?= 300
export PIP_DEFAULT_TIMEOUT ?= 120
export PIP_RETRIES ?= 5
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never

.PHONY: run install test test-faults check check-django bench lock chromium
.DELETE_ON_ERROR:

run: $(READY)
	@$(BIN)/python -m config.run

# The environment alone, for production: nothing is started.
install: $(READY)

test: $(READY) chromium
	$(WITH_SERVERS) $(BIN)/pytest -n 2 -m "not faults" --cov

# What kills servers under load, one test after the other.
test-faults: $(READY)
	$(WITH_SERVERS) $(BIN)/pytest -m faults tests/faults

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/djlint --check --quiet templates
	$(WITH_SERVERS) $(MAKE) --no-print-directory check-django

# What needs settings and a database: called by `check`, which provides them.
check-django:
	$(BIN)/mypy .
	$(MANAGE) check --fail-level WARNING
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) lintmigrations --no-cache --quiet ok ignore --ignore-initial-migrations \
	  --include-apps accounts integrations leads campaigns conversions
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null

# BENCH_LEADS=1000000 make bench
bench: $(READY)
	$(BIN)/python -m config.embedded exec-durable -- $(BIN)/python -m benchmarks.run

lock: $(READY)
	$(BIN)/uv pip compile --universal --python-version 3.11 pyproject.toml --group dev \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements.lock

chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else \
	  echo "The tests need Chromium: sudo apt-get install chromium" >&2; exit 1; \
	fi

# The environment, exactly as locked. The stamp comes last: an interrupted run starts over where it
# was, and a changed lock file brings the environment up to date.
$(READY): requirements.lock Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Leadloop needs Python 3.11 or later. Name it: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; \
	  exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || { \
	  echo "Making $(VENV)"; rm -rf $(VENV); \
	  $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	    rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV); }; }
	@$(BIN)/uv --version 2>/dev/null | grep -qF "uv $(UV_VERSION)" || { \
	  printf 'uv==%s' $(UV_VERSION) >$(VENV)/uv.txt; \
	  printf ' --hash=sha256:%s' $(UV_HASHES) >>$(VENV)/uv.txt; \
	  $(call pip,install --quiet --require-hashes --no-deps -r $(VENV)/uv.txt); }
	@echo "Installing the locked packages"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@touch $@

# pip for the environment: its own, else (Debian leaves it out of `venv`) the system's, else the
# one in Debian's package of wheels, which needs no rights to fetch and unpack.
define pip
if $(BIN)/python -m pip --version >/dev/null 2>&1; then \
    $(BIN)/python -m pip $(1); \
  elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
    $(PYTHON) -m pip --python $(BIN)/python $(1); \
  else \
    $(fetch_pip_wheel) && $(BIN)/python "$$(ls $(VENV)/deb/usr/share/python-wheels/pip-*.whl)/pip" $(1); \
  fi || { echo "Could not install uv. If pip is missing: apt-get install python3-venv" >&2; exit 1; }
endef

define fetch_pip_wheel
  mkdir -p $(VENV)/deb/lists/partial && \
    apt="apt-get -qq -o Dir::State::lists=$(CURDIR)/$(VENV)/deb/lists -o Dir::Cache=$(CURDIR)/$(VENV)/deb -o APT::Sandbox::User=" && \
    $$apt update && (cd $(VENV)/deb && $$apt download python3-pip-whl && dpkg -x python3-pip-whl_*.deb .)
endef
