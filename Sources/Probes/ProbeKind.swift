import Scenario

/// A kind of probe: one file, and one line in `Probes.kinds`.
protocol ProbeKind: Sendable {
  var description: ProbeDescription { get }
  /// What is wrong with a probe whose values have the right form; nil if nothing is.
  func problem(_ probe: Fleet.Probe) -> String?
  /// The service behind a probe, ready to be asked.
  ///
  /// It may wait for a resolver. Nothing is sent to the service.
  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService
}

extension ProbeKind {
  func problem(_ probe: Fleet.Probe) -> String? { nil }
}

/// A kind of probe in the fleet file.
package struct ProbeDescription: Sendable {
  /// Its key.
  package var key: Fleet.Probe.Kind
  /// What it asks.
  package var summary: String
  /// The form of the key's value, which is the probe's target.
  package var target: ProbeForm
  /// Further keys. A key has the same meaning in all kinds that use it.
  package var options: [ProbeOption] = []
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
  /// `http://…` or `https://…`.
  case webURL
  /// `tcp://ADDRESS:PORT`.
  case tcpURL
  /// An address or a host's name.
  case address
  /// A line of text.
  case line
  /// A name in the DNS.
  case dnsName
  /// Lines of text, or one.
  case lines
  /// A list of texts.
  case words
  /// An absolute path.
  case path
  /// One of these words.
  case word([String])
  /// Fields of a header, by name.
  case headers
  /// Addresses, by hosts' names.
  case addresses
  /// A whole number: its range, and what it is.
  case integer(ClosedRange<Int>, String)
  /// A mapping with these keys.
  case mapping([ProbeOption])
}

/// The probes of this version.
package enum Probes {
  static let kinds: [any ProbeKind] = [
    HTTPProbe(), TCPProbe(), PingProbe(), DNSProbe(), AppendProbe(), ExecProbe(),
  ]

  /// All kinds, in the order in which the schema and messages list them.
  package static let all = kinds.map(\.description)

  /// What is wrong with a probe whose values have the right form; nil if nothing is.
  package static func problem(_ probe: Fleet.Probe) -> String? {
    kinds.first { $0.description.key == probe.kind }?.problem(probe)
  }
}

extension Fleet.Probe {
  /// The service behind it, ready to be asked.
  func service() throws(ProbeRefused) -> any ProbedService {
    guard let known = Probes.kinds.first(where: { $0.description.key == kind }) else {
      throw ProbeRefused(self, "this version has no probe '\(kind.rawValue.prefix(40))'")
    }
    return try known.service(self)
  }

  /// A text of its options; nil if it is missing.
  func text(_ name: String) -> String? { options[name]?.text }

  /// A list of its options; empty if it is missing.
  func texts(_ name: String) -> [String] {
    if case .array(let values) = options[name] { values.compactMap(\.text) } else { [] }
  }

  /// A mapping of its options; empty if it is missing.
  func members(_ name: String) -> [String: JSONValue] {
    if case .object(let members) = options[name] { members } else { [:] }
  }
}

extension JSONValue {
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var integer: Int? { if case .integer(let number) = self { Int(exactly: number) } else { nil } }
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
