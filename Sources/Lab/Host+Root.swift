extension LabHost {
  /// Folders of a host that are its own from the first moment, kept on the state folder's file system rather
  /// than in the overlay: nothing of the machine shows through, and Gluster gets real extended attributes.
  static let ownFolders = [
    "etc/lab", "etc/ssh", "etc/murphy", "etc/libvirt", "etc/libvirt/vms", "etc/corosync",
    "var/log", "var/lib/murphy", "var/lib/libvirt", "var/cache/libvirt", "var/lib/glusterd",
    "var/lib/corosync", "var/lib/pacemaker", "bricks/vms",
  ]

  /// Becomes the host: a copy-on-write view of the machine's root file system with own devices, /proc, /run
  /// and ``ownFolders``; then waits for its links, and starts the boot script.
  ///
  /// Arguments: host's name, its folder, the guest's folder, the agent.
  static let rootScript = """
    set -eu
    name=$1 home=$2 guest=$3 agent=$4
    hostname "$name"
    # A root that was in use a moment ago, before a power cut, may still be let go of.
    tries=20
    until mount -t overlay overlay -o "lowerdir=/,upperdir=$home/upper,workdir=$home/work" "$home/root"; do
      tries=$((tries - 1))
      [ $tries -gt 0 ] || exit 1
      sleep 0.1
    done
    cd "$home/root"
    mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
    mount -t tmpfs -o mode=755 tmpfs run
    mount -t tmpfs -o mode=1777 tmpfs tmp
    mount -t tmpfs -o mode=755,nosuid tmpfs dev
    mkdir dev/shm dev/pts dev/net
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
    # The numbers of Linux's Documentation/admin-guide/devices.txt. No kvm: the lab emulates.
    while read -r file major minor; do
      mknod -m 666 "dev/$file" c "$major" "$minor"
    done <<'NODES'
    null 1 3
    zero 1 5
    full 1 7
    random 1 8
    urandom 1 9
    tty 5 0
    fuse 10 229
    net/tun 10 200
    NODES
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    ln -s fd/0 dev/stdin
    ln -s fd/1 dev/stdout
    ln -s fd/2 dev/stderr
    for folder in \(topFolders.joined(separator: " ")); do
      mkdir -p "$folder"
      mount --bind "$home/own/$folder" "$folder"
    done
    mkdir -p usr/lib/murphy/guest usr/local/bin srv/vms mnt
    mount --bind -o ro "$guest" usr/lib/murphy/guest
    [ -e usr/local/bin/murphy-agent ] || : > usr/local/bin/murphy-agent
    mount --bind -o ro "$agent" usr/local/bin/murphy-agent
    if [ ! -e "$home/installed" ]; then
      cp -R "$home/seed/." .
      for base in etc/passwd:libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin etc/group:libvirt-qemu:x:64055:
      do
        grep -q '^libvirt-qemu:' "${base%%:*}" || echo "${base#*:}" >> "${base%%:*}"
      done
      # A login shell that reads nothing of root's own: the machine's .bashrc is no part of the lab.
      sed -i '/^root:/s,[^:]*$,/bin/sh,' etc/passwd
      : > "$home/installed"
    fi
    \(Platform.sayWho)
    read -r leave
    [ "$leave" = live ]
    mount -t proc proc proc
    # The kernel under all hosts is one; to those who ask, each boot of a host is one of its own.
    cat proc/sys/kernel/random/uuid > run/boot_id
    mount --bind run/boot_id proc/sys/kernel/random/boot_id
    # The kernel's one big red button has no namespace.
    if [ -e proc/sysrq-trigger ]; then
      mount --bind proc/sysrq-trigger proc/sysrq-trigger
      mount -o remount,bind,ro proc/sysrq-trigger
    fi
    pivot_root . mnt
    cd /
    exec chroot . sh /etc/lab/boot.sh < /dev/null > /var/log/boot.log 2>&1
    """

  /// ``ownFolders`` without those inside another.
  static var topFolders: [String] {
    ownFolders.filter { folder in !ownFolders.contains { folder.hasPrefix($0 + "/") } }
  }
}
