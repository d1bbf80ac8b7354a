#!/usr/bin/env bash
# Redocly's and Spectral's full rule sets over the bundled contract, as JSON and as YAML.
# Nothing is ignored, and a warning counts as an error.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
cd "$repository"
dailies=$(realpath "${DAILIES:-target/debug/dailies}")
PATH=$here/node_modules/.bin:$PATH
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

# A folder of its own: neither linter finds a configuration there that could soften its rules.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$dailies" openapi --format json >openapi.json
"$dailies" openapi --format yaml >openapi.yaml
echo '{"extends": ["spectral:oas"]}' >spectral.json

failed=0
for document in openapi.json openapi.yaml; do
    # Redocly exits with 0 on warnings, so its totals decide.
    redocly lint --extends=recommended --format=json "$document" >redocly.json 2>redocly.log || true
    # shellcheck disable=SC2016
    node -e '
        const { totals, problems } = JSON.parse(require("fs").readFileSync("redocly.json", "utf8"));
        for (const { severity, ruleId, message, location } of problems)
            console.error(`${severity} ${ruleId} at ${location[0]?.pointer}: ${message}`);
        process.exit(totals.errors + totals.warnings + totals.ignored === 0 ? 0 : 1);
    ' || { [ -s redocly.json ] || cat redocly.log >&2; failed=1; }
    spectral lint --ruleset spectral.json --fail-severity=hint "$document" >spectral.log || { cat spectral.log >&2; failed=1; }
done
[ "$failed" = 0 ] || { echo "contract lints: the contract has problems" >&2; exit 1; }

operations=$(node -p 'Object.values(JSON.parse(require("fs").readFileSync("openapi.json")).paths)
    .flatMap(item => Object.keys(item)).filter(key => /^(get|put|post|delete|patch|head|options)$/.test(key)).length')
echo "contract lints: redocly recommended and spectral:oas find nothing in $operations operations, as JSON and as YAML"
