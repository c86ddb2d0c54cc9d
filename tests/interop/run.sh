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

if ! "$binary" http --help >/dev/null; then
  echo "There is no server with HTTP at $binary: run 'cargo build --release --features http', or set VAPI_MCP_BIN." >&2
  exit 2
fi
# What is installed is noted beside it, so that the next run can tell.
for packages in . remote; do
  if ! cmp -s $packages/package-lock.json $packages/node_modules/.installed; then
    (cd $packages && npm ci)
    cp $packages/package-lock.json $packages/node_modules/.installed
  fi
done
if ! cmp -s requirements.txt .venv/.installed; then
  python3 -m venv --clear .venv
  .venv/bin/pip install --quiet --requirement requirements.txt
  cp requirements.txt .venv/.installed
fi

failed=0
node --test --test-reporter=spec ./*.test.mjs || failed=1
.venv/bin/python -m unittest test_python test_python_http test_python_sandbox || failed=1
exit "$failed"
