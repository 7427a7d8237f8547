import Glibc
import Linux
import Scenario

/// `noise.net`: a host sends datagrams without a pause.
package struct NoiseNet: ProcessFault {
  /// The size of the datagrams.
  package enum Size: String, Codable, CaseIterable, Sendable {
    /// The smallest packets, which cost processors and devices most.
    case small
    /// Packets that fill a link.
    case large

    /// The bytes of each datagram: the least that Ethernet doesn't pad, and the most that IPv6 sends in one packet of 1,500.
    fileprivate var length: Int {
      switch self {
      case .small: 18
      case .large: 1452
      }
    }
  }

  let size: Size
  let network: String
  /// The host's link on that network.
  let link: String
  /// The addresses of the other hosts on that network.
  let receivers: [String]

  package static let description = FaultDescription(
    name: "noise.net",
    summary:
      "A host sends datagrams without a pause to the other hosts on one network, which compete with all other packets there.",
    targets: [.link],
    parameters: [
      .init(
        name: "size",
        summary: "small: as many packets as possible. large: as many bytes as possible, in packets of 1,500.",
        form: .word(Size.allCases.map(\.rawValue)), standard: .word(Size.large.rawValue))
    ],
    // Cluster and storage may give up a host that answers late.
    takesHost: true, extent: .held,
    variants: Size.allCases.map {
      .init(
        $0.rawValue, ["size": $0.rawValue],
        observed: .byItsTests(
          because: "it has a process of its lease, like noise.cpu, and leaves nothing else to observe"))
    })

  /// The noise of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let size = Self.word("size", of: step).flatMap(Size.init) else {
      throw StepRefused(step, "size is small or large", of: "size")
    }
    guard case .link(_, let network) = step.target, let link = host.links[network] else {
      throw StepRefused(step, "host \(host.name) has no link on the network of the target")
    }
    let others = fleet.hosts.filter { $0.name != host.name }
    let receivers = others.flatMap { $0.addresses?[network] ?? [] }
    if receivers.isEmpty {
      throw StepRefused(
        step,
        "no other host has an address on \(network) in the fleet file: write addresses: {\(network): ADDRESS} for one"
      )
    }
    self.size = size
    self.network = network
    self.link = link
    self.receivers = receivers
  }

  /// `eth1 (large packets to 10.77.1.11, 10.77.1.12)`.
  package var object: String { "\(link) (\(size.rawValue) packets to \(receivers.joined(separator: ", ")))" }
  package var footprint: [Resource] { [Resource(.link, link)] }
  package var undoing: String { "ends the process that sends" }

  /// The receivers to which the kernel has no route.
  package func missing(using instruments: Instruments) -> [String] {
    receivers.compactMap { receiver -> String? in
      do throws(SystemError) {
        _ = try DatagramSocket(to: receiver, port: Self.port)
        return nil
      } catch {
        return "\(error): add a route, or correct the addresses in the fleet file"
      }
    }
  }

  /// The service `discard`, which hardly any host has: the kernel of the receiver drops the datagrams.
  private static let port: UInt16 = 9

  /// The threads end with the process, which ends when this returns.
  func perform(_ undo: ProcessUndo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments)
    throws
  {
    let length = size.length
    for receiver in receivers {
      try startThread(named: "noise") { Self.send(length, to: receiver) }
    }
    while try pause(.seconds(60)) {}
  }

  /// Sends without end. An error lasts until the link, its addresses or its queue recover, so the socket is made again: a
  /// link that was down may have another address.
  private static func send(_ length: Int, to receiver: String) -> Never {
    let bytes = [UInt8](repeating: 0x6D, count: length)
    while true {
      do throws(SystemError) {
        let socket = try DatagramSocket(to: receiver, port: port)
        while true {
          do throws(SystemError) {
            try socket.send(bytes)
          } catch {
            // The receiver has reported that no service is there.
            if error.errno != ECONNREFUSED { throw error }
          }
        }
      } catch {
        usleep(1000)
      }
    }
  }

  var evidence: String { "a process of this lease sends \(size.rawValue) packets on \(network)" }
}
