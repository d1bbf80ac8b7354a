#!/usr/bin/env bash
# The examples of a package against the server of DAILIES_URL: an administrator follows, while an animator of the demo lists
# shots and publishes a picture.
#
#     sdk_examples.sh "COMMAND THAT FOLLOWS" "COMMAND THAT PUBLISHES"
set -euo pipefail
read -ra follow <<<"$1"
read -ra publish <<<"$2"
work=$(mktemp -d)
listener=
trap '[ -z "$listener" ] || kill "$listener" 2>/dev/null || true; rm -rf "$work"' EXIT
ffmpeg -loglevel error -f lavfi -i testsrc=size=320x180 -frames:v 1 "$work/picture.png"

timeout 120 "${follow[@]}" 1 >"$work/heard" &
listener=$!
for _ in $(seq 300); do
    grep -q listening "$work/heard" && break
    sleep 0.1
done
DAILIES_EMAIL=soo-jin.baek@example.com DAILIES_PASSWORD=dailies-demo timeout 120 "${publish[@]}" "$work/picture.png" | tee "$work/said"
wait $listener
listener=
cat "$work/heard"
for line in 'SQ.*/SH.*Animation' '^revision [0-9]* of SH.* is ready$'; do
    grep -q "$line" "$work/said" || { echo "sdk examples: who published did not say $line" >&2; exit 1; }
done
grep -q 'Ready for a look' "$work/heard" || { echo "sdk examples: the listener heard nothing of the comment" >&2; exit 1; }
echo "sdk examples: shots were listed, a preview was published, and its comment was heard"
