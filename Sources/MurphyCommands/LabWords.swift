import Lab

extension LabProgress: CustomStringConvertible {
  /// A line for each part: `  4.2 s  up        gluster on falco`.
  package var description: String {
    let tenths = Int(seconds * 10)
    let time = "\(tenths / 10).\(tenths % 10) s"
    let word =
      switch state {
      case .starting: "starting"
      case .up: "up"
      case .failed: "failed"
      }
    let place = host.map { " on \($0)" } ?? ""
    let line =
      String(repeating: " ", count: max(0, 7 - time.count)) + time + "  "
      + word + String(repeating: " ", count: 10 - word.count) + part.rawValue + place
    if case .failed(let reason) = state { return "\(line): \(reason)" }
    return line
  }
}

extension LabStatus: CustomStringConvertible {
  /// A line for each part of each host.
  package var description: String {
    var lines = ["lab \(lab): \(phase.rawValue)" + (pid.map { ", pid \($0)" } ?? "")]
    for host in hosts {
      lines.append("  \(host.name): " + (host.pid.map { "pid \($0)" } ?? "no power"))
      for part in host.parts { lines.append("    " + part.line) }
    }
    lines += parts.map { "  \($0.line)" }
    return lines.joined(separator: "\n")
  }
}

extension LabStatus.Part {
  fileprivate var line: String {
    let name = part.rawValue + String(repeating: " ", count: max(1, 10 - part.rawValue.count))
    return name + (answer ?? "no answer: \(reason ?? "reason unknown")\(running ? "" : " (not running)")")
  }
}

extension LabSpec: CustomStringConvertible {
  /// Its name and its summary, then a line each for its hosts, its networks and its components.
  package var description: String {
    let networks = networks.map { network in
      let rate = network.rate.map { " \($0 / 1_000_000) Mbit/s" } ?? ""
      let delay = network.delay.map { " \(Int($0 / .milliseconds(1))) ms one way" } ?? ""
      return "\(network.name) \(network.cidr) (\(network.role.rawValue)\(rate)\(delay))"
    }
    return """
      \(name): \(summary)
        hosts       \(hosts.map(\.name).joined(separator: ", "))
        networks    \(networks.joined(separator: ", "))
        components  \(placements.map(\.component.name).joined(separator: ", "))
      """
  }
}
