import FoundationEssentials
import Glibc

extension Lab {
  /// The folder of a host: `own`, `seed`, the overlay's `upper`, `work` and `root`, and `log`.
  func folder(of host: LabHost) -> String { "\(state)/hosts/\(host.name)" }

  /// A file in one of the host's ``LabHost/ownFolders(_:)``, from outside the host.
  func own(_ path: String, of host: LabHost) -> String { "\(folder(of: host))/own\(path)" }

  func log(of service: LabService, on host: LabHost) -> String {
    service.place == .inHost ? own(service.log, of: host) : service.log
  }

  /// A file with the lab's PID 1: its pid as the machine numbers it, and its start time. Each host's folder has one
  /// too.
  var platformInit: String { "\(state)/init" }

  var powerScript: String { "\(state)/power.sh" }

  var platformLog: String { "\(state)/platform.log" }

  /// A copy of the agent for the hosts: a rebuild of the agent must not change a running lab.
  var agentCopy: String { "\(state)/bin/murphy-agent" }

  /// Writes all files that a lab reads at its start.
  func writeFolders() async throws(LabError) {
    for host in spec.hosts {
      let home = folder(of: host)
      let own = host.ownFolders(spec)
      for folder in ["upper", "work", "root"] + own.map({ "own/\($0)" }) {
        try makeFolder("\(home)/\(folder)")
      }
      var files = host.files(in: self)
      for component in spec.components(on: host) {
        files.merge(component.files(on: host, in: self)) { _, new in new }
      }
      for (path, text) in files {
        let isOwn = own.contains { path.hasPrefix($0 + "/") }
        try write(text, to: "\(home)/\(isOwn ? "own" : "seed")/\(path)")
      }
      try write(host.rootScript(in: self), to: "\(home)/host.sh")
      try write(host.plugScript(spec), to: "\(home)/plug.sh")
    }
    try write(Platform.script(for: self), to: "\(state)/platform.sh")
    try write(Power.script(for: self), to: powerScript)
    try makeFolder("\(state)/bin")
    try await Command.output(["install", "-m", "755", "--", agent, agentCopy], doing: "copying the agent")
  }

  func makeFolder(_ path: String) throws(LabError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
  }

  func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(LabError) {
    if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash])) }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw .file(path: path, reason: String(cString: strerror(errno))) }
    defer { close(file) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard written > 0 else { throw .file(path: path, reason: String(cString: strerror(errno))) }
      rest = rest.dropFirst(written)
    }
  }

  func read(_ path: String) throws(LabError) -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
  }
}
