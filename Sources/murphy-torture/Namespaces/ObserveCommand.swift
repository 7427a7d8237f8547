import ArgumentParser
import Faults
import Glibc
import Linux
import Scenario

/// The test of torture's observations of a whole host and of the guest.
struct ObserveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "observe",
    abstract: "Causes effects of faults without Murphy, and checks that torture observes and reports them.",
    discussion: "Prints a line per effect. Exit code 1 if an observation is wrong.")

  @Flag(help: .hidden) var inside = false

  func run() throws {
    try Isolation.checkRoot()
    if !inside {
      let end = try Isolation.start(["observe", "--inside"]).wait()
      throw ExitCode(end?.code ?? 70)
    }
    let host = try TorturedHost()
    var isRight = true
    let effects = ForeignEffect.all(on: host.disk.folder)
    for subject in Catalogue.builtIn.cases where subject.needs == .host {
      if effects.contains(where: { $0.fault == subject.fault.name }) { continue }
      isRight = false
      try printNow("\(subject): not checked, since no command here causes its effect")
    }
    for effect in effects {
      let (subject, wrong) = try effect.check(on: host)
      isRight = isRight && wrong.isEmpty
      try printNow("\(subject): \(wrong.isEmpty ? "right" : wrong.joined(separator: "; "))")
    }
    if !isRight { throw ExitCode(1) }
  }
}

/// The effect of a fault, caused by another program than Murphy.
private struct ForeignEffect {
  /// The fault's name.
  var fault: String
  /// The shell command that causes it, on the host of the fault.
  var cause: String
  /// The command that ends it; nil if the end of the cause does.
  var end: String?
  /// Whether the host is afterwards as it was before.
  var leavesNoTrace = true

  /// Those that only torture's own host has. The last one removes routes.
  static func all(on disk: String) -> [ForeignEffect] {
    [
      ForeignEffect(fault: "vm.reset", cause: "virsh -q -c qemu:///system reset guest"),
      ForeignEffect(fault: "vm.panic", cause: "virsh -q -c qemu:///system inject-nmi guest"),
      ForeignEffect(
        fault: "disk.fill", cause: "head -c 64M /dev/zero > \(disk)/theirs", end: "rm \(disk)/theirs"),
      ForeignEffect(
        fault: "disk.stall", cause: "fsfreeze --freeze \(disk)", end: "fsfreeze --unfreeze \(disk)"),
      ForeignEffect(fault: "noise.cpu", cause: "exec yes perform t_0 > /dev/null"),
      ForeignEffect(
        fault: "host.freeze", cause: "kill -STOP $(pidof sleep)", end: "kill -CONT $(pidof sleep)"),
      ForeignEffect(
        fault: "link.flap", cause: "ip link set eth1 down", end: "ip link set eth1 up", leavesNoTrace: false),
    ]
  }

  /// Causes it, and returns what the host's observation gets wrong, a line each.
  func check(on host: TorturedHost) throws -> (FaultCase, [String]) {
    guard let subject = Catalogue.builtIn.cases.first(where: { $0.fault.name == fault }) else {
      throw TortureFailed("no fault is named \(fault)")
    }
    _ = try host.site(of: subject, 0)
    var wrong: [String] = []
    if try host.isActive(subject) { wrong.append("observed before its cause") }
    let program = try ChildProcess(host.inside(["sh", "-c", cause], for: subject))
    if subject.isInstant {
      try program.wait()
      if try !waitUntil(within: 10_000, { try host.hits(of: subject) == 1 }) {
        wrong.append("\(try host.hits(of: subject)) hits were observed instead of 1")
      }
      return (subject, wrong)
    }
    if try !waitUntil(within: 10_000, { try host.isActive(subject) }) { wrong.append("not observed") }
    if try host.differences().isEmpty && host.murphys().isEmpty { wrong.append("not reported as residue") }
    if let end {
      _ = try ChildProcess.run(host.inside(["sh", "-c", end], for: subject)).success()
    } else {
      program.kill()
    }
    if try !waitUntil(within: 10_000, { try !host.isActive(subject) }) {
      wrong.append("its end was not observed")
    }
    if leavesNoTrace, try !waitUntil(within: 10_000, { try host.differences().isEmpty }) {
      wrong.append("afterwards: \(try host.differences().joined(separator: ", "))")
    }
    return (subject, wrong)
  }
}
