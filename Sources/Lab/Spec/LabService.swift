/// A part that runs and can be queried.
package struct LabService: Sendable {
  let part: LabPart
  var place = Place.inHost
  let daemon: String
  /// Its log: a path from the root of its host; on the machine if it runs beside the host.
  let log: String
  /// The parts of the same host that must answer before it is started, at every boot.
  var after: [LabPart] = []
  /// Shell that returns at once. Runs at every boot; beside a host once, before the host's first boot. Empty for a part
  /// that starts with another one.
  var start = ""
  /// Shell. Runs when the host is shut down, not at a power cut; returns once the part has ended.
  var stop = ""
  let ask: Ask
  /// Shell. Runs on the hosts in turn if the part doesn't answer; the first that succeeds prints the reason.
  var explain: String?
  /// Seconds until a part that hasn't answered has failed.
  let patience: Double

  enum Place: Sendable {
    /// In the host's namespaces, as part of its process tree.
    case inHost
    /// In the lab's outer namespaces: it doesn't depend on the host's power. It writes its pid and start time, as
    /// ``ProcessIdentity`` has them, into `PART/init` in the host's folder.
    case besideHost
  }

  /// The check whether it is ready: prints an answer and exits with 0, or prints a reason and exits with another
  /// code.
  enum Ask: Sendable {
    /// Shell, run in the host; `$1` is the host's name.
    case inHost(String)
    /// A command that the machine runs in the controller's network namespace.
    case fromController([String])
  }
}

/// A component's set-up, which runs once in the life of a lab.
package struct LabSetup: Sendable {
  /// The part to report if it fails.
  let part: LabPart
  let host: LabHost
  /// Shell, run in the host.
  let script: String
  let patience: Int
}
