import Agent
import AgentProtocol
import ArgumentParser
import Files
import FoundationEssentials
import Glibc
import Linux
import Runner
import Scenario
import Views

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract:
      "Queries hosts over ssh, and writes a fleet file and a policy for each host; changes nothing on the hosts.",
    discussion: """
      It needs ssh, but no murphy-agent on the hosts. There it runs ip -j address, ip -j route, \
      virsh list and \(Views.all.flatMap(\.discovery).map { "\($0.command)" }.joined(separator: ", ")), all of which only read. Networks are the subnets in which \
      several hosts have an address; the link is derived from it: a bridge's port, a bond, a VLAN. Files that \
      exist are never overwritten.
      """)

  @Option(help: "The fleet's name.") var name = "ours"
  @Option(help: "The folder to write to.") var out = "."
  @Option(help: "A client configuration for ssh -F.") var sshConfig: String?
  @Option(help: "A network namespace for the controller: a path such as /run/netns/NAME.") var netns: String?
  @Option(help: "How the ssh user becomes root: sudo.") var become: Become?
  @Argument(help: "The ssh destination of each host, such as root@falco.") var hosts: [String]

  enum Become: String, ExpressibleByArgument, CaseIterable {
    case sudo
    var value: Fleet.Host.Become { .sudo }
  }

  func validate() throws { try refuseEmpty(["--out": out, "--ssh-config": sshConfig, "--netns": netns]) }

  func run() throws {
    let sshConfig = try sshConfig.map { try Self.absolute($0) }
    try checkDestinations()
    let fleetFile = path(of: "fleet.yaml", in: out)
    try refuseExisting([fleetFile])
    try enterControllerNamespace(
      of: Fleet(name: name, netns: netns.map { Fleet.NetworkNamespace(path: $0) }))
    let draft = FleetDraft(
      destinations: hosts.map { ($0, become?.value) }, portraits: try portraits(sshConfig))
    var files = [(fleetFile, draft.fleetFile(named: name, sshConfig: sshConfig, netns: netns))]
    for (index, host) in draft.hosts.enumerated() {
      files.append((path(of: "agent-\(host.name).json", in: out), try draft.policyFile(of: index)))
    }
    // The written files must pass check. If they don't, this program has a defect.
    let parsed = try FleetFile.parse(text: files[0].1, file: fleetFile)
    for (file, text) in files.dropFirst() { _ = try Policy(Array(text.utf8), file: file) }
    try refuseExisting(files.map(\.0))
    for (file, text) in files {
      try writeNew(text, to: file)
      print(file)
    }
    for warning in parsed.diagnostics { printToStandardError(warning.description) }
    for gap in draft.gaps { printToStandardError("not known: \(gap)") }
    printToStandardError(nextSteps(draft, files.map(\.0), sshConfig))
  }

  /// Destinations and names have the form of the fleet file.
  private func checkDestinations() throws {
    let entries = hosts.enumerated().map { index, host in
      "  h\(index): {ssh: \"\(host.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\", links: {}}\n"
    }
    let text =
      "fleet: \"\(name.filter { $0 != "\"" && $0 != "\\" })\"\nquorum: 1\nhosts:\n" + entries.joined()
    do throws(FileRefused) {
      _ = try FleetFile.parse(text: text, file: "")
    } catch {
      throw Stop(
        .badInput,
        error.diagnostics.map { diagnostic in
          let host = diagnostic.line > 3 ? hosts[min(diagnostic.line - 4, hosts.count - 1)] : "--name"
          return "\(host): error: \(diagnostic.message)"
        }.joined(separator: "\n"))
    }
    for host in hosts where host.contains(",") {
      throw Stop(.badInput, "\(host): error: hosts are separated by spaces, not by ','")
    }
    var seen: Set<String> = []
    for host in hosts where !seen.insert(host).inserted { throw Stop(.badInput, "\(host) is given twice") }
  }

  private func portraits(_ sshConfig: String?) throws -> [HostPortrait] {
    let asked = hosts.map { Fleet.Host(name: $0, ssh: $0, links: [:]) }
    var portraits: [HostPortrait] = []
    var failures: [String] = []
    for (host, output) in zip(hosts, try HostPortrait.script.run(on: asked, configuration: sshConfig)) {
      do {
        portraits.append(try HostPortrait(output.get()))
      } catch {
        failures.append("\(host): \(error)")
      }
    }
    if !failures.isEmpty {
      throw Stop(.refused, (failures + ["nothing was written"]).joined(separator: "\n"))
    }
    return portraits
  }

  private static func absolute(_ path: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard realpath(path, &buffer) != nil else {
      throw Stop(.badInput, "--ssh-config: \(SystemError("open", path, errno: errno))")
    }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The next steps, as commands. ssh's stdin may be a socket, which install(1) can't open, so `cat` makes a pipe of
  /// it.
  private func nextSteps(_ draft: FleetDraft, _ files: [String], _ sshConfig: String?) -> String {
    let inside = netns.map { "nsenter --net=\($0) " } ?? ""
    let ssh = "  \(inside)ssh \(sshConfig.map { "-F \($0) " } ?? "")"
    var lines = ["", "Next: read \(files[0]) and the policies. Then:", ""]
    let agent = isInstalledByPackage ? "/usr/bin/murphy-agent" : AgentDeployment.place
    // The only host loses all of its services with its link.
    let first = draft.hosts.count == 1 && !draft.machines.isEmpty ? "vm.freeze" : "link.drop"
    lines +=
      isInstalledByPackage
      ? ["  murphy deploy --fleet \(files[0])"]
      : [
        "  make agent   # in Murphy's repository: builds the agent that the next command copies",
        "  murphy deploy --fleet \(files[0]) --agent .build/host/release/murphy-agent",
      ]
    for (index, host) in draft.hosts.enumerated() {
      let install = "cat | \(host.become == .sudo ? "sudo " : "")install"
      lines.append("")
      if host.become == .sudo {
        lines += [
          "  # sudo on \(host.name): in /etc/sudoers.d/murphy, without requiretty:",
          "  #   \(host.sudoersLine(for: agent))",
          "  # murphy deploy also needs sh there, and this command install:",
        ]
      }
      if draft.portraits[index].hasPolicy {
        lines.append(
          "  # \(host.name) already has a policy: compare /etc/murphy/agent.json with this one first")
      }
      lines.append(
        "\(ssh)\(host.ssh) '\(install) -D -m 644 /dev/stdin /etc/murphy/agent.json' < \(files[index + 1])")
    }
    lines += [
      "", "Then, from here:", "", "  murphy check \(files[0])",
      "  murphy new first --fault \(first) --fleet \(files[0])",
      "  murphy plan first.yaml --fleet \(files[0])", "  murphy run first.yaml --fleet \(files[0])",
    ]
    return lines.joined(separator: "\n")
  }
}
