#!/usr/bin/env bash
# The Python package: made, installed into a fresh environment, held against its types, and driven against the server of
# DAILIES_URL, which has demo data.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../../.." && pwd)
tools=$repository/target/clients/venv/bin
work=$repository/target/sdk/python/try
examples=$repository/openapi/sdk/python/examples

"$repository/openapi/sdk/python/generate"
mkdir -p "$work"
cd "$work"
python3 -m venv venv
python=$work/venv/bin/python
# The versions are those of the suites.
"$python" -m pip install --quiet --disable-pip-version-check --constraint "$repository/tests/clients/requirements.txt" \
    "$(echo "$repository"/target/sdk/python/dist/*.whl)[events,async-events]"
typed() { "$tools/mypy" --config-file "$here/mypy.ini" --python-executable "$python" "$@"; }
typed --package dailies_client
typed "$examples"/*.py "$here/check.py"

for way in sync async; do
    "$python" "$here/../shaky.py" -- "$python" "$here/check.py" $way
done
"$here/../sdk_examples.sh" "$python $examples/follow.py" "$python $examples/publish.py"
