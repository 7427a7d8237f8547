import Scenario

/// `link.drop`: a host loses its link on one network.
package struct LinkDrop: LinkFault {
  /// The cut of the host's link on the network.
  package let cut: LinkCut

  package static let description = FaultDescription(
    name: "link.drop",
    summary: "A host loses its link on one network, in both directions or, with mode silent, in one.",
    targets: [.link],
    parameters: [
      LinkCut.modeParameter,
      .init(
        name: "direction",
        summary:
          "The direction that is cut, from the host's point of view; one direction needs mode: silent.",
        form: .word(LinkCut.Direction.allCases.map(\.rawValue)),
        standard: .word(LinkCut.Direction.both.rawValue)),
    ],
    needs: [
      .init("direction", ["in", "out"], need: "mode", "silent", because: "a carrier is lost both ways")
    ], takesHost: true, extent: .held,
    variants: [
      .init("carrier", ["mode": "carrier"], observed: .inNamespace(.linksDown)),
      .init("silent", ["mode": "silent"], observed: .inNamespace(.packetsDropped)),
      .init("silent in", ["mode": "silent", "direction": "in"], observed: .inNamespace(.packetsDropped)),
      .init("silent out", ["mode": "silent", "direction": "out"], observed: .inNamespace(.packetsDropped)),
    ])

  /// The cut of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard case .link(_, let network) = step.target, let link = host.links[network] else {
      throw StepRefused(step, "host \(host.name) has no link on the network that the target names")
    }
    cut = try LinkCut(
      step, links: [link], mode: Self.word("mode", of: step), direction: Self.word("direction", of: step))
  }
}
