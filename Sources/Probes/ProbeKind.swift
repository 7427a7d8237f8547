import Scenario

/// A kind of probe: one file, and one line in `Probes.all`.
package protocol ProbeKind: Sendable {
  /// Its key in the fleet file.
  var key: Fleet.Probe.Kind { get }
  /// What it asks, for the fleet file's schema.
  var summary: String { get }
  /// The form of the key's value, which is the probe's target.
  var target: ProbeForm { get }
  /// Further keys in the fleet file. A key has the same meaning in all kinds that use it.
  var options: [ProbeOption] { get }
  /// The service behind a probe, ready to be asked.
  ///
  /// It may wait for a resolver. Nothing is sent to the service.
  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService
}

extension ProbeKind {
  package var options: [ProbeOption] { [] }
}

/// A key beside a probe's kind in the fleet file.
package struct ProbeOption: Sendable {
  package var name: String
  package var summary: String
  package var form: ProbeForm
  /// The value that a missing key means.
  package var standard: JSONValue?
  package var isRequired = false
}

/// The form of a value in the fleet file.
package indirect enum ProbeForm: Sendable {
  /// `http://…`.
  case httpURL
  /// `tcp://ADDRESS:PORT`.
  case tcpURL
  /// An address or a host's name.
  case address
  /// A line of text.
  case line
  /// A whole number: its range, and what it is.
  case integer(ClosedRange<Int>, String)
  /// A mapping with these keys.
  case mapping([ProbeOption])
}

/// The probes of this version.
package enum Probes {
  /// All kinds, in the order in which the schema and messages list them.
  package static let all: [any ProbeKind] = [HTTPProbe(), TCPProbe(), PingProbe(), AppendProbe()]

  /// The kind with that key; nil if this version has none.
  package static func kind(_ key: Fleet.Probe.Kind) -> (any ProbeKind)? { all.first { $0.key == key } }
}

extension Fleet.Probe {
  /// The service behind it, ready to be asked.
  func service() throws(ProbeRefused) -> any ProbedService {
    guard let known = Probes.kind(kind) else {
      throw ProbeRefused(self, "this version has no probe '\(kind.rawValue.prefix(40))'")
    }
    return try known.service(self)
  }

  /// A text of its options; nil if it is missing.
  func text(_ name: String) -> String? { if case .string(let text) = options[name] { text } else { nil } }
}

/// A probe that can't be sent.
package struct ProbeRefused: Error, Equatable, Sendable, CustomStringConvertible {
  package var probe: String
  /// The target as written in the fleet.
  package var target: String
  /// Why.
  package var reason: String

  init(_ probe: Fleet.Probe, _ reason: String) {
    self.probe = probe.name
    target = probe.target
    self.reason = reason
  }

  /// What is wrong, and what is expected.
  package var description: String { "probe \(probe): '\(target)' can't be probed: \(reason)" }
}
