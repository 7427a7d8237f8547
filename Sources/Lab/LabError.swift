/// Why an operation on a lab failed.
package enum LabError: Error, Equatable {
  /// A lab's name that is not 1 to 32 lower-case letters, digits and inner hyphens.
  case invalidName(String)
  /// A folder that is not absolute, or contains characters other than letters, digits and `._-+`.
  case invalidPath(String)
  case unknownHost(String, known: [String])
  case unknownSpec(String, known: [String])
  /// The lab is running with another spec, or with other options of the spec of this name.
  case otherSpec(lab: String, spec: String)
  /// The missing requirements of this machine, one line each with how to meet it. Nothing was changed.
  case preflight([String])
  /// Another process is starting or stopping this lab.
  case busy(lab: String)
  case notRunning(lab: String)
  /// The host is off: see ``Lab/boot(host:progress:)``.
  case hostOff(String)
  /// The host is already on.
  case hostOn(String)
  /// Parts that did not answer in time, each with its reason. The lab is kept for inspection.
  case partsFailed([String])
  /// A file of the lab could not be read or written.
  case file(path: String, reason: String)
  /// A command of the lab failed; `output` is from its stderr and stdout.
  case command(String, status: String, output: String)
}

extension LabError: CustomStringConvertible {
  /// The object, the reason and the next step; one line, or one per item.
  package var description: String {
    switch self {
    case .invalidName(let name):
      "lab name '\(name)': use 1 to 32 lower-case letters, digits and inner hyphens"
    case .invalidPath(let path):
      "folder '\(path)': give an absolute path of letters, digits and ._-+"
    case .unknownHost(let name, let known):
      "host '\(name)': the lab has \(known.joined(separator: ", "))"
    case .unknownSpec(let name, let known):
      "spec '\(name)': there is \(known.joined(separator: ", ")); see 'murphy lab specs'; the name of a file ends with .yaml or has a /"
    case .otherSpec(let lab, let spec):
      "lab \(lab): is running with other options, of spec \(spec); take it down first, or give the new lab another name "
        + "with --name"
    case .preflight(let lines):
      lines.joined(separator: "\n")
    case .busy(let lab):
      "lab \(lab): another process is starting or stopping it; wait for that process, or end it"
    case .notRunning(let lab):
      "lab \(lab): not running; start it with 'murphy lab up'"
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
