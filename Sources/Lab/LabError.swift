/// Why an operation on a lab failed.
package enum LabError: Error, Equatable {
  /// A lab's name that is not 1 to 32 lower-case letters, digits and inner hyphens.
  case invalidName(String)
  /// A folder that is not absolute, or holds characters other than letters, digits and `._-+`.
  case invalidPath(String)
  /// A host that the lab doesn't have.
  case unknownHost(String, known: [String])
  case unknownSpec(String, known: [String])
  /// The lab is up with another spec.
  case otherSpec(lab: String, spec: String)
  /// What this machine lacks, one line each with what to do; nothing was changed.
  case preflight([String])
  /// Another process is bringing this lab up or down.
  case busy(lab: String)
  /// The lab's process tree does not exist.
  case notRunning(lab: String)
  /// The host has no power: see ``Lab/boot(host:progress:)``.
  case hostOff(String)
  /// The host has power already.
  case hostOn(String)
  /// Parts that did not come up in time, each with its reason; the lab is left as it is, to be looked at.
  case partsFailed([String])
  /// A file of the lab could not be read or written.
  case file(path: String, reason: String)
  /// A command of the lab failed; `output` is from its stderr and stdout.
  case command(String, status: String, output: String)
}

extension LabError: CustomStringConvertible {
  /// What went wrong, where, and what to do; one line, or one for each thing.
  package var description: String {
    switch self {
    case .invalidName(let name):
      "lab name '\(name)': use 1 to 32 lower-case letters, digits and inner hyphens"
    case .invalidPath(let path):
      "folder '\(path)': give an absolute path of letters, digits and ._-+ alone"
    case .unknownHost(let name, let known):
      "host '\(name)': the lab has \(known.joined(separator: ", "))"
    case .unknownSpec(let name, let known):
      "spec '\(name)': there is \(known.joined(separator: ", ")); see 'murphy lab specs'"
    case .otherSpec(let lab, let spec):
      "lab \(lab): is up with spec \(spec); take it down first, or give the new lab another name with --name"
    case .preflight(let lines):
      lines.joined(separator: "\n")
    case .busy(let lab):
      "lab \(lab): another process is bringing it up or down; wait for it, or end it"
    case .notRunning(let lab):
      "lab \(lab): not running; bring it up with 'murphy lab up'"
    case .hostOff(let host):
      "host \(host): has no power; boot it first"
    case .hostOn(let host):
      "host \(host): is running already"
    case .partsFailed(let parts):
      parts.joined(separator: "\n")
    case .file(let path, let reason):
      "\(path): \(reason)"
    case .command(let command, let status, let output):
      "\(command): \(status)\(output.isEmpty ? "" : ": \(output)")"
    }
  }
}
