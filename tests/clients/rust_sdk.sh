#!/usr/bin/env bash
# The Rust package: packed as for a registry, with the contract that it is made of. What is in it was compiled with the workspace
# (`cargo test --workspace --no-run`), and so were the examples, which are driven against the server of DAILIES_URL.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
cargo package -p dailies-events -p dailies-client --no-verify --allow-dirty --quiet --target-dir target/sdk/rust
packed=$(tar --list --file "$(echo target/sdk/rust/package/dailies-client-*.crate)")
for file in openapi.json README.md LICENSE-MIT LICENSE-APACHE src/lib.rs; do
    grep -q "^dailies-client-[^/]*/$file\$" <<<"$packed" || { echo "rust sdk: the package lacks $file" >&2; exit 1; }
done
"$here/sdk_examples.sh" target/debug/examples/follow target/debug/examples/publish
