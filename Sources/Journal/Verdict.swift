import Scenario

/// The report of a program that judges the platform: firing alerts, or the value of an expression.
package struct Verdict: Codable, Equatable, Sendable {
  /// Why the verdict is unknown; nil if it is known.
  package var unknown: String?
  /// One line: `2 firing: HostDown (falco:9100), Latency`.
  package var words: String
  /// The reported problems.
  package var complaints: [Complaint]
  /// How old the data behind it were at least when the view answered, by the clock of their source. A verdict with
  /// complaints is as old as its newest complaint, one without complaints as its oldest data. Nil if the source doesn't
  /// report it.
  package var age: Nanoseconds?

  package init(
    unknown: String? = nil, words: String = "", complaints: [Complaint] = [], age: Nanoseconds? = nil
  ) {
    self.unknown = unknown
    self.words = words
    self.complaints = complaints
    self.age = age
  }

  /// The age of a verdict from the ages of its data: those of its complaints, or of all data if it has none. Nil if one
  /// of these ages isn't known.
  package static func age(complaints: [Nanoseconds?], all: [Nanoseconds?]) -> Nanoseconds? {
    let ages = complaints.isEmpty ? all : complaints
    if ages.contains(nil) { return nil }
    return complaints.isEmpty ? ages.compactMap(\.self).max() : ages.compactMap(\.self).min()
  }

  /// One reported problem.
  package struct Complaint: Codable, Equatable, Sendable {
    /// The alert's name.
    package var name: String
    /// Its labels, some of which may name a host or a virtual machine.
    package var labels: [String: String]

    package init(name: String, labels: [String: String] = [:]) {
      self.name = name
      self.labels = labels
    }

    /// The names by which its labels may refer to a host or a virtual machine: each value, with and without its port.
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

  /// Whether no problem is reported.
  package var isWell: Bool { unknown == nil && complaints.isEmpty }

  /// Whether an object has a problem: `anything`, any `host`, or a host or virtual machine of the fleet that a
  /// complaint's labels name. nil if the verdict is unknown.
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
