/// One part that runs and can be asked.
package struct LabService: Sendable {
  let part: LabPart
  var place = Place.inHost
  /// The name of its process.
  let daemon: String
  /// Its log, from the root of the host that it runs in; on the machine if it runs beside the host.
  let log: String
  /// The parts of the same host that must answer before it is started, at every boot.
  var after: [LabPart] = []
  /// Shell that returns at once, run at every boot; beside a host once, before the host's first boot.
  var start = ""
  /// Shell, run when the host is shut down, not when its power is cut; returns once the part has ended.
  var stop = ""
  let ask: Ask
  /// Shell, run on the hosts in turn if it does not answer; the first that succeeds prints why.
  var explain: String?
  /// Seconds after which a part that hasn't answered has failed.
  let patience: Double

  enum Place: Sendable {
    /// In the host's namespaces, as part of its process tree.
    case inHost
    /// In the lab's outer namespaces: it doesn't depend on the host's power. It writes its process id and that process's
    /// start time, as ``ProcessIdentity`` has them, into `PART/init` in the host's folder.
    case besideHost
  }

  /// How it is asked whether it is ready: prints an answer and exits with 0, or prints a reason and exits otherwise.
  enum Ask: Sendable {
    /// Shell, run in the host; `$1` is the host's name.
    case inHost(String)
    /// A command of the machine's, run where the controller is.
    case fromController([String])
  }
}

/// What a component does once in the life of a lab.
package struct LabSetup: Sendable {
  /// The part that has failed if it fails.
  let part: LabPart
  let host: LabHost
  /// Shell, run in the host.
  let script: String
  /// Seconds.
  let patience: Int
}
