#!/usr/bin/env bash
# The files of `packaging`, read by the programs that they are for; then those programs at work beside a server.
set -euo pipefail
cd "$(dirname "$0")/../../.."
here=tests/clients/packaging
venv=target/clients/venv/bin
dailies=$(realpath "${DAILIES:-target/debug/dailies}")
# Debian keeps nginx where only administrators look.
export PATH=$PATH:/usr/sbin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git ls-files -z | xargs -0 grep -lE '^#!.*\bbash' | xargs shellcheck
"$venv/hadolint" Dockerfile

export POSTGRES_PASSWORD=one SECRET_KEY=two S3_SECRET=three
for file in packaging/compose*.yaml; do
    docker-compose --file "$file" config --quiet
done

# It asks for the program, and gives a number to what the service may still do: 10 times the exposure, from 0 to 100.
sed "s|/usr/local/bin/dailies|$dailies|" packaging/dailies.service >"$work/dailies.service"
systemd-analyze verify "$work/dailies.service"
systemd-analyze security --offline=true --threshold=16 --no-pager "$work/dailies.service" >"$work/security" ||
    { cat "$work/security" >&2; exit 1; }

promtool check rules --lint=all --lint-fatal packaging/prometheus-alerts.yaml
promtool test rules $here/alerts.yaml

"$venv/python" $here/proxies.py
"$venv/python" $here/monitoring.py
