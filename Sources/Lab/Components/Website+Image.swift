extension Website {
  /// Builds the guest's folder (`vmlinuz`, `initrd`) in the cache, unless it exists: the kernel by its package's
  /// version, the initramfs by a digest of its content. Two labs can build at the same time.
  ///
  /// - Returns: the folder.
  func image(cacheRoot: String, append: String) async throws(LabError) -> String {
    let output = try await Command.output(
      ["sh", "-c", Self.imageScript, "guest", cacheRoot, append], input: initScript,
      doing: "building the guest's image")
    guard let folder = output.split(whereSeparator: \.isNewline).last, folder.hasPrefix(cacheRoot) else {
      throw .command("building the guest's image", status: "no folder in the output", output: output)
    }
    return String(folder)
  }

  /// Arguments: the cache's folder, the append service; the init script comes on stdin. The last line of the output
  /// is the folder.
  private static let imageScript = """
    set -eu
    cache=$1 append=$2
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/building.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cat > "$work/init"

    package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p' | head -n 1)
    [ -n "$package" ] || { echo "apt has no linux-image-cloud-amd64: run 'apt-get update'" >&2; exit 1; }
    version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p' | head -n 1)
    kernel=$cache/kernel-${package}_$version
    if [ ! -e "$kernel" ]; then
      # apt's own user can't write here: apt warns on stderr, and downloads as root.
      (cd "$work" && apt-get --quiet --quiet -o APT::Sandbox::User=root download "$package") >&2
      mkdir "$work/files" "$work/kernel"
      dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work/files" --wildcards './boot/vmlinuz-*' '*.ko'
      mv "$work"/files/boot/vmlinuz-* "$work/kernel/vmlinuz"
      for module in \(modules.joined(separator: " ")); do
        find "$work/files" -name "$module.ko" -exec mv {} "$work/kernel/" ';'
        [ -e "$work/kernel/$module.ko" ] || { echo "$package has no module $module" >&2; exit 1; }
      done
      mv -T "$work/kernel" "$kernel" || [ -e "$kernel/vmlinuz" ]
    fi

    digest=$({ echo "$package $version"; cat "$work/init" "$append" /bin/busybox; } | sha256sum | cut -c -16)
    guest=$cache/guest-$digest
    if [ ! -e "$guest" ]; then
      root=$work/root
      mkdir -p "$root/bin" "$root/modules" "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/etc/acpi/PWRF"
      cp /bin/busybox "$root/bin/busybox"
      cp "$append" "$root/bin/append"
      cp "$kernel"/*.ko "$root/modules/"
      cp "$work/init" "$root/init"
      printf '#!/bin/sh\\npoweroff -f\\n' > "$root/etc/acpi/PWRF/00000080"
      chmod 755 "$root/init" "$root/bin/append" "$root/etc/acpi/PWRF/00000080"
      mkdir "$work/guest"
      (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -9n) > "$work/guest/initrd"
      cp "$kernel/vmlinuz" "$work/guest/vmlinuz"
      mv -T "$work/guest" "$guest" || [ -e "$guest/initrd" ]
    fi
    echo "$guest"
    """
}
