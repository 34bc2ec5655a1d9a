#!/bin/sh
# Sets up the peers in a virtual environment of their own (PEERS_VENV, default in the cache folder) and compares them
# with Weir: scripts/bench/peers/run.sh [--quick] [--json] [--rounds N] [--seconds N]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/weir/bench/peers}
if ! [ -f "$venv/installed" ] || [ "$here/requirements.txt" -nt "$venv/installed" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet -r "$here/requirements.txt" >&2
  # The libraries ask for an older ONNX Runtime; every row is to run the network with Weir's.
  "$venv/bin/pip" install --quiet --no-deps -r "$here/requirements_runtime.txt" >&2
  touch "$venv/installed"
fi
exec deno run -A "$here/peers.ts" --python "$venv/bin/python" "$@"
