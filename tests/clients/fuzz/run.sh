#!/usr/bin/env bash
# Schemathesis against the server of DAILIES_URL: all phases and checks, as an administrator.
#
#   MAX_EXAMPLES  test cases per operation in the fuzzing phase, and test runs of the stateful one
#   SEED          another one finds other cases
#   LOG           name of the log, where two run at once
# Further arguments go to Schemathesis.
set -euo pipefail
cd "$(dirname "$0")"
repository=$(cd ../../.. && pwd)
PATH=$repository/target/clients/venv/bin:$PATH

name=${LOG:-sqlite}
export HYPOTHESIS_STORAGE_DIRECTORY=$repository/target/clients/hypothesis-$name
log=$repository/target/clients/schemathesis-$name.log
mkdir -p "$(dirname "$log")"
status=0
schemathesis --config-file schemathesis.toml run "$DAILIES_URL/openapi.json" \
    --url "$DAILIES_URL" --max-examples "${MAX_EXAMPLES:-2}" --seed "${SEED:-1}" --no-color "$@" 2>&1 |
    tee "$log" || status=$?
# There is something to do in every phase; Schemathesis calls a phase that did nothing a success.
if grep -q 'no checks ran' "$log"; then
    echo "schemathesis: a phase ran nothing, see $log" >&2
    exit 1
fi
[ "$status" = 0 ] || { echo "schemathesis: the server and its contract differ, see $log" >&2; exit "$status"; }
echo "schemathesis: $(sed -n 's/^ *Selected: *\([0-9]*\).*/\1/p' "$log" | head -1) operations, all phases and checks, no failure"
