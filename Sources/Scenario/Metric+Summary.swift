extension Metric {
  /// Its definition in one line, for `murphy metrics` and README's table.
  package var summary: String {
    switch self {
    case .timeToEffect: "from the request to inject to the verified effect; the longest of the run's faults"
    case .downtime: "sum of the probe's outages"
    case .outages: "number of the probe's outages"
    case .longestOutage: "the probe's longest outage"
    case .timeToRecover: "from the effect to the start of the first stable window"
    case .failedRequests: "requests that failed, that could not be sent in time, or whose answer is unknown"
    case .latencyP99: "99th percentile of the probe's latency while faults were active"
    case .lost: "acknowledged writes that are absent after recovery"
    case .torn: "records with a bad checksum after recovery"
    case .timeToFailOver: "from the effect to the first answer from another host or another boot"
    case .timeToDetect:
      "from the effect until the view shows the broken object as unhealthy"
    case .blindness: "how long the view reported no problem while a probe of the run was down"
    case .falseAlarm:
      "how long the view had a complaint while no probe was down, no fault was active and storage was whole"
    case .falseDown:
      "total time in which the view showed a host that was up as not online, or a machine that ran as not running"
    case .falseUp: "total time in which the view showed a virtual machine as running that ran on no host"
    case .wrongHost: "total time in which the view showed a virtual machine on a host on which it did not run"
    case .timeToFullRedundancy: "from the effect until storage is whole again and stays so"
    case .splitBrain: "most entries in split-brain at once"
    case .residue: "differences between the hosts' state before and after"
    }
  }
}

extension Metric.Subject {
  /// The subject of the metric's key.
  package var noun: String {
    switch self {
    case .probe: "a probe"
    case .appendProbe: "an append probe"
    case .vm: "a virtual machine"
    case .managerView: "a manager's view"
    case .verdictView: "a view that gives a verdict"
    case .detectingView: "a manager's view, or one that gives a verdict"
    case .storageView: "a storage view"
    case .run: "the run (no subject)"
    }
  }
}

extension Objective.Relation {
  package var summary: String {
    switch self {
    case .max: "at most this value"
    case .min: "at least this value"
    case .exactly: "exactly this value"
    }
  }
}
