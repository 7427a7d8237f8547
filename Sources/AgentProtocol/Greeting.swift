/// The version at one end of a connection: an agent's first line, and a part of a controller's hello.
package struct Greeting: Codable, Equatable, Sendable {
  /// The version of the build.
  package var version: String
  /// The protocol number. It is raised with every change of a message that the other end must support.
  package var `protocol`: Int

  package init(version: String, `protocol`: Int) {
    self.version = version
    self.protocol = `protocol`
  }

  /// The greeting of this build.
  package static let current = Greeting(version: "0.2.0", protocol: 6)

  /// Why this agent refuses a controller; nil if it doesn't. Controllers before 0.2.0 don't send their version.
  package static func refusal(ofController controller: Greeting?) -> Refusal? {
    if controller?.protocol == current.protocol { return nil }
    return .protocolMismatch(controller: controller, agent: current)
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

  /// Why a controller can't use an agent that begins with this line; nil if it can, or if the line doesn't show it.
  /// Agents before 0.2.0 send no greeting.
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

  /// The same for an agent that is described by a text.
  package static func skew(_ agent: String) -> String {
    "the agent there is \(agent); this controller is \(Greeting.current.version) and needs protocol "
      + "\(Greeting.current.protocol): install the same version on the host (murphy deploy copies it there)"
  }

  /// The difference between an agent that begins with this line and this controller, if only their versions differ; nil
  /// if there is none. It refuses nothing, since both have the same messages.
  package var versionDifference: String? {
    guard case .greeting(let version, Greeting.current.protocol) = self, version != Greeting.current.version
    else { return nil }
    return "the agent there is version \(version); this controller is \(Greeting.current.version). Both have "
      + "protocol \(Greeting.current.protocol), so a run can begin; murphy deploy makes the versions equal"
  }
}
