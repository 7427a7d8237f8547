import FoundationEssentials
import Glibc
import Linux

/// The findings of `murphy doctor --json`.
struct DoctorReport: Decodable {
  private struct Section: Decodable { var findings: [Finding] }

  private struct Finding: Decodable {
    var code: String
    var state: String
    var object: String?
  }

  private var sections: [Section]

  init(json: String) throws {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    } catch {
      throw TortureFailed("murphy doctor --json: \(error): \(json)")
    }
  }

  /// Whether it reports this lease as possibly active.
  func reports(lease: String) -> Bool { reports("lease", lease) }

  /// Whether it reports this domain as orphaned.
  func reports(domain: String) -> Bool { reports("domain", domain) }

  private func reports(_ code: String, _ object: String) -> Bool {
    sections.flatMap(\.findings).contains {
      $0.code == code && $0.state == "active" && $0.object == object
    }
  }
}

extension TorturedLabHost {
  /// The report of `murphy doctor` on a host. A host of the lab has only the agent, so the program is copied for the
  /// call.
  func doctor(_ murphy: String) throws -> DoctorReport {
    let program = "/run/murphy-doctor"
    let place = "/proc/\(pid)/root\(program)"
    try FileManager.default.copyItem(atPath: murphy, toPath: place)
    defer { unlink(place) }
    // It fails if a fault is active, or if the host lacks something.
    let outcome = try ChildProcess.run(
      inside(["timeout", "60", program, "doctor", "--as", "host", "--json"]),
      environment: ToolEnvironment.root)
    return try DoctorReport(json: outcome.outputText)
  }
}
