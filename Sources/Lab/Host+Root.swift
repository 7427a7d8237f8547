extension LabHost {
  /// Folders of this host that are on the state folder's file system: see ``LabComponent/folders``.
  func ownFolders(_ spec: LabSpec) -> [String] {
    ["etc/lab", "etc/murphy", "var/log", "var/lib/murphy"] + spec.components(on: self).flatMap(\.folders)
  }

  /// Sets up the host: a copy-on-write view of the machine's root file system with its own devices, /proc, /run and
  /// ``ownFolders(_:)``. Then waits for its links, and starts the boot script.
  func rootScript(in lab: Lab) -> String {
    let links = lab.spec.networks.compactMap(\.link)
    let mounts =
      [("usr/local/bin/murphy-agent", lab.agentCopy)]
      + lab.spec.components(on: self).flatMap { $0.mounts(in: lab).sorted { $0.key < $1.key } }.map {
        ($0, $1)
      }
    let disks = lab.spec.components(on: self).flatMap {
      $0.disks(on: self, in: lab).sorted { $0.key < $1.key }
    }
    return """
      set -eu
      home=\(lab.folder(of: self))
      hostname \(name)
      # After a power cut, the root may stay busy for a moment.
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
      for folder in \(LabHost.top(of: ownFolders(lab.spec)).joined(separator: " ")); do
        mkdir -p "$folder"
        mount --bind "$home/own/$folder" "$folder"
      done
      # The loop device detaches itself when the last mount of it ends, so it ends with the host in any case.
      disk() {
        mkdir -p "$1"
        tries=50
        until mount -o loop "$2" "$1"; do
          tries=$((tries - 1))
          [ $tries -gt 0 ] || exit 1
          # After a power cut, the kernel may still be unmounting it.
          sleep 0.1
        done
      }
      \(disks.map { "disk \($0.key) \($0.value)" }.joined(separator: "\n"))
      mkdir -p mnt
      show() {
        mkdir -p "${1%/*}"
        if [ -d "$2" ]; then mkdir -p "$1"; else [ -e "$1" ] || : > "$1"; fi
        mount --bind -o ro "$2" "$1"
      }
      \(mounts.map { "show \($0) \($1)" }.joined(separator: "\n"))
      if [ ! -e "$home/installed" ]; then
        cp -R "$home/seed/." .
        : > "$home/installed"
      fi
      \(Platform.identify)
      echo "$identity" > "$home/init.new"
      mv "$home/init.new" "$home/init"
      # power.sh connects the veth pairs next. Without them the host ends.
      tries=500
      until \(links.map { "[ -e sys/class/net/\($0) ]" }.joined(separator: " && ")); do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "no cables after 10 s"; exit 1; }
        sleep 0.02
      done
      mount -t proc proc proc
      # All hosts share the machine's kernel; each boot of a host has its own boot id.
      cat proc/sys/kernel/random/uuid > run/boot_id
      mount --bind run/boot_id proc/sys/kernel/random/boot_id
      # SysRq acts on the whole machine, not on a namespace.
      if [ -e proc/sysrq-trigger ]; then
        mount --bind proc/sysrq-trigger proc/sysrq-trigger
        mount -o remount,bind,ro proc/sysrq-trigger
      fi
      pivot_root . mnt
      cd /
      exec chroot . sh /etc/lab/boot.sh < /dev/null > /var/log/boot.log 2>&1
      """
  }

  /// `folders` without those inside another one.
  static func top(of folders: [String]) -> [String] {
    folders.filter { folder in !folders.contains { folder.hasPrefix($0 + "/") } }
  }
}
