import Netlink
import Nftables
import Scenario

/// `manager.cut`: a host and its manager lose each other, while hosts still reach each other.
package struct ManagerCut: TableFault {
  /// The manager's addresses.
  package let addresses: [String]

  package static let description = FaultDescription(
    name: "manager.cut",
    summary:
      "A host receives nothing from the fleet's manager, so neither reaches the other; other hosts and users still reach it.",
    targets: [.host],
    // The host works, and its virtual machines run. Whether the platform takes it for dead is the question.
    takesHost: false, extent: .held,
    variants: [.init("silent", observed: .inNamespace(.packetsDropped))])

  /// The cut of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let manager = fleet.manager, !manager.addresses.isEmpty else {
      throw StepRefused(
        step, "the fleet names no manager: write manager: {addresses: [ADDRESS]} in the fleet file")
    }
    var addresses: Set<String> = []
    for text in manager.addresses {
      do throws(NftablesError) {
        addresses.insert(try PacketAddress(text).text)
      } catch {
        throw StepRefused(step, "the manager's '\(text)' is not an address: correct it in the fleet file")
      }
    }
    self.addresses = addresses.sorted()
  }

  /// `what comes from the manager (10.77.2.9)`.
  package var object: String { "what comes from \(words)" }
  private var words: String { "the manager (\(addresses.joined(separator: ", ")))" }
  /// No link is cut as a whole.
  package var footprint: [Resource] { [] }
  /// Connections from the manager's machine, if the controller or a jump host of ssh runs there.
  package var pathLoss: PathLoss { .fromAddresses(addresses) }

  /// Whether the kernel would accept the table, and the manager isn't on this host.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      let present = Set(try instruments.linkAddresses().map { "\($0.address.prefix.address)" })
      return addresses.filter(present.contains).map {
        "this host has \($0), which is the manager's in the fleet: choose another host, or correct the fleet file"
      } + (try SenderRules.missing(from: [addresses], using: instruments))
    } catch {
      return ["\(error)"]
    }
  }

  var rules: ExpiringRules<TableUndo> { SenderRules.expiring(from: [addresses]) }
  var evidence: String { "the kernel drops what comes from \(words)" }
}
