#!/usr/bin/env bash
# The examples of the manual against the server of DAILIES_URL: one listens while the other publishes.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$PWD/target/clients/venv/bin/python
heard=$(mktemp)
trap 'rm -f "$heard"' EXIT

"$python" docs/examples/follow.py 1 >"$heard" &
listener=$!
for _ in $(seq 100); do
    grep -q listening "$heard" && break
    sleep 0.1
done
"$python" docs/examples/publish.py
for _ in $(seq 100); do
    kill -0 $listener 2>/dev/null || break
    sleep 0.1
done
grep -q 'Ready for a look' "$heard" || { echo "examples: the listener heard nothing of the comment" >&2; kill $listener; exit 1; }
wait $listener
echo "examples: a preview was published, and its comment was heard"
