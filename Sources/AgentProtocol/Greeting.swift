/// Who speaks at one end of a connection: the first line of an agent, and a part of a controller's hello.
package struct Greeting: Codable, Equatable, Sendable {
  /// The version that it was built as.
  package var version: String
  /// The number of the protocol that it speaks. Raised with every change of a message that the other end must know.
  package var `protocol`: Int

  /// One of these parts.
  package init(version: String, `protocol`: Int) {
    self.version = version
    self.protocol = `protocol`
  }

  /// What this build is.
  package static let current = Greeting(version: "0.2.0", protocol: 3)

  /// Why this agent refuses a controller; nil where it doesn't. Controllers before 0.2.0 don't say who they are.
  package static func refusal(ofController controller: Greeting?) -> String? {
    if controller?.protocol == current.protocol { return nil }
    return
      "the controller is \(controller?.description ?? "older than 0.2.0 (protocol 1)"); the agent here is "
      + "\(current.version) and needs protocol \(current.protocol): install the same version on both"
  }
}

extension Greeting: CustomStringConvertible {
  /// `version 0.2.0 (protocol 2)`.
  package var description: String { "version \(version) (protocol \(self.protocol))" }
}

extension AgentLine {
  /// The first line of this build's agent.
  package static let greeting = AgentLine.greeting(
    version: Greeting.current.version, protocol: Greeting.current.protocol)

  /// Why a controller can't work with an agent that begins with this line; nil where it can, or where the line doesn't
  /// show it. Agents before 0.2.0 don't greet: they answer.
  package var skew: String? {
    let agent: String
    switch self {
    case .greeting(let version, let number):
      if number == Greeting.current.protocol { return nil }
      agent = "\(Greeting(version: version, protocol: number))"
    case .reply(_, .welcome(let welcome)): agent = "version \(welcome.version) (protocol 1)"
    case .reply, .refusal: agent = "older than 0.2.0 (protocol 1)"
    case .notice: return nil
    }
    return Self.skew(agent)
  }

  /// The same, of an agent that is described in words.
  package static func skew(_ agent: String) -> String {
    "the agent there is \(agent); this controller is \(Greeting.current.version) and needs protocol "
      + "\(Greeting.current.protocol): install the same version on the host"
  }
}
