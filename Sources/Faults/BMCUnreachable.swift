import Glibc
import Linux
import Nftables
import Scenario

/// `bmc.unreachable`: the other hosts of the fleet lose a host's BMC, so that their fencing of this host fails. This is the
/// part for one of these hosts: it receives nothing from the BMC, and a session needs answers.
///
/// The controller keeps its path, by which `host.power` is reverted.
package struct BMCUnreachable: TableFault {
  /// The host that the BMC belongs to.
  package let host: String
  /// The BMC's address.
  package let address: String

  package static let description = FaultDescription(
    name: "bmc.unreachable",
    summary:
      "A host's BMC can't be reached by the other hosts, so they can't fence it; the controller still reaches the BMC.",
    targets: [.host],
    // The host works.
    takesHost: false, extent: .held,
    variants: [.init("silent", observed: .inNamespace(.packetsDropped))])

  /// The cut of a host's BMC, which is the same on each of the other hosts.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let bmc = host.bmc else { throw StepRefused(step, host.needsBMC) }
    do throws(NftablesError) {
      address = try PacketAddress(bmc.address).text
    } catch {
      throw StepRefused(
        step,
        "host \(host.name)'s BMC is '\(bmc.address)' in the fleet file, and a rule needs an address: write its address"
      )
    }
    self.host = host.name
  }

  /// One assignment for each other host. None takes a host, since all of them work.
  package static func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    guard let host else { throw StepRefused(step, "the target names no host") }
    let fault = try BMCUnreachable(step, on: host, in: fleet)
    let spec = try fault.spec(for: step)
    let others = fleet.hosts.filter { $0.name != host.name }
    if others.isEmpty {
      throw StepRefused(step, "the fleet has no other host that could lose \(host.name)'s BMC")
    }
    return others.map { Assignment(site: .host($0.name), spec: spec, takes: [], traits: fault.traits) }
  }

  /// `what comes from falco's BMC (10.77.3.13)`.
  package var object: String { "what comes from \(words)" }
  private var words: String { "\(host)'s BMC (\(address))" }
  /// No link is cut as a whole, and the BMC itself isn't touched.
  package var footprint: [Resource] { [] }
  /// No connection comes from a BMC.
  package var pathLoss: PathLoss { .never }

  /// Whether the kernel would accept the table, and this host has a way to the BMC that it could lose.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      if let reason = try unreachability() {
        return ["this host can't reach \(words) anyway: \(reason). Choose another host, or add a route"]
      }
      return try SenderRules.missing(from: [[address]], using: instruments)
    } catch {
      return ["\(error)"]
    }
  }

  /// Why the kernel has no route to the BMC; nil if it has one. Sends nothing.
  private func unreachability() throws(SystemError) -> SystemError? {
    do throws(SystemError) {
      _ = try DatagramSocket(to: address, port: Self.port)
      return nil
    } catch {
      if [ENETUNREACH, EHOSTUNREACH].contains(error.errno) { return error }
      throw error
    }
  }

  /// The port of IPMI over LAN: RMCP. The route doesn't depend on it.
  private static let port: UInt16 = 623

  var rules: ExpiringRules<TableUndo> { SenderRules.expiring(from: [[address]]) }
  var evidence: String { "the kernel drops what comes from \(words)" }
}
