#!/usr/bin/env bash
# Puts Schemathesis beside its test: exactly what requirements.txt names, and nothing where that is there already.
# With --python it only says which Python it would take, and fails where none will do.
# requirements.txt is made of requirements.in by pip-compile --generate-hashes --strip-extras --no-header.
set -euo pipefail
cd "$(dirname "$0")"
for python in python3 /usr/bin/python3 ''; do
  [ -n "$python" ] || { echo 'needs Python 3.11 or newer with venv (Debian: python3-venv)' >&2; exit 1; }
  if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi
done
if [ "${1:-}" = --python ]; then echo "$python"; exit 0; fi
if cmp -s requirements.txt .venv/installed; then exit 0; fi
rm -rf .venv
"$python" -m venv .venv
.venv/bin/pip install --quiet --no-input --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt
cp requirements.txt .venv/installed
