import FoundationEssentials
import Glibc

extension Lab {
  /// The folder of a host: `own`, `seed`, the overlay's `upper`, `work` and `root`, and `log`.
  func folder(of host: LabHost) -> String { "\(state)/hosts/\(host.name)" }

  /// A file of the host's ``LabHost/ownFolders``, from outside the host.
  func own(_ path: String, of host: LabHost) -> String { "\(folder(of: host))/own\(path)" }

  var platformLog: String { "\(state)/platform.log" }

  /// Lays out everything that a lab reads before it starts.
  func writeFolders() async throws(LabError) {
    for host in LabHost.allCases {
      let home = folder(of: host)
      for folder in ["upper", "work", "root"] { try makeFolder("\(home)/\(folder)") }
      for folder in LabHost.ownFolders { try makeFolder("\(home)/own/\(folder)") }
      var files = ["etc/hosts": LabHost.hostsFile, "etc/hostname": host.name + "\n"]
      files["etc/lab/boot.sh"] = host.bootScript(lab: name)
      for service in host.services(lab: name) { files.merge(service.files) { _, new in new } }
      for (path, text) in files {
        let isOwn = LabHost.topFolders.contains { path.hasPrefix($0 + "/") }
        try write(text, to: "\(home)/\(isOwn ? "own" : "seed")/\(path)")
      }
    }
    try write(LabHost.rootScript, to: "\(state)/host.sh")
    try write(Platform.script, to: "\(state)/platform.sh")
    // A copy: a lab in use doesn't change when the binary is built anew.
    try makeFolder("\(state)/bin")
    try await Command.output(
      ["install", "-m", "755", "--", agent, "\(state)/bin/murphy-agent"], doing: "copying the agent")
    try await writeKeys()
  }

  private func writeKeys() async throws(LabError) {
    try makeFolder("\(state)/ssh")
    let key = "\(state)/ssh/id_ed25519"
    try await generateKey(key, comment: "lab-\(name)")
    let authorized = try read("\(key).pub")
    var known = ""
    for host in LabHost.allCases {
      let hostKey = own("/etc/ssh/ssh_host_ed25519_key", of: host)
      try await generateKey(hostKey, comment: host.name)
      try write(authorized, to: own("/etc/ssh/authorized_keys", of: host))
      known += "\(host.name) \(try read("\(hostKey).pub"))"
    }
    try write(known, to: "\(state)/ssh/known_hosts")
    try write(LabHost.sshConfig(state: state), to: sshConfigFile)
  }

  private func generateKey(_ path: String, comment: String) async throws(LabError) {
    try await Command.output(
      ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], doing: "making an ssh key")
  }

  func makeFolder(_ path: String) throws(LabError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
  }

  private func write(_ text: String, to path: String) throws(LabError) {
    if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash])) }
    do {
      try text.write(toFile: path, atomically: false, encoding: .utf8)
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
  }

  private func read(_ path: String) throws(LabError) -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
  }

  func writeFleet(_ record: LabRecord) throws(LabError) {
    try write(FleetFile.text(lab: name, state: state, record: record), to: fleetFile)
  }
}
