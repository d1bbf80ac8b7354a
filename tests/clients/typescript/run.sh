#!/usr/bin/env bash
# Types from the contract by openapi-typescript, a program on openapi-fetch that compiles against
# them, and that program run against the server of DAILIES_URL.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../../.." && pwd)
cd "$repository"
dailies=$(realpath "${DAILIES:-target/debug/dailies}")
PATH=$repository/tests/clients/node_modules/.bin:$PATH

work=$repository/target/clients/typescript
rm -rf "$work"
mkdir -p "$work"
cd "$work"
ln -s "$repository/tests/clients/node_modules" node_modules
cp "$here/list_projects.ts" "$here/tsconfig.json" "$here/package.json" .
"$dailies" openapi --format json >openapi.json

openapi-typescript openapi.json --output contract.d.ts >generator.log 2>&1 || { cat generator.log >&2; exit 1; }
if grep -i -E 'warn|error|⚠' generator.log >&2; then
    echo "typescript: the generator warned" >&2
    exit 1
fi
tsc --project tsconfig.json
node list_projects.js
