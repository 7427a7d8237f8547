import ArgumentParser
import Faults
import Files
import Glibc
import Linux
import Scenario

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks fleet, scenario, schedule and lab files and reports all mistakes; changes nothing.",
    discussion: """
      A scenario's form, timeline, faults, parameters, conditions and objectives are always checked. The names that it \
      takes from a fleet are checked against --fleet, the fleet among the files, or that of the only running lab. \
      The output reports whether they were checked.
      """)

  @Option(help: "The fleet file to check names against.") var fleet: String?
  @Argument(
    help: "Fleet, scenario, schedule or lab files, in any order. A schedule is checked with its calendars.")
  var files: [String]

  func validate() throws {
    try refuseEmpty(["--fleet": fleet])
    try refuseEmpty("<files>", in: files)
  }

  func run() throws {
    var found = Found()
    for path in files { found.sort(path) }
    let names = found.names(given: fleet)
    for path in found.scenarios {
      found.add {
        () throws(FileRefused) in
        try ScenarioFile.read(path: path, fleet: names.fleet, catalogue: Catalogue.builtIn)
          .diagnostics
      }
    }
    for line in found.complaints { printToStandardError(line) }
    if found.hasErrors {
      for path in found.scenarios { printToStandardError("\(path): note: checked \(names.words)") }
      throw Stop(.badInput)
    }
    for path in files {
      print("\(path): ok" + (found.scenarios.contains(path) ? " \(names.words)" : ""))
    }
  }
}

/// What the names of a scenario were checked against.
private enum Names {
  case fleet(Fleet, path: String)
  /// The names were not checked, for this reason, which includes the next step.
  case unchecked(String)

  var fleet: Fleet? { if case .fleet(let fleet, _) = self { fleet } else { nil } }

  /// The text after 'ok' or 'checked'.
  var words: String {
    switch self {
    case .fleet(let fleet, let path): "with fleet \(fleet.name) (\(path))"
    case .unchecked(let reason):
      "without a fleet; names of hosts, VMs, networks, probes and views were not checked: \(reason)"
    }
  }
}

/// The files by kind, and their errors.
private struct Found {
  private(set) var scenarios: [String] = []
  private(set) var complaints: [String] = []
  private(set) var hasErrors = false
  private var fleets: [(path: String, fleet: Fleet)] = []
  /// A file that is or seems to be the fleet, and has errors.
  private var brokenFleet: String?

  /// Reads a fleet, and keeps a scenario for later, when the fleet is known.
  mutating func sort(_ path: String) {
    do throws(FileRefused) {
      switch try FileKind.detect(path: path) {
      case .fleet: try take(path)
      case .scenario: scenarios.append(path)
      case .lab: complaints += try LabFile.read(path: path).diagnostics.map(\.description)
      case .schedule:
        add { () throws(FileRefused) in try ScheduleFile.read(path: path).diagnostics }
      case nil:
        throw FileRefused(diagnostics: [
          Diagnostic(
            file: path, line: 1, column: 1,
            message:
              "neither a fleet (key 'fleet') nor a scenario (key 'scenario'), a schedule (key 'schedule') or a lab's spec (key 'lab'): murphy init "
              + "writes a fleet, murphy new a scenario")
        ])
      }
    } catch {
      refuse(error)
      brokenFleet = path
    }
  }

  /// The fleet for the scenarios: the given one, otherwise the one among the files, otherwise the lab's.
  mutating func names(given: String?) -> Names {
    let path: String
    if let given {
      if let known = fleets.first(where: { $0.path == given }) { return .fleet(known.fleet, path: given) }
      path = given
    } else if let brokenFleet {
      return .unchecked("\(brokenFleet) has errors")
    } else if let only = fleets.first {
      if fleets.count > 1 {
        return .unchecked("several fleets are among the files: choose one with --fleet FILE")
      }
      return .fleet(only.fleet, path: only.path)
    } else {
      switch FleetOption.source(given: nil) {
      case .file(let file): path = file
      case .none:
        return .unchecked("give --fleet \(access("fleet.yaml", R_OK) == 0 ? "fleet.yaml" : "FILE")")
      }
    }
    do throws(FileRefused) {
      return .fleet(try FleetFile.read(path: path).value, path: path)
    } catch {
      // The user didn't ask for a lab's file, which may appear or disappear at any time.
      if given != nil { refuse(error) }
      return .unchecked("\(path) has errors")
    }
  }

  mutating func add(_ body: () throws(FileRefused) -> [Diagnostic]) {
    do throws(FileRefused) { complaints += try body().map(\.description) } catch { refuse(error) }
  }

  private mutating func take(_ path: String) throws(FileRefused) {
    let parsed = try FleetFile.read(path: path)
    complaints += parsed.diagnostics.map(\.description)
    fleets.append((path, parsed.value))
  }

  private mutating func refuse(_ error: FileRefused) {
    complaints.append(error.description)
    hasErrors = true
  }
}
