import Scenario

/// Faults as a catalogue describes them.
let catalogue: [FaultDescription] = [
  FaultDescription(
    name: "host.unplug", summary: "All links of a host go.", targets: [.host],
    parameters: [
      .init(
        name: "mode", summary: "Carrier down, or packets lost.", form: .word(["carrier", "silent"]),
        standard: .word("carrier"))
    ], variants: []),
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
    ], variants: []),
  FaultDescription(
    name: "vm.freeze", summary: "A virtual machine stops.", targets: [.vm],
    parameters: [
      .init(name: "mode", summary: "Who stops it.", form: .word(["pause", "hang"]), standard: .word("pause"))
    ], variants: []),
  FaultDescription(
    name: "firewall.lock", summary: "A firewall drops by default.", targets: [.host],
    parameters: [
      .init(
        name: "direction", summary: "Which way.", form: .word(["in", "out", "both"]), standard: .word("in")),
      .init(name: "allow", summary: "Ports left open.", form: .ports, standard: .ports([22])),
      .init(
        name: "established", summary: "What becomes of open flows.", form: .word(["kept", "cut"]),
        standard: .word("kept")),
    ], variants: []),
  FaultDescription(
    name: "partition", summary: "Hosts lose each other.", targets: [.sides],
    parameters: [
      .init(name: "mode", summary: "How.", form: .word(["silent"]), standard: .word("silent"))
    ], variants: []),
]
