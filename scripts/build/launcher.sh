#!/bin/sh
# Starts Weir from the folder that this script lies in.
here=$(dirname "$(readlink -f "$0")")
# Memory that threads and pictures have let go returns to the system: src/cli/parent/allocator_settings.ts.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}" MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-1048576}"
export DENO_NO_UPDATE_CHECK=1 ORT_DISABLE_TELEMETRY=1 WEIR_EXECUTABLE="$here/weir"
exec "$here/deno" run --quiet --no-prompt --no-remote -A --config "$here/app/deno.json" "$here/app/main.js" "$@"
