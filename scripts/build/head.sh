#!/bin/sh
# Weir @VERSION@ for @TARGET@. This is one file with all that Weir needs: this script, a runtime (gzip), and the program
# with its libraries (a tar archive in zstd). At the first start it unpacks itself into a cache directory; after that it
# starts from there.
#
# WEIR_CACHE_DIR chooses the cache directory; without it, it is weir/ in XDG_CACHE_HOME or in ~/.cache.
set -u
key=@KEY@
listing=@LISTING@
total_bytes=@TOTAL_BYTES@
unpacked_mb=@UNPACKED_MB@
runtime_at=@RUNTIME_AT@
runtime_bytes=@RUNTIME_BYTES@
archive_at=@ARCHIVE_AT@
mtime=@MTIME@

fail() {
  printf 'weir: %s\n' "$@" >&2
  exit 1
}

elsewhere="Set WEIR_CACHE_DIR to a directory of your own that can be written to and has $unpacked_mb MB left."

if [ "$(uname -s) $(uname -m)" != "@SYSTEM@" ]; then
  fail "This file is for @SYSTEM@; this machine is $(uname -s) $(uname -m)."
fi
case $0 in
  */*) self=$0 ;;
  *) self=$(command -v -- "$0") || fail "Cannot find the file that $0 was started from; start it by its path." ;;
esac
[ -r "$self" ] || fail "Cannot read $self, which holds the program: chmod a+rx it."
size=$(wc -c <"$self")
if [ "$size" -ne "$total_bytes" ]; then
  fail "$self is damaged: it has $((size)) bytes instead of $((total_bytes)). Fetch it again."
fi

cache=${WEIR_CACHE_DIR:-}
if [ -z "$cache" ]; then
  base=${XDG_CACHE_HOME:-}
  if [ -z "$base" ]; then
    [ -n "${HOME:-}" ] || fail "Cannot tell where to unpack: neither WEIR_CACHE_DIR nor HOME is set." "$elsewhere"
    base=$HOME/.cache
  fi
  cache=$base/weir
fi
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
programs=$cache/program
home=$programs/$key

# What lies there is about to run: nobody else may be able to put it there.
trusted() {
  for folder in "$cache" "$programs" "$home"; do
    [ -e "$folder" ] || continue
    if [ -n "$(find -H "$folder" -maxdepth 0 ! -user "$(id -u)" ! -user 0)" ]; then
      fail "Refused to use $folder: it belongs to another user ($(stat -c %U "$folder"))." "$elsewhere"
    fi
    if [ -n "$(find -H "$folder" -maxdepth 0 -perm -0002 ! -perm -1000)" ]; then
      fail "Refused to use $folder: everybody can write to it." "$elsewhere"
    fi
  done
}

# Sizes and times of all files; a cut, missing or changed one shows.
intact() {
  [ -d "$home" ] || return 1
  found=$(cd "$home" && find . -type f -exec stat -c '%s %Y %n' {} + | LC_ALL=C sort | sha256sum)
  [ "$found" = "$listing  -" ]
}

# A version that somebody runs is held by its own file, across containers too, so that no newer one removes it.
hold() {
  if [ -r "$home/deno" ] && command -v flock >/dev/null; then command exec 9<"$home/deno" && flock -s 9; fi
}

# Of the versions that were unpacked before, the latest stays, for the way back, and those that somebody runs.
forget_old() {
  command -v flock >/dev/null || return 0
  kept=
  for name in $(ls -t "$programs"); do
    [ "$name" != "$key" ] || continue
    if [ -z "$kept" ]; then
      kept=$name
      continue
    fi
    old=$programs/$name
    # Not all versions hold themselves. (An argument would find itself.)
    if printf %s "$old/deno" | grep -qsaF -f - /proc/[0-9]*/cmdline; then continue; fi
    (
      command exec 8<"$old/deno" && flock -n -x 8 || exit 0
      gone=$(mktemp -d "$programs/.new-XXXXXX") && mv "$old" "$gone" && rm -rf "$gone"
    ) 2>/dev/null
  done
}

unpack() {
  umask 022
  mkdir -p "$programs" 2>/dev/null || fail "Cannot make the cache directory $programs." "$elsewhere"
  trusted
  # What was killed in its midst has left its work; what is younger may still be at it.
  find "$programs" -maxdepth 1 -name '.new-*' -mmin +60 -exec rm -rf {} + 2>/dev/null
  work=$(mktemp -d "$programs/.new-XXXXXX" 2>/dev/null) || fail "Cannot write to the cache directory $programs." "$elsewhere"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  chmod 755 "$work"
  mkdir "$work/app"
  if ! why=$({ tail -c "+$runtime_at" "$self" | head -c "$runtime_bytes" | gzip -dc >"$work/deno"; } 2>&1); then
    spoiled "$why"
  fi
  chmod 755 "$work/deno"
  touch -d "@$mtime" "$work/deno"
  cat >"$work/unpack.js" <<'WEIR_UNPACK' || spoiled "the disk is full"
@UNPACK@
WEIR_UNPACK
  if ! why=$(DENO_DIR="$work/.deno" DENO_NO_UPDATE_CHECK=1 "$work/deno" run --quiet --no-config --no-lock --no-remote \
    -A "$work/unpack.js" "$self" "$archive_at" "$work" 2>&1); then
    spoiled "$why"
  fi
  rm -rf "$work/.deno" "$work/unpack.js"
  # Another one may have been faster.
  if intact; then return; fi
  if [ -e "$home" ]; then
    old=$(mktemp -d "$programs/.new-XXXXXX") && mv "$home" "$old/damaged" && rm -rf "$old"
  fi
  mv -T "$work" "$home" 2>/dev/null || intact || fail "Cannot rename $work to $home." "$elsewhere"
  intact || fail "What was unpacked into $home is not what this file holds. Fetch the file again, or try another disk."
}

spoiled() {
  left=$(df -Pm "$programs" 2>/dev/null | awk 'NR == 2 { print $4 }')
  case $1 in
    *[Pp]ermission\ denied*) fail "Cannot start what was unpacked into $programs; is it mounted noexec? ($1)" "$elsewhere" ;;
    *deno:\ not\ found* | *GLIBC*) fail "Cannot start here: this file wants glibc 2.28 or newer ($1)" ;;
  esac
  fail "Cannot unpack into $programs, which has ${left:-?} MB left and needs $unpacked_mb: $1" "$elsewhere"
}

trusted
hold
if ! intact; then
  unpack
  hold
  forget_old
  trap - EXIT INT TERM HUP
  rm -rf "$work"
fi
DENO_DIR=$cache/deno DENO_NO_UPDATE_CHECK=1 ORT_DISABLE_TELEMETRY=1
# Memory that threads and pictures have let go returns to the system: src/cli/parent/allocator_settings.ts.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}" MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-1048576}"
WEIR_EXECUTABLE=$(readlink -f "$self")
export DENO_DIR DENO_NO_UPDATE_CHECK ORT_DISABLE_TELEMETRY WEIR_EXECUTABLE
exec "$home/deno" run --quiet --no-prompt --no-remote -A --config "$home/app/deno.json" "$home/app/main.js" "$@"
