import Scenario

extension FaultCatalogue {
  /// Faults that have only descriptions, and fit every host.
  init(describing descriptions: [FaultDescription]) {
    self.init(descriptions.map { FaultKind($0, assign: { _, _, _ in [] }, traits: { _ in throw Untried() }) })
  }

  private struct Untried: Error {}
}

/// Faults as a catalogue describes them.
let catalogue = FaultCatalogue(describing: [
  FaultDescription(
    name: "host.unplug", summary: "All links of a host go.", targets: [.host],
    parameters: [
      .init(
        name: "mode", summary: "Carrier down, or packets lost.", form: .word(["carrier", "silent"]),
        standard: .word("carrier"))
    ], extent: .held, variants: []),
  FaultDescription(
    name: "link.drop", summary: "One link of a host goes.", targets: [.link],
    parameters: [
      .init(
        name: "mode", summary: "Carrier down, or packets lost.", form: .word(["carrier", "silent"]),
        standard: .word("carrier")),
      .init(
        name: "direction", summary: "Which way packets are lost.", form: .word(["in", "out", "both"]),
        standard: .word("both")),
    ],
    needs: [
      .init("direction", ["in", "out"], need: "mode", "silent", because: "a carrier is lost both ways")
    ], extent: .held, variants: []),
  FaultDescription(
    name: "vm.freeze", summary: "A virtual machine stops.", targets: [.vm],
    parameters: [
      .init(name: "mode", summary: "Who stops it.", form: .word(["pause", "hang"]), standard: .word("pause"))
    ], extent: .held, variants: []),
  FaultDescription(
    name: "firewall.lock", summary: "A firewall drops by default.", targets: [.host],
    parameters: [
      .init(
        name: "direction", summary: "Which way.", form: .word(["in", "out", "both"]), standard: .word("in")),
      .init(name: "allow", summary: "Ports left open.", form: .ports, standard: .ports([22])),
      .init(
        name: "established", summary: "Whether open flows are kept.", form: .word(["kept", "cut"]),
        standard: .word("kept")),
    ], extent: .held, variants: []),
  FaultDescription(
    name: "partition", summary: "Hosts lose each other.", targets: [.sides],
    parameters: [
      .init(name: "mode", summary: "How.", form: .word(["silent"]), standard: .word("silent"))
    ], extent: .held, variants: []),
])
