import Linux
import FoundationEssentials
import Glibc

extension Lab {
  /// Finds all missing requirements of this machine for a lab. Changes nothing.
  ///
  /// - Throws: ``LabError/preflight(_:)`` with a line for each requirement, and how to meet it.
  package func preflight() async throws(LabError) {
    guard geteuid() == 0 else {
      throw .preflight(["not root: run this as root, since it makes namespaces and mounts"])
    }
    var missing = spec.missingPrograms(isExecutable: FileManager.default.isExecutableFile(atPath:))
    if !FileManager.default.isExecutableFile(atPath: agent) {
      missing.append("no agent at '\(agent)': build the product murphy-agent")
    }
    for component in spec.components { missing += component.missing(for: self) }
    missing += lackingSpace()
    if missing.isEmpty { missing += try await lackingKernelFeatures() }
    guard missing.isEmpty else { throw .preflight(missing) }
  }

  private func lackingSpace() -> [String] {
    var lines: [String] = []
    var folder = stateRoot
    while !FileManager.default.fileExists(atPath: folder), let slash = folder.lastIndex(of: "/"),
      slash > folder.startIndex
    {
      folder = String(folder[..<slash])
    }
    var disk = statvfs()
    if statvfs(folder, &disk) == 0 {
      let free = UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
      if free < 3 << 30 {
        lines.append("\(free >> 20) MiB free on \(folder): free 3 GiB, or keep labs on another disk")
      }
    }
    if let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
      let available = Lab.availableMemory(meminfo: text), available < Lab.neededMemory
    {
      lines.append(
        "\(available >> 20) MiB of memory available: a lab needs \(Lab.neededMemory >> 20) MiB; stop other programs first"
      )
    }
    return lines
  }

  /// In bytes: the measured use of a lab, plus room for the page cache.
  static let neededMemory: UInt64 = 1 << 30

  /// MemAvailable of /proc/meminfo, proc(5), in bytes.
  static func availableMemory(meminfo: String) -> UInt64? {
    for line in meminfo.split(whereSeparator: \.isNewline) where line.hasPrefix("MemAvailable:") {
      return line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }.map { $0 << 10 }
    }
    return nil
  }

  /// Tries each feature in temporary namespaces.
  private func lackingKernelFeatures() async throws(LabError) -> [String] {
    let trial = try await Command.run(Platform.unshare + ["sh", "-c", trialScript])
    let lines = trial.outputText.split(whereSeparator: \.isNewline).map(String.init)
    if lines.isEmpty && !trial.end.isSuccess {
      return ["no namespaces: \(trial.message); run this as root on a machine, or in a privileged container"]
    }
    // Two networks can lack the same feature.
    return lines.enumerated().filter { lines.firstIndex(of: $0.element) == $0.offset }.map(\.element)
  }

  private var trialScript: String {
    let trials = spec.components.map(\.trial) + spec.networkTrials
    return """
      lacks() { "$@" > /dev/null 2>&1 && return 1 || return 0; }
      if lacks mount -t tmpfs tmpfs /mnt; then
        echo "can't mount: run this with CAP_SYS_ADMIN, in a container with --privileged"
        exit 1
      fi
      mkdir /mnt/upper /mnt/work /mnt/root
      if lacks mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root; then
        echo "can't mount an overlay on /: load the module overlay, and use a machine whose root isn't itself an overlay"
      fi
      if lacks ip link add lab0 type bridge; then echo "no bridges: load the kernel module bridge"; fi
      if lacks ip link add lab1 type veth peer name lab2; then echo "no veth pairs: load the kernel module veth"; fi
      \(trials.joined(separator: "\n"))
      exit 0
      """
  }
}

extension LabSpec {
  /// The lines of shell that try what its networks need. Each is there once: a second attempt would find what the first has
  /// made.
  var networkTrials: [String] {
    let lines = networks.flatMap { $0.trial.split(separator: "\n").map(String.init) }
    return lines.enumerated().filter { lines.firstIndex(of: $0.element) == $0.offset }.map(\.element)
  }

  /// The programs that every lab runs, by their Debian package.
  private static let programs: KeyValuePairs = [
    "tini": ["tini"], "util-linux": ["unshare", "nsenter", "setsid", "flock", "mount", "pivot_root"],
    "iproute2": ["ip"], "busybox-static": ["busybox"],
  ]

  /// A line for each package of which a program is missing.
  package func missingPrograms(isExecutable: (String) -> Bool) -> [String] {
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    return ([Self.programs] + components.map(\.programs)).flatMap { programs in
      programs.compactMap { package, names in
        let missing = names.filter { name in !folders.contains { isExecutable("\($0)/\(name)") } }
        return missing.isEmpty ? nil : "no \(missing.joined(separator: ", ")): apt-get install \(package)"
      }
    }
  }
}
