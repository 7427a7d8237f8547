#!/bin/bash
# Plants each defect of this folder in a copy of the package, and demands that the simulation finds it.
#
#   find.sh [NAME…]     all of them, or those named; FOLDER=… keeps the copy, and what is built of it, for the next time
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$(cd "$here/../../.." && pwd)
command -v patch > /dev/null || { echo "no patch(1): install the package patch" >&2; exit 3; }
if [ -n "${FOLDER:-}" ]; then
  copy=$FOLDER
  mkdir -p "$copy"
else
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
fi
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for file in "$here"/*.patch; do names+=("$(basename "$file" .patch)"); done
fi
# The build is kept from one defect to the next. A file's time shows whether it was changed.
mkdir -p "$copy/.build"
for part in checkouts repositories workspace-state.json; do
  if [ -e "$package/.build/$part" ]; then cp -a "$package/.build/$part" "$copy/.build/"; fi
done
cp -a "$package/Package.swift" "$package/Tests" "$package/Sources" "$copy/"
# The same versions of what it depends on, where they are known.
if [ -e "$package/Package.resolved" ]; then cp -a "$package/Package.resolved" "$copy/"; fi

simulate() {
  (cd "$copy" && swift build -c "${CONFIGURATION:-debug}" --product murphy-simulate > "$copy/build.log" 2>&1) || {
    tail -20 "$copy/build.log" >&2
    exit 2
  }
  "$copy/.build/${CONFIGURATION:-debug}/murphy-simulate" --runs "${RUNS:-5000}"
}

if ! said=$(simulate); then
  echo "without any defect, and yet: $said" >&2
  exit 1
fi
printf '%-32s %10s  %s\n' "defect" "found in" "by"
missed=0
for name in "${names[@]}"; do
  (cd "$copy" && patch --quiet --strip=1 --no-backup-if-mismatch < "$here/$name.patch")
  if said=$(simulate); then
    printf '%-32s %10s\n' "$name" "NOT FOUND"
    missed=1
  else
    [[ $said =~ after\ ([0-9]+)\ runs?:\ ([^:]*), ]] || { echo "$name: $said" >&2; exit 2; }
    printf '%-32s %10s  %s\n' "$name" "${BASH_REMATCH[1]} runs" "${BASH_REMATCH[2]}"
  fi
  (cd "$copy" && patch --quiet --strip=1 --reverse --no-backup-if-mismatch < "$here/$name.patch")
done
exit $missed
