extension Fleet {
  /// A service as its users reach it. Requests are sent at a fixed interval, whether or not earlier ones were answered.
  package struct Probe: Equatable, Sendable {
    package var name: String
    /// The kind of request.
    package var kind: Kind
    /// The target, in the form of the kind: a URL for http; `tcp://address:port` for tcp and append; an address for
    /// ping.
    package var target: String
    /// The time between two samples.
    package var every: Nanoseconds
    /// The time after which a request without an answer has failed.
    package var timeout: Nanoseconds
    /// Further keys in the fleet file, by their names.
    package var options: [String: JSONValue]

    package init(
      name: String, kind: Kind, target: String, every: Nanoseconds = .seconds(1),
      timeout: Nanoseconds = .seconds(1), options: [String: JSONValue] = [:]
    ) {
      self.name = name
      self.kind = kind
      self.target = target
      self.every = every
      self.timeout = timeout
      self.options = options
    }

    /// The kind of a probe: its key in the fleet file. `Probes` has the kinds.
    package struct Kind: RawRepresentable, Hashable, Codable, Sendable {
      package var rawValue: String

      package init(rawValue: String) { self.rawValue = rawValue }

      /// `GET` over a new connection each time, like a new visitor.
      package static let http = Kind(rawValue: "http")
      /// Opening a TCP connection.
      package static let tcp = Kind(rawValue: "tcp")
      /// An ICMP echo.
      package static let ping = Kind(rawValue: "ping")
      /// A numbered record that the service acknowledges only after it is on stable storage.
      package static let append = Kind(rawValue: "append")
    }
  }
}

extension Fleet.Probe: Codable {
  private enum Key: String, CodingKey {
    case name, kind, target, every, timeout, options
    /// Journals before 0.4.0 have the two parts of `expect` here.
    case status, body
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      name: try container.decode(String.self, forKey: .name),
      kind: try container.decode(Kind.self, forKey: .kind),
      target: try container.decode(String.self, forKey: .target),
      every: try container.decode(Nanoseconds.self, forKey: .every),
      timeout: try container.decode(Nanoseconds.self, forKey: .timeout),
      options: try container.decodeIfPresent([String: JSONValue].self, forKey: .options) ?? [:])
    var expected: [String: JSONValue] = [:]
    for key in [Key.status, .body] {
      expected[key.rawValue] = try container.decodeIfPresent(JSONValue.self, forKey: key)
    }
    if !expected.isEmpty { options["expect"] = .object(expected) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    try container.encode(kind, forKey: .kind)
    try container.encode(target, forKey: .target)
    try container.encode(every, forKey: .every)
    try container.encode(timeout, forKey: .timeout)
    if !options.isEmpty { try container.encode(options, forKey: .options) }
  }
}
