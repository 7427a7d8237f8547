#!/bin/bash
# Packs built programs for Debian: `build.sh PROGRAMS OUT` writes OUT/*.deb, and refuses what lintian refuses.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
out=$2
tree=$out/tree
export LC_ALL=C.UTF-8

rm -rf "$out"
mkdir -p "$tree"/{bin,man,completions}
cp "$programs"/{murphy,murphy-agent,GuestAppend} "$tree/bin"
cp -r Packaging/debian Packaging/agent.json Packaging/murphy-schedule@.* Packaging/murphy-history.* README.md Scenarios "$tree"

murphy=$tree/bin/murphy
version=$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Version)
if [ "$("$murphy" --version)" != "$version" ]; then
  echo "murphy is version $("$murphy" --version), and Packaging/debian/changelog $version: add an entry there" >&2
  exit 1
fi
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Timestamp)
Packaging/manual.pl "$murphy" "$tree/bin/murphy-agent" "$tree/man"
# A shell reads the file and never starts it, so it has no interpreter's line.
"$murphy" --generate-completion-script bash | sed '1{/^#!/d}' > "$tree/completions/murphy"
"$murphy" --generate-completion-script zsh > "$tree/completions/_murphy"
"$murphy" --generate-completion-script fish > "$tree/completions/murphy.fish"

(cd "$tree" && debian/rules binary > ../log 2>&1) || { cat "$out/log" >&2; exit 1; }
lintian --allow-root --fail-on error,warning "$out"/*.deb
ls -l "$out"/*.deb
