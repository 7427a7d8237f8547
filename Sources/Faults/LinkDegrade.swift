import Glibc
import Linux
import Netlink
import Scenario

/// `link.degrade`: a host's link on one network is slow, or loses and changes frames.
package struct LinkDegrade: LeasedFault {
  let link: String
  /// Bits per second; nil for no limit.
  let rate: Int64?
  /// What netem does; nil if only the rate is limited.
  let emulation: NetworkEmulation?

  package static let description = FaultDescription(
    name: "link.degrade",
    summary:
      "What a host sends on one network is slow, delayed, lost, doubled, reordered or corrupted; what it receives isn't.",
    targets: [.link],
    parameters: [
      .init(
        name: "rate", summary: "The most that it sends, 8kbit to 10gbit per second.", form: .line("RATE"),
        standard: nil, example: .text("10mbit")),
      .init(name: "delay", summary: "How much later each packet leaves.", form: .duration, standard: nil),
      .init(
        name: "jitter", summary: "How much the delay varies, up or down.", form: .duration, standard: nil),
      .init(
        name: "loss", summary: "The share of packets that are lost.", form: .line("PERCENT"), standard: nil),
      .init(
        name: "duplicate", summary: "The share of packets that are sent twice.", form: .line("PERCENT"),
        standard: nil),
      .init(
        name: "reorder", summary: "The share of packets that leave at once, before delayed ones.",
        form: .line("PERCENT"), standard: nil),
      .init(
        name: "corrupt", summary: "The share of packets in which one bit is changed.", form: .line("PERCENT"),
        standard: nil),
    ],
    // Storage and cluster may give up a slow peer.
    takesHost: true, extent: .held,
    companions: ["jitter": ["delay"], "reorder": ["delay"]],
    variants: [
      .init("rate", [:], ["rate": .text("10mbit")], observed: .inNamespace(.linksSlowed)),
      .init(
        "delay", [:], ["delay": .duration(.milliseconds(100)), "jitter": .duration(.milliseconds(20))],
        observed: withNetem),
      .init(
        "rate and loss", [:],
        [
          "rate": .text("10mbit"), "delay": .duration(.milliseconds(10)), "loss": .text("1%"),
          "duplicate": .text("1%"), "reorder": .text("1%"), "corrupt": .text("1%"),
        ], observed: withNetem),
    ])

  /// Its undo is that of the rate alone, which is observed in a namespace.
  private static let withNetem = FaultVariant.Observation.byItsTests(
    because: "it needs a kernel with sch_netem, which the guest of its tests has")

  /// The degradation of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard case .link(_, let network) = step.target, let link = host.links[network] else {
      throw StepRefused(step, "host \(host.name) has no link on the network that the target names")
    }
    self.link = link
    rate = try Self.rate(of: step)
    var emulation = NetworkEmulation()
    emulation.delayMicroseconds = try Self.microseconds("delay", of: step)
    emulation.jitterMicroseconds = try Self.microseconds("jitter", of: step)
    emulation.loss = try Self.share("loss", of: step)
    emulation.duplication = try Self.share("duplicate", of: step)
    emulation.reordering = try Self.share("reorder", of: step)
    emulation.corruption = try Self.share("corrupt", of: step)
    if emulation.delayMicroseconds == 0, emulation.reordering > 0 || emulation.jitterMicroseconds > 0 {
      throw StepRefused(
        step, "reorder and jitter need a delay: without one, no packet is overtaken", of: "reorder", "jitter")
    }
    if emulation.jitterMicroseconds > emulation.delayMicroseconds {
      throw StepRefused(step, "jitter is at most the delay: no packet leaves before it is sent", of: "jitter")
    }
    self.emulation = emulation == NetworkEmulation() ? nil : emulation
    if rate == nil, self.emulation == nil {
      throw StepRefused(
        step, "write at least one of rate, delay, loss, duplicate and corrupt: nothing would be degraded",
        of: "rate", "delay", "loss", "duplicate", "corrupt")
    }
  }

  private static let rates: ClosedRange<Int64> = 8_000...10_000_000_000

  private static func rate(of step: Step) throws(StepRefused) -> Int64? {
    guard case .text(let text) = parameter("rate", of: step) else { return nil }
    for (unit, factor) in [("kbit", 1_000), ("mbit", 1_000_000), ("gbit", 1_000_000_000)] as [(String, Int64)]
    where text.hasSuffix(unit) {
      let (value, isTooGreat) = (Int64(text.dropLast(4)) ?? 0).multipliedReportingOverflow(by: factor)
      if !isTooGreat, rates.contains(value) { return value }
    }
    throw StepRefused(
      step, "rate is a whole number of kbit, mbit or gbit, from 8kbit to 10gbit: found '\(text)'", of: "rate")
  }

  private static func microseconds(_ key: String, of step: Step) throws(StepRefused) -> Int32 {
    guard case .duration(let time) = parameter(key, of: step) else { return 0 }
    // netem stores ticks of 64 ns in 32 bits.
    guard time >= Nanoseconds(1000), time <= .seconds(60) else {
      throw StepRefused(step, "\(key) is from 1us to 60s: found \(time)", of: key)
    }
    return Int32(time.count / 1000)
  }

  /// In millionths.
  private static func share(_ key: String, of step: Step) throws(StepRefused) -> Int {
    guard case .text(let text) = parameter(key, of: step) else { return 0 }
    guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent >= 0.0001, percent <= 100 else {
      throw StepRefused(
        step, "\(key) is a percentage such as 0.5%, from 0.0001% to 100%: found '\(text)'", of: key)
    }
    return Int((percent * 10_000).rounded())
  }

  /// `eth0 (rate 10000kbit, delay 100ms, loss 1%)`.
  package var object: String { "\(link) (\(words.joined(separator: ", ")))" }

  private var words: [String] {
    var words: [String] = []
    if let rate { words.append("rate \(rate / 1000)kbit") }
    if let emulation {
      let times = [("delay", emulation.delayMicroseconds), ("jitter", emulation.jitterMicroseconds)]
      let shares = [
        ("loss", emulation.loss), ("duplicate", emulation.duplication), ("reorder", emulation.reordering),
        ("corrupt", emulation.corruption),
      ]
      words += times.filter { $0.1 > 0 }.map { "\($0) \(Nanoseconds(Int64($1) * 1000))" }
      words += shares.filter { $0.1 > 0 }.map { "\($0) \(Double($1) / 10_000)%" }
    }
    return words
  }

  package var footprint: [Resource] { [Resource(.link, link)] }
  package var undoing: String { "deletes the qdiscs of this lease, by their handle" }
  package var reversal: Reversal { .restore }
  /// A connection over a link that loses or delays much may seem lost to the controller.
  package var pathLoss: PathLoss {
    let emulation = emulation ?? NetworkEmulation()
    let isHarsh =
      (rate ?? .max) < 1_000_000 || emulation.loss + emulation.corruption >= 200_000
      || emulation.delayMicroseconds >= 500_000
    return isHarsh ? .overItsLinks : .never
  }
  /// The kernel announces changed qdiscs only on a group to which no observer listens.
  package var signals: Set<EffectSignal> { [] }
  /// The listing covers all links.
  package var lookInterval: Nanoseconds { .milliseconds(250) }

  /// The qdiscs, in the order in which they are added. netem delays and loses before tbf sends.
  private func qdiscs(_ major: UInt16) throws(NetlinkError) -> [Qdisc] {
    let handles = [major, major + 1].map { TrafficControlHandle(major: $0) }
    var qdiscs: [Qdisc] = []
    if let emulation { qdiscs.append(try .emulator(emulation, handle: handles[0])) }
    guard let rate else { return qdiscs }
    let bytes = rate / 8
    qdiscs.append(
      try .tokenBucket(
        // Ten milliseconds, but at least a jumbo frame, and at most two segments of 64 KiB.
        bytesPerSecond: Int32(bytes), burst: Int32(min(max(bytes / 100, 16 << 10), 128 << 10)),
        queueMicroseconds: 50_000, handle: handles[qdiscs.count],
        parent: qdiscs.isEmpty ? .root : TrafficControlHandle(major: major, minor: 1)))
    return qdiscs
  }

  /// Whether the link has only the kernel's default qdiscs, and the kernel has the kinds that are needed.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      let routes = try instruments.routes()
      let found = try routes.link(.name(link))
      if found.flags.contains(.loopback) {
        return ["link \(found.name) is the loopback link: no network is degraded there"]
      }
      if !found.isUp { return ["link \(found.name) is down already: nothing could be degraded"] }
      let others = try routes.qdiscs(of: found).filter { !$0.isDefault }
      if !others.isEmpty {
        let list = others.map(\.description).joined(separator: ", ")
        return [
          "link \(found.name) has \(list), which could not be restored with its classes and filters. Delete it for the "
            + "run (tc qdisc delete dev \(found.name) root), or choose another link"
        ]
      }
      return HostRequirements.queueing(try qdiscs(Self.majors.lowerBound))
    } catch {
      return ["\(error)"]
    }
  }

  /// The major numbers of Murphy's handles, of which each lease draws one. tc and libvirt use small ones.
  private static let majors: ClosedRange<UInt16> = 0x6D00...0x6DFE

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    /// The link's index, which stays when it is renamed.
    var link: Int32
    var name: String
    /// The root qdisc first.
    var qdiscs: [Qdisc]

    /// Those that the link has now.
    func present(using instruments: Instruments) throws(NetlinkError) -> [Qdisc] {
      let listed = try instruments.routes().qdiscs()[link] ?? []
      return listed.filter { one in qdiscs.contains { $0.handle == one.handle && $0.kind == one.kind } }
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let found = try instruments.routes().link(.name(link))
    return Undo(link: found.index, name: found.name, qdiscs: try qdiscs(.random(in: Self.majors)))
  }

  var injection: Injection<Undo> {
    .untilReverted(
      because: "a link keeps its qdiscs, and stays slow, until they are deleted", byDaemon: false
    ) {
      undo, instruments in
      let routes = try instruments.routes()
      // Refused by the kernel if another program has added one meanwhile.
      for qdisc in undo.qdiscs { try routes.add(qdisc, to: undo.link) }
    }
  }

  /// Compares the qdiscs with the kernel's listing.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let present = try undo.present(using: instruments)
    for qdisc in undo.qdiscs {
      guard let listed = present.first(where: { $0.handle == qdisc.handle && $0.parent == qdisc.parent })
      else {
        return .inactive(because: "link \(undo.name): \(qdisc) is gone")
      }
      if listed.settings != qdisc.settings {
        return .inactive(because: "link \(undo.name): \(qdisc) was changed")
      }
    }
    let list = undo.qdiscs.map(\.description).joined(separator: " and ")
    return .active(evidence: "the kernel lists \(list) on \(undo.name)")
  }

  /// Deletes the root qdisc, and with it the other one. The kernel then attaches its default again.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    guard let root = undo.qdiscs.first else { return }
    if try !undo.present(using: instruments).contains(where: { $0.handle == root.handle }) { return }
    do throws(NetlinkError) {
      try instruments.routes().deleteQdisc(root.handle, from: undo.link)
    } catch {
      // Another process deleted it meanwhile, or the link.
      if try undo.present(using: instruments).contains(where: { $0.handle == root.handle }) { throw error }
    }
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    try undo.present(using: instruments).map { "link \(undo.name): \($0) is still there" }
  }
}
