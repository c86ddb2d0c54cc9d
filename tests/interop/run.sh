#!/usr/bin/env bash
# Installs the clients of others, once, and runs every test against the server.
# VAPI_MCP_BIN names another server than the release build.
set -euo pipefail

folder=$(cd "$(dirname "$0")" && pwd)
binary=${VAPI_MCP_BIN:-$folder/../../target/release/vapi-mcp}
case $binary in /*) ;; *) binary=$PWD/$binary ;; esac
export VAPI_MCP_BIN=$binary
# Python leaves no compiled files behind.
export PYTHONDONTWRITEBYTECODE=1
cd "$folder"

if [ ! -x "$binary" ]; then
  echo "There is no server at $binary: run 'cargo build --release', or set VAPI_MCP_BIN." >&2
  exit 2
fi
# What is installed is noted beside it, so that the next run can tell.
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci
  cp package-lock.json node_modules/.installed
fi
if ! cmp -s requirements.txt .venv/.installed; then
  python3 -m venv --clear .venv
  .venv/bin/pip install --quiet --requirement requirements.txt
  cp requirements.txt .venv/.installed
fi

failed=0
node --test --test-reporter=spec ./*.test.mjs || failed=1
.venv/bin/python -m unittest test_python test_python_http || failed=1
exit "$failed"
