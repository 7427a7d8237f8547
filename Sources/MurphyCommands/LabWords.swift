import Lab

extension LabProgress: CustomStringConvertible {
  /// A line for each part: `  4.2 s  up        gluster on falco`.
  public var description: String {
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
  public var description: String {
    var lines = ["lab \(lab): \(phase.rawValue)" + (pid.map { ", pid \($0)" } ?? "")]
    for host in hosts {
      lines.append("  \(host.name): " + (host.pid.map { "pid \($0)" } ?? "no power"))
      for part in host.parts { lines.append("    " + part.line) }
    }
    if let web { lines.append("  " + web.line) }
    return lines.joined(separator: "\n")
  }
}

extension LabStatus.Part {
  fileprivate var line: String {
    let name = part.rawValue + String(repeating: " ", count: max(1, 10 - part.rawValue.count))
    return name + (answer ?? "no answer: \(reason ?? "no reason known")\(running ? "" : " (not running)")")
  }
}
