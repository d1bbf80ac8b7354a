#!/usr/bin/env bash
# Makes the archive of a release in target/archives: the program, its manual and examples, the licences of everything in it, and a
# list of its parts (CycloneDX). Beside the archive lies its checksum.
#   packaging/release.sh                               for this machine
#   packaging/release.sh aarch64-unknown-linux-gnu     for another one, whose target and linker are installed
#   BINARY=target/debug/dailies packaging/release.sh   with a program that was built before
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
out=target/archives
mkdir -p $out

if [ -z "${BINARY:-}" ]; then
    cargo build --release --locked --target "$target"
    BINARY=target/$target/release/dailies
fi

# Packages that the program is linked with: those that it depends on, and theirs, but for those that only build or test it.
cargo metadata --locked --format-version 1 --filter-platform "$target" | jq '
    (.resolve.nodes | map({key: .id, value: [.deps[] | select(any(.dep_kinds[]; .kind == null)).pkg]}) | from_entries) as $needs
    | (.packages | map({key: .id, value: .}) | from_entries) as $packages
    | def reached: (. + [.[] | $needs[.][]] | unique) as $more | if ($more | length) == length then . else $more | reached end;
    (.packages[] | select(.name == "dailies" and .source == null).id) as $program
    | {program: $packages[$program], parts: [[$program] | reached[] | select(. != $program) | $packages[.]] | sort_by(.name, .version)}
' >$out/parts.json
version=$(jq -r .program.version $out/parts.json)
name=dailies-$version-$target
folder=$out/$name
rm -rf "$folder"
mkdir -p "$folder"

jq '{
    bomFormat: "CycloneDX", specVersion: "1.6", version: 1,
    metadata: {component: {type: "application", name: .program.name, version: .program.version, licenses: [{expression: .program.license}]}},
    components: [.parts[] | select(.source != null) | "pkg:cargo/\(.name)@\(.version)" as $address | {
        type: "library", "bom-ref": $address, name, version, purl: $address,
        licenses: [if .license then {expression: (.license | gsub(" */ *"; " OR "))} else {license: {name: .license_file}} end]
    }]
}' $out/parts.json >"$folder/dailies.cdx.json"

# A text that many parts share is printed once.
declare -A printed=()
jq -r '.parts[] | select(.source != null) | [.name, .version, (.license // .license_file), (.manifest_path | sub("/[^/]*$"; ""))] | @tsv' $out/parts.json |
    while IFS=$'\t' read -r part release license place; do
        printf '\n==== %s %s: %s\n' "$part" "$release" "$license"
        while IFS= read -r text; do
            sum=$(sha256sum <"$text")
            if [ -n "${printed[$sum]:-}" ]; then
                printf '%s: as that of %s\n' "$(basename "$text")" "${printed[$sum]}"
            else
                printed[$sum]="$part $release"
                printf '%s:\n' "$(basename "$text")"
                cat "$text"
            fi
        done < <(find "$place" -maxdepth 1 -type f \( -iname 'licen[sc]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'unlicense*' \) | sort)
    done >"$folder/LICENSES-OF-PARTS.txt"

install -m 755 "$BINARY" "$folder/dailies"
cp -r README.md CHANGELOG.md SECURITY.md LICENSE-APACHE LICENSE-MIT docs packaging "$folder"

moment=$(git log -1 --format=%ct)
tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$moment" --directory $out "$name" | gzip --no-name >"$out/$name.tar.gz"
(cd $out && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
printf '%s: %s parts\n' "$out/$name.tar.gz" "$(jq '.components | length' "$folder/dailies.cdx.json")"
