#!/usr/bin/env bash
# The TypeScript package: made, installed into a folder, compiled against, and driven against the server of DAILIES_URL, which has
# demo data.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
clients=$(dirname "$here")
repository=$(cd "$clients/../.." && pwd)
work=$repository/target/sdk/typescript/try

"$repository/openapi/sdk/typescript/generate"
mkdir -p "$work"
cd "$work"
# A project that has what the package needs already, in the versions of the suites. Its files are the same as those there, but for
# the list of what is installed, which npm writes in place.
cp "$clients"/package.json "$clients"/package-lock.json .
cp -al "$clients/node_modules" .
rm node_modules/.package-lock.json
npm install --offline --ignore-scripts --no-audit --no-fund --loglevel=error "$repository"/target/sdk/typescript/dist/*.tgz >/dev/null
cp "$here"/check.ts "$here"/tsconfig.json "$repository"/openapi/sdk/typescript/examples/*.ts .
node_modules/.bin/tsc --project tsconfig.json

"$repository/target/clients/venv/bin/python" "$clients/shaky.py" -- node check.js
"$clients/sdk_examples.sh" "node follow.js" "node publish.js"
