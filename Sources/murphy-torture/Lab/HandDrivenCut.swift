import AgentProtocol
import Faults
import IsolatedHost
import Linux
import Scenario

extension AgentSession {
  /// An agent on a host of the lab whose controller is this process, connected by plain pipes, with the host's
  /// internal link cut.
  ///
  /// - Parameter prefix: the command that starts it: an environment, a namespace.
  convenience init(
    cutting host: TorturedLabHost, lasting duration: Nanoseconds, prefix: [String] = []
  ) throws {
    try self.init(host.inside(prefix + ["murphy-agent"]), run: "torture-by-hand")
    let place = Fleet.Host(name: host.name, ssh: host.name, links: ["internal": "eth1"])
    let step = Step(
      name: "cut", trigger: .at(.zero), fault: "link.drop",
      target: .link(.named(host.name), network: "internal"),
      duration: duration, parameters: [:])
    let order = try Catalogue.order(for: step, on: place, in: Fleet(name: "torture", hosts: [place]))
    try ask(.arm(lease: "hand_1", order: try order.spec, begins: .zero, duration: duration))
    try ask(.inject(lease: "hand_1"))
  }
}
