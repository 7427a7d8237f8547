import Evidence
import FoundationEssentials
import Glibc
import Linux

/// A run's folder with a journal and a report, in a temporary folder that is removed afterwards.
struct RunFolderFixture {
  let path: String
  var folder: EvidenceFolder { EvidenceFolder(path: path) }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(name)")), as: UTF8.self)
  }

  /// Makes a key pair; returns the private key's path. `allowed` beside it allows its signatures to jane@example.org.
  func makeKey(_ name: String = "key") throws -> String {
    let key = "\(path)/../\(name)"
    _ = try ChildProcess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]).success()
    let allowed = "jane@example.org " + (try read("../\(name).pub"))
    try write(allowed, to: "../\(name).allowed")
    return key
  }
}

func withRunFolder(_ body: (RunFolderFixture) throws -> Void) throws {
  var template = Array("/tmp/murphy-evidence-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", "/tmp", errno: errno) }
  let parent = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { try? FileManager.default.removeItem(atPath: parent) }
  let fixture = RunFolderFixture(path: "\(parent)/2026-11-27T0630Z-unplug-3f9a")
  try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: false)
  try fixture.write("{\"at\":0}\n", to: "events.jsonl")
  try fixture.write("samples", to: "samples.bin")
  try fixture.write("<html>", to: "report.html")
  try body(fixture)
}
