import Scenario

/// What something that judges the platform reports: firing alerts, or the value of an expression.
package struct Verdict: Codable, Equatable, Sendable {
  /// Why nothing is known; nil where the rest is true.
  package var unknown: String?
  /// One line: `2 firing: HostDown (falco:9100), Latency`.
  package var words: String
  /// What isn't well.
  package var complaints: [Complaint]

  /// A verdict of these parts.
  package init(unknown: String? = nil, words: String = "", complaints: [Complaint] = []) {
    self.unknown = unknown
    self.words = words
    self.complaints = complaints
  }

  /// One thing that isn't well.
  package struct Complaint: Codable, Equatable, Sendable {
    /// What it is: an alert's name.
    package var name: String
    /// Its labels, some of which may name a host or a virtual machine.
    package var labels: [String: String]

    /// A complaint of these parts.
    package init(name: String, labels: [String: String] = [:]) {
      self.name = name
      self.labels = labels
    }

    /// The names by which its labels may mean a host or a virtual machine: each value, and without its port.
    var subjects: Set<String> {
      var subjects = Set(labels.values)
      for value in labels.values {
        guard let colon = value.lastIndex(of: ":"), colon > value.startIndex,
          UInt16(value[value.index(after: colon)...]) != nil
        else { continue }
        let host = value[..<colon]
        subjects.insert(
          String(host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host))
      }
      return subjects
    }
  }

  /// Whether no problem is known.
  package var isWell: Bool { unknown == nil && complaints.isEmpty }

  /// Whether an object has a problem: `anything`, any `host`, or a host or virtual machine of the fleet that a
  /// complaint's labels name. nil where nothing is known.
  package func isDown(_ object: String, in fleet: Fleet) -> Bool? {
    if unknown != nil { return nil }
    if object == "anything" { return !complaints.isEmpty }
    let subjects = complaints.reduce(into: Set<String>()) { $0.formUnion($1.subjects) }
    if object == "host" { return subjects.contains { fleet.host(called: $0) != nil } }
    if let vm = fleet.vm(called: object) {
      return subjects.contains { fleet.vm(called: $0)?.name == vm.name }
    }
    guard let host = fleet.host(called: object) else { return nil }
    return subjects.contains { fleet.host(called: $0)?.name == host.name }
  }
}
