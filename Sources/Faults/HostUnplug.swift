import Scenario

/// `host.unplug`: a host loses every cable.
package struct HostUnplug: LinkFault {
  /// The cut of all links that the fleet lists for the host.
  package let cut: LinkCut

  package static let description = FaultDescription(
    name: "host.unplug", summary: "A host loses all its links at once, as if every cable were pulled.",
    targets: [.host], parameters: [LinkCut.modeParameter], takesHost: true, extent: .held,
    variants: [
      .init("carrier", ["mode": "carrier"], observed: .inNamespace(.linksDown)),
      .init("silent", ["mode": "silent"], observed: .inNamespace(.packetsDropped)),
    ])

  /// The cut of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    if host.links.isEmpty { throw StepRefused(step, "host \(host.name) has no links in the fleet file") }
    cut = try LinkCut(
      step, links: host.links.values.sorted(), mode: Self.word("mode", of: step), direction: "both")
  }
}
