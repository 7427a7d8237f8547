import ArgumentParser
import Faults
import Files
import Glibc
import Lab
import Linux
import Scenario

/// The fleet of a command: the given one, or that of the only running lab.
struct FleetOption: ParsableArguments {
  @Option(name: .long, help: "The fleet file. Default: that of the only running lab.")
  var fleet: String?

  func validate() throws { try refuseEmpty(["--fleet": fleet]) }

  /// Reads the fleet; prints warnings on stderr.
  func read() throws -> Fleet {
    do throws(FileRefused) {
      return try Self.read(path: try path())
    } catch {
      throw Stop(.badInput, error.description)
    }
  }

  /// Reads a fleet file; prints warnings on stderr.
  static func read(path: String) throws(FileRefused) -> Fleet {
    let parsed = try FleetFile.read(path: path)
    for warning in parsed.diagnostics { printToStandardError(warning.description) }
    return parsed.value
  }

  private func path() throws(FileRefused) -> String {
    switch Self.source(given: fleet) {
    case .file(let path): return path
    case .none(let reason):
      throw FileRefused(diagnostics: [Diagnostic(file: "--fleet", line: 0, column: 0, message: reason)])
    }
  }

  enum Source {
    case file(String)
    /// There is no fleet, for this reason, which includes the next step.
    case none(String)
  }

  /// The given file, or that of the only running lab.
  static func source(given path: String?) -> Source {
    if let path { return .file(path) }
    let labs = Lab.running()
    if labs.count == 1 { return .file(labs[0].fleetFile) }
    return .none(
      labs.isEmpty
        ? "no fleet is given and no lab is running: give --fleet \(access("fleet.yaml", R_OK) == 0 ? "fleet.yaml" : "FILE"), "
          + "or start a lab with murphy lab up"
        : "no fleet is given and several labs are running: give --fleet "
          + labs.map(\.fleetFile).joined(separator: " or --fleet "))
  }
}

/// Reads a scenario against a fleet; prints warnings on stderr.
///
/// - Parameter replaced: a parameter with another value than the file's.
func readScenario(
  _ path: String, for fleet: Fleet, with replaced: (key: String, value: String)? = nil
) throws -> Scenario {
  do throws(FileRefused) {
    let parsed = try ScenarioFile.read(
      path: path, fleet: fleet, catalogue: Catalogue.builtIn, replacing: replaced)
    for warning in parsed.diagnostics { printToStandardError(warning.description) }
    return parsed.value
  } catch {
    throw Stop(.badInput, error.description)
  }
}

/// A default seed: short enough to be typed.
func drawSeed() -> UInt64 { UInt64.random(in: 1...999_999) }

/// Moves this process into the controller's network namespace according to the fleet, by restarting it. Returns once
/// it is there.
func enterControllerNamespace(of fleet: Fleet) throws {
  guard let namespace = fleet.netns, getenv(namespaceMarker) == nil else { return }
  guard getuid() == 0 else {
    throw Stop(.refused, "the fleet's netns \(namespace.path) can only be entered by root: run as root")
  }
  do throws(SystemError) {
    try restart(inNetworkNamespace: namespace.path, inode: namespace.inode, marker: namespaceMarker)
  } catch {
    throw Stop(
      .refused,
      "the fleet's netns can't be entered: \(error)"
        + (error.errno == ENOENT || error.errno == ESTALE ? "; is the lab still up? (murphy lab status)" : "")
    )
  }
}

private let namespaceMarker = "MURPHY_NETNS"
