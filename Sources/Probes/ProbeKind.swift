import Scenario

/// A kind of probe: one file, and one line in `Probes.kinds`.
protocol ProbeKind: Sendable {
  var description: ProbeDescription { get }
  /// The reason why a probe is refused although its values have the right form. Nil if it is accepted.
  func problem(_ probe: Fleet.Probe) -> String?
  /// The service of a probe, to which requests can be sent.
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
  /// The object of its requests, for messages and the schema.
  package var summary: String
  /// The form of the key's value, which is the probe's target.
  package var target: ProbeForm
  /// Further keys. A key has the same meaning in all kinds that use it.
  package var options: [ProbeOption] = []
}

/// A further key of a probe in the fleet file, in addition to its kind.
package struct ProbeOption: Sendable {
  package var name: String
  package var summary: String
  package var form: ProbeForm
  /// The default value.
  package var standard: JSONValue?
  package var isRequired = false
}

/// The form of a value in the fleet file.
package indirect enum ProbeForm: Sendable {
  /// `http://…` or `https://…`.
  case webURL
  /// `tcp://ADDRESS:PORT`.
  case tcpURL
  /// `tcp://ADDRESS:PORT` or `tls://ADDRESS:PORT`.
  case streamURL
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
  /// Files on hosts of the fleet, each a mapping with the keys `host` and `path`.
  case files
  /// An integer: its range, and its name for messages.
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

  /// The reason why a probe is refused although its values have the right form. Nil if it is accepted.
  package static func problem(_ probe: Fleet.Probe) -> String? {
    kinds.first { $0.description.key == probe.kind }?.problem(probe)
  }
}

extension Fleet.Probe {
  /// The service of the probe, to which requests can be sent.
  func service() throws(ProbeRefused) -> any ProbedService {
    guard let known = Probes.kinds.first(where: { $0.description.key == kind }) else {
      throw ProbeRefused(self, "this version has no probe '\(kind.rawValue.prefix(40))'")
    }
    return try known.service(self)
  }

  /// The text of an option; nil if it is missing.
  func text(_ name: String) -> String? { options[name]?.text }

  /// The list of an option; empty if it is missing.
  func texts(_ name: String) -> [String] {
    if case .array(let values) = options[name] { values.compactMap(\.text) } else { [] }
  }

  /// The mapping of an option; empty if it is missing.
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
  /// The reason.
  package var reason: String

  init(_ probe: Fleet.Probe, _ reason: String) {
    self.probe = probe.name
    target = probe.target
    self.reason = reason
  }

  /// The error, and the expected value.
  package var description: String { "probe \(probe): '\(target)' can't be probed: \(reason)" }
}
