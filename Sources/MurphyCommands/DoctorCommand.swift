import Agent
import ArgumentParser
import Faults
import Glibc
import Lab
import Libvirt
import Linux
import Netlink
import Scenario

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tells what this machine can and can't do, fault by fault.",
    discussion: """
      Every fault of links and firewalls is done for real, on a throw-away cable in a throw-away network namespace, \
      and undone. Nothing of the machine's own is touched.
      """)

  @Flag(help: .hidden) var inNamespace = false

  func run() throws {
    if inNamespace {
      guard try Self.isInOwnNamespace() else {
        throw Stop(.badInput, "--in-namespace is for murphy doctor itself, in a namespace that it made")
      }
      return FaultTrial.runAll()
    }
    print("faults on this machine")
    if getuid() == 0 {
      // What is printed so far must come before what the other process prints.
      fflush(nil)
      let pid = try spawn(
        ["unshare", "--net", try programPath(), "doctor", "--in-namespace"],
        environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], input: 0, output: 1, errors: 2)
      if try reap(pid) != 0 {
        print("  links and firewall: no network namespace could be made: unshare(1) says why above")
      }
    } else {
      print("  host.unplug, link.drop, firewall.lock: not tried: run as root")
    }
    print("  vm.freeze: \(hypervisor())")
    print("as a host of a fleet")
    print("  policy: \(policy())")
    print("  hold: \(HoldFile.standard.refusal() ?? "none")")
    for line in leases() { print("  leases: \(line)") }
    for line in strays() { print("  leases: \(line)") }
    print("as the machine of a lab")
    let lab = try LabCommand.Name.parse([]).lab()
    do {
      try blocking { () async throws(LabError) in try await lab.preflight() }
      print("  murphy lab up can begin")
    } catch let stop as Stop {
      for line in stop.text.split(separator: "\n") { print("  \(line)") }
    }
  }

  /// Whether this process's network isn't the machine's.
  private static func isInOwnNamespace() throws(SystemError) -> Bool {
    var own = stat()
    var machine = stat()
    try checked("stat", "/proc/self/ns/net") { stat("/proc/self/ns/net", &own) }
    try checked("stat", "/proc/1/ns/net") { stat("/proc/1/ns/net", &machine) }
    return own.st_ino != machine.st_ino
  }

  private func hypervisor() -> String {
    do {
      let connection = try Connection.open("qemu:///system", access: .readOnly)
      let domains = try connection.domains(.active)
      return "can; libvirt \(try connection.libvirtVersion()), \(domains.count) domains run"
    } catch {
      return "can't here: \(error)"
    }
  }

  /// Domains that came from another host while they were frozen. Why libvirt can't be asked is told beside vm.freeze.
  private func strays() -> [String] {
    guard let connection = try? Connection.open("qemu:///system", access: .readOnly) else { return [] }
    do {
      return try LeaseFolder.standard.strays(on: connection).map(\.stands)
    } catch {
      return ["\(error)"]
    }
  }

  private func policy() -> String {
    do {
      let policy = try Policy.read()
      return "allows faults \(policy.faults.joined(separator: ", ")), leases up to \(policy.longestLease)"
    } catch {
      return error.description
    }
  }

  /// What still has a lease here, and so may be left behind.
  private func leases() -> [String] {
    do {
      let names = try LeaseFolder.standard.names()
      var lines: [String] = []
      do {
        try LeaseFolder.standard.checkPrivate()
      } catch {
        // A host that never had a lease has no folder for them.
        if (error as? SystemError)?.errno != ENOENT { lines.append("\(error)") }
      }
      if names.isEmpty { return lines + ["none: nothing is left behind"] }
      return lines
        + names.map { name in
          do {
            let standing = try LeaseFolder.standard.standing(of: try LeaseFolder.standard.read(name))
            let state = standing.revert == nil ? "still stands: run murphy-agent recover" : "lifted"
            return "\(standing.fault) \(standing.object), run \(standing.run): \(state)"
          } catch {
            return "\(error)"
          }
        }
    } catch {
      return ["\(error)"]
    }
  }
}

/// Does each fault that needs no more than a cable, by its whole contract, in the network namespace of this process.
enum FaultTrial {
  static func runAll() {
    for (title, fault, parameters) in trials {
      do {
        try run(fault, parameters)
        print("  \(title): can")
      } catch {
        print("  \(title): can't here: \(error)")
      }
    }
  }

  private static let trials: [(String, String, [String: ParameterValue])] = [
    ("host.unplug, mode carrier", "host.unplug", [:]),
    ("host.unplug, mode silent", "host.unplug", ["mode": .word("silent")]),
    ("link.drop, mode carrier", "link.drop", [:]),
    ("link.drop, mode silent, one way", "link.drop", ["mode": .word("silent"), "direction": .word("in")]),
    ("firewall.lock, established kept", "firewall.lock", [:]),
    ("firewall.lock, established cut", "firewall.lock", ["established": .word("cut")]),
  ]

  private static func run(_ fault: String, _ parameters: [String: ParameterValue]) throws {
    let instruments = Instruments()
    let routes = try instruments.routes()
    try routes.addVeth("cable0", peer: "cable1")
    // The pair goes with the namespace too, should this fail.
    defer { try? routes.delete(.name("cable0")) }
    for end in ["cable0", "cable1"] { try routes.setUp(true, .name(end)) }
    let host = Fleet.Host(name: "here", ssh: "here", links: ["trial": "cable0"])
    let target: Target =
      fault == "link.drop" ? .link(.named("here"), network: "trial") : .host(.named("here"))
    let step = Step(
      name: "trial", trigger: .at(.zero), fault: fault, target: target, duration: .seconds(5),
      parameters: parameters)
    let order = try Catalogue.order(for: step, on: host, in: Fleet(name: "trial", hosts: [host]))
    try order.rehearse(using: instruments)
  }
}
