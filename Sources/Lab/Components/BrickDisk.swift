/// A disk for each host's brick: an XFS file system in a file, which the host mounts over a loop device.
struct BrickDisk: LabComponent {
  let name = "brick-disk"
  let programs: KeyValuePairs = [
    "xfsprogs": ["mkfs.xfs"], "mount": ["losetup"], "util-linux": ["fsfreeze"],
  ]
  let trial = """
    if mount -t xfs none /mnt/root 2>&1 | grep -q 'unknown filesystem'; then echo "no XFS: load the kernel module xfs"; fi
    if lacks losetup --find; then echo "no free loop device: load the kernel module loop, or detach one (losetup)"; fi
    """

  /// mkfs.xfs makes none below 300 MB. The file takes less: the log of 64 MiB, and what Gluster writes.
  private static let size = "512m"

  private func image(of host: LabHost, in lab: Lab) -> String { lab.disk("brick.xfs", of: host) }

  func disks(on host: LabHost, in lab: Lab) -> [String: String] {
    [String(Gluster.brickDisk.dropFirst()): image(of: host, in: lab)]
  }

  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {
    for host in lab.spec.hosts(of: name) {
      let image = image(of: host, in: lab)
      try lab.write("", to: image, mode: 0o600)
      try await Command.output(
        ["mkfs.xfs", "-q", "-d", "file,name=\(image),size=\(Self.size)"],
        doing: "making the file system of \(host.name)'s brick")
    }
  }
}
