#!/bin/sh
# Registers a stream, follows what is found in it, slows it down, takes a picture, and removes it again; with curl alone.
# sh follow.sh [http://127.0.0.1:8080]. A server beyond loopback wants a token: export WEIR_TOKEN=…
set -eu
weir=${1:-http://127.0.0.1:8080}
call() { curl -sS --fail-with-body ${WEIR_TOKEN:+-H "Authorization: Bearer $WEIR_TOKEN"} "$@"; }

call -X POST "$weir/api/v1/streams" -H 'content-type: application/json' -d '{
  "id": "lesson", "source": {"kind": "scene", "scene": "pitch"},
  "pipeline": [{"model": "weir-pitch"}, {"analyzer": "track"}], "policy": {"fps": 10}}'
echo

# -N shows events as they come; the first five results are enough here.
call -N "$weir/api/v1/streams/lesson/events?types=result&labels=ball" 2>/dev/null | grep '^data:' | head -n 5

call -X PATCH "$weir/api/v1/streams/lesson" -H 'content-type: application/json' -d '{"policy": {"fps": 2}}' >/dev/null
call -o lesson.jpg "$weir/api/v1/streams/lesson/frame.jpg?overlay=1"
ls -l lesson.jpg
call -X DELETE "$weir/api/v1/streams/lesson"
