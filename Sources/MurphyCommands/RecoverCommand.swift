import ArgumentParser
import Glibc
import Linux
import Scenario

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Lifts every fault that still has a lease, on every host of the fleet.",
    discussion: "On a host itself, and at its boot, murphy-agent recover does the same for that host.")

  @OptionGroup var fleet: FleetOption

  func run() throws {
    let fleet = try fleet.read()
    try enterControllerNamespace(of: fleet)
    var failed: [String] = []
    for host in fleet.hosts {
      let configuration = fleet.sshConfig.map { ["-F", $0] } ?? []
      // One host that hangs must not keep the others from being recovered.
      let arguments =
        ["timeout", "60", "ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3"] + configuration
        + ["--", host.ssh, "murphy-agent", "recover"]
      printToStandardError("\(host.name):")
      var environment: [String: String] = [:]
      for name in ["PATH", "HOME", "SSH_AUTH_SOCK", "USER"] {
        if let value = getenv(name) { environment[name] = String(cString: value) }
      }
      let pid = try spawn(arguments, environment: environment, input: 0, output: 1, errors: 2)
      if try reap(pid) != 0 { failed.append(host.name) }
    }
    if !failed.isEmpty {
      throw Stop(
        .leftBehind,
        "not known to be clean: \(failed.joined(separator: ", ")); try again, or run murphy-agent recover there"
      )
    }
    print("nothing is left behind")
  }
}
