import FoundationEssentials
import Glibc
import Journal
import Linux

/// A `murphy run` in progress on the lab.
final class LabRun: Sendable {
  var controller: ProcessIdentity { process.identity }
  private let process: ChildProcess
  private let parent: String
  let outputPath: String

  /// Starts a scenario whose steps all begin at the same time.
  ///
  /// - Parameter steps: each step's keys and target.
  init(_ steps: [(keys: String, target: String)], lasting: String, on lab: TortureLab, named name: String)
    throws
  {
    parent = "\(lab.runs)/\(name)"
    // The lease may be from an earlier torture on a lab that is still up.
    if access(parent, F_OK) == 0 { try FileManager.default.removeItem(atPath: parent) }
    try DurableFile.makeFolder(parent)
    outputPath = "\(parent)/output"
    let lines = steps.map { "  - {at: 0s, \($0.keys), target: \($0.target), for: \(lasting)}" }
    let text = """
      scenario: torture
      steady: {for: 500ms, probes: [controller]}
      timeline:
      \(lines.joined(separator: "\n"))
      recovery: {stable: 500ms, no-progress: 3s, cap: 10s}
      beyond-quorum: true

      """
    let file = "\(parent)/scenario.yaml"
    try DurableFile.write(Array(text.utf8), to: file)
    let output = try Descriptor(open: outputPath, O_WRONLY | O_CREAT | O_TRUNC)
    process = try ChildProcess(
      [lab.murphy, "run", file, "--fleet", lab.fleet, "--out", parent, "--seed", "1"],
      environment: ToolEnvironment.root, output: .descriptor(output.number), errors: .output)
  }

  /// The run's folder, once it exists.
  var folder: String? {
    ((try? DurableFile.list(parent)) ?? []).first { $0.contains("-torture-") }.map { "\(parent)/\($0)" }
  }

  /// The last part of the folder's name, which is the beginning of its leases' names.
  var tag: String? { folder?.split(separator: "-").last.map(String.init) }

  /// The journal's lines so far.
  func events() -> [String] {
    guard let folder, let bytes = try? DurableFile.read("\(folder)/events.jsonl", limit: 1 << 26) else {
      return []
    }
    return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether a step's host was chosen. The request for the lease follows immediately.
  func hasChosen(_ host: String) -> Bool {
    events().contains { $0.contains("\"step.chosen\"") && $0.contains("\"\(host)\"") }
  }

  /// Whether the controller still exists. If it has ended, it is reaped.
  var isRunning: Bool {
    (try? process.hasEnded()) == false
  }

  /// The controller's ssh processes to a host.
  func connections(to host: String) -> [SeenProcess] {
    SeenProcess.children(of: controller.pid).filter {
      $0.program == "ssh" && $0.arguments.contains("root@\(host)")
    }
  }

  /// Its last output.
  var lastWords: String {
    let bytes = (try? DurableFile.read(outputPath, limit: 1 << 26)) ?? []
    return String(decoding: bytes.suffix(600), as: UTF8.self).split(whereSeparator: \.isNewline).suffix(4)
      .joined(separator: " | ")
  }
}

/// Waits for a condition, checking it every `interval`; false on timeout.
func waitUntil(within milliseconds: Int, every microseconds: UInt32 = 200, _ isSo: () throws -> Bool) rethrows
  -> Bool
{
  let end = Clock.monotonic.now + Int64(milliseconds) * 1_000_000
  while true {
    if try isSo() { return true }
    if Clock.monotonic.now > end { return false }
    usleep(microseconds)
  }
}
