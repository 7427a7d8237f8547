import Linux
import FoundationEssentials

extension Lab {
  /// The file with a file system that a host mounts over a loop device.
  func disk(_ name: String, of host: LabHost) -> String { "\(folder(of: host))/disks/\(name)" }

  /// Shell: `thaw FOLDER` thaws the disks of a host's folder that are mounted. `fsfreeze` freezes a file system until it is
  /// thawed: a process that waits for it can't be killed, and it stays in the kernel without a mount point. So it is
  /// mounted again, in a temporary namespace.
  static let thawing = """
    thaw() {
      for image in "$1"/disks/*; do
        [ -e "$image" ] || continue
        for device in $(losetup --noheadings --output NAME --associated "$image"); do
          unshare --mount sh -c 'mount "$0" /mnt && fsfreeze --unfreeze /mnt' "$device" 2> /dev/null || true
        done
      done
    }
    """

  /// Thaws the disks of all hosts. They are found without a spec, since ``down()`` has none.
  func thawDisks() async throws(LabError) {
    let script = Self.thawing + "\n" + #"for home in "$0"/hosts/*; do thaw "$home"; done"#
    try await Command.output(["sh", "-c", script, state], doing: "thawing the disks of lab \(name)")
  }

  /// Waits until the kernel has detached the loop devices of the lab's disks, which it does a moment after the last
  /// process of their hosts has ended. The process tree must have ended.
  ///
  /// - Returns: the devices that were detached here, one line each.
  func detachDisks() async throws(LabError) -> [String] {
    var detached: [String] = []
    let begin = ContinuousClock.now
    while true {
      let devices = try await loopDevices()
      if devices.isEmpty { return detached }
      let waited = ContinuousClock.now - begin
      guard waited < .seconds(20) else {
        throw .command(
          "detaching \(devices.joined(separator: ", "))", status: "still in use after 20 s",
          output: "end the programs that have it mounted: grep loop /proc/*/mountinfo")
      }
      if waited > .seconds(1) {
        try await thawDisks()
        for device in devices {
          // Fails if the kernel has detached it meanwhile.
          let outcome = try await Command.run(["losetup", "--detach", device])
          let line = "loop device \(device)"
          if outcome.end.isSuccess, !detached.contains(line) { detached.append(line) }
        }
      }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  /// The loop devices of the lab's disks.
  func loopDevices() async throws(LabError) -> [String] {
    let script = """
      for image in "$0"/hosts/*/disks/*; do
        [ ! -e "$image" ] || losetup --noheadings --output NAME --associated "$image"
      done
      """
    return try await Command.output(
      ["sh", "-c", script, state], doing: "listing the loop devices of lab \(name)"
    ).split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
