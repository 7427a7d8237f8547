#!/bin/bash
# Writes the kernel and the initramfs of the guest test-bed to a folder.
#
#   build.sh CACHE AGENT FOLDER     AGENT: murphy-agent, or qemu-ga for a guest with murphy.guest-agent
#
# CACHE keeps the kernel's package by its version, and the initramfs without the agent by a digest of its contents.
# Nothing is installed on the machine. Exit code 4: the kernel's package can't be downloaded, with the reason on stderr.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" "$3"
cache=$(realpath "$1") agent=$2 folder=$(realpath "$3")
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
tools=(ip bridge tc ss nft flock tini-static bash busybox)
work=$(mktemp -d "$cache/building.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The kernel: the newest version that apt has, or without apt the newest in the cache.
candidate() { apt-cache depends linux-image-cloud-amd64 2> /dev/null | sed -n 's/^ *Depends: //p' | head -n 1 || true; }
package=$(candidate)
if [ -z "$package" ] && [ "$(id -u)" = 0 ]; then
  apt-get update -qq >&2 || true
  package=$(candidate)
fi
kernel=
if [ -n "$package" ]; then
  version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p' | head -n 1)
  kernel=$cache/kernel-${package}_$version
  if [ ! -e "$kernel" ]; then
    # As root, apt's own user can't write to this folder: the download is root's.
    if (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$package") >&2; then
      mkdir "$work/kernel"
      dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work/kernel" ./boot ./lib
      mv -T "$work/kernel" "$kernel" 2> /dev/null || [ -e "$kernel" ]
    else
      kernel=
    fi
  fi
fi
if [ -z "$kernel" ]; then
  kernel=$(find "$cache" -maxdepth 1 -name 'kernel-*' | sort -V | tail -n 1)
  [ -n "$kernel" ] || { echo "linux-image-cloud-amd64 can't be downloaded: run 'apt-get update' as root" >&2; exit 4; }
fi
release=$(ls "$kernel/lib/modules")

# Copies programs to usr/bin of a root, with the libraries that the linker names for them.
install_programs() {
  local root=$1 program library
  shift
  mkdir -p "$root/usr/bin"
  for program in "$@"; do
    cp -L "$program" "$root/usr/bin/"
    { ldd "$program" 2> /dev/null | grep -o "/[^ ]*" || true; } | while read -r library; do
      [ -e "$root$library" ] || { mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library"; }
    done
  done
}

pack() { (cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0); }

paths=()
for tool in "${tools[@]}"; do paths+=("$(type -P "$tool")") || { echo "no $tool here" >&2; exit 1; }; done
digest=$({ echo "$kernel"; cat "$here"/* "${paths[@]}"; } | sha256sum | cut -c -16)
base=$cache/base-$digest.cpio.zst
if [ ! -e "$base" ]; then
  root=$work/base
  mkdir -p "$root"/{usr/bin,usr/sbin,proc,sys,dev,run,tmp,root,mnt,hosts,etc/murphy,var/lib/murphy,lib/modules}
  for name in bin sbin; do ln -s "usr/$name" "$root/$name"; done
  install_programs "$root" "${paths[@]}"
  # The shell of busybox prefers its own ip and tc: scripts call these two by path.
  for name in ip tc bridge nft; do mv "$root/usr/bin/$name" "$root/usr/sbin/"; done
  for applet in $(busybox --list); do
    [ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
  done
  install -m 755 "$here/modprobe" "$root/usr/sbin/"
  # The names that ip shows for tables, protocols and scopes.
  cp -rL /etc/iproute2 "$root/etc/"
  install -m 755 "$here/init" "$root/init"
  install -m 755 "$here/serve" "$here/host" "$root/usr/bin/"
  cp "$here/case.sh" "$root/etc/"
  # Stacks of links, their filters and their queues; virtio for the guest itself. No drivers of network cards.
  (cd "$kernel" && find "lib/modules/$release" -path '*/kernel/net/*.ko' -o -path '*/kernel/drivers/virtio/*.ko' \
    -o -path '*/kernel/crypto/*.ko' -o -path '*/kernel/arch/*.ko' -o -path '*/kernel/lib/*.ko' \
    -o -name virtio_console.ko -o -path '*/kernel/drivers/net/*.ko' ! -path '*/ethernet/*' ! -path '*/hyperv/*' ! -path '*/wwan/*' \
    -o -name 'modules.builtin*' -o -name 'modules.order') | (cd "$kernel" && cpio --quiet -pdm "$root")
  depmod -b "$root" "$release"
  pack "$root" | zstd -q -1 -T0 > "$work/base.cpio.zst"
  find "$cache" -maxdepth 1 -name 'base-*' -mmin +60 -delete
  mv "$work/base.cpio.zst" "$base"
fi

# The agent with its own libraries, in front of the rest: the kernel reads one archive after the other.
mkdir "$work/agent"
install_programs "$work/agent" "$agent"
pack "$work/agent" > "$work/agent.cpio"
cat "$work/agent.cpio" "$base" > "$folder/initrd"
cp "$kernel"/boot/vmlinuz-* "$folder/vmlinuz"
