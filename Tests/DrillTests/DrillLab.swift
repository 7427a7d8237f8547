import FoundationEssentials
import Glibc
import Lab
import Linux
import ProductTesting

/// A running lab, and the built `murphy` to use on it.
struct DrillLab {
  let lab: Lab
  let folder: String

  var runs: String { "\(folder)/runs" }

  /// A scenario of one fault, short enough for a test.
  func scenario(fault: String, target: String, lasting: String, mode: String? = nil) throws -> String {
    let path = "\(folder)/\(fault).yaml"
    let text = """
      scenario: \(fault.filter { $0 != "." })
      steady: {for: 3s, probes: [website, writes], views: [manager]}
      timeline:
        - {at: 0s, fault: \(fault), target: \(target), for: \(lasting)\(mode.map { ", mode: \($0)" } ?? "")}
      recovery: {stable: 3s, no-progress: 60s, cap: 3m}
      objectives: {residue: max 0}

      """
    try DurableFile.write(Array(text.utf8), to: path)
    return path
  }

  struct Printed {
    var code: Int32
    var output: String
    var errors: String

    /// The folder of the run, which `murphy run` prints last.
    var folder: String { output.split(separator: "\n").last.map(String.init) ?? "" }
  }

  /// The path of the network namespace of the lab's controller.
  var networkNamespace: String {
    get throws {
      let fleet = String(decoding: try DurableFile.read(lab.fleetFile), as: UTF8.self)
      let line = fleet.split(separator: "\n").first { $0.hasPrefix("netns:") }
      return line?.split(separator: " ")[2].dropLast().description ?? ""
    }
  }

  /// Runs `murphy` to its end.
  func murphy(_ arguments: String..., and more: [String]) throws -> Printed {
    try run([TestProducts.murphy] + arguments + more)
  }

  /// Runs a line in a shell, as a user does.
  func shell(_ line: some StringProtocol) throws -> Printed { try run(["sh", "-c", String(line)]) }

  /// Runs `murphy` on this lab's fleet to its end.
  func murphy(_ arguments: String...) throws -> Printed {
    let fleet =
      ["plan", "run", "recover", "hold", "release"].contains(arguments[0]) ? ["--fleet", lab.fleetFile] : []
    return try run([TestProducts.murphy] + arguments + fleet)
  }

  /// Starts `murphy` on this lab's fleet.
  func start(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess(
      [TestProducts.murphy] + arguments + ["--fleet", lab.fleetFile], environment: Self.environment)
  }

  /// Runs a shell's line on a host.
  func on(_ host: String, _ line: String) throws -> Printed {
    try run(["ssh", "-F", lab.sshConfigFile, host, line], inNetwork: true)
  }

  /// The VM's state on each host, by `virsh`.
  func states() throws -> String {
    try ["dauntless", "excelsior", "falco"].map { try on($0, "virsh domstate web 2> /dev/null; true").output }
      .joined()
  }

  /// Links, addresses, routes, filters, domains and Murphy's own files of each host.
  func everythingThatAFaultCouldTouch() throws -> [String] {
    try ["dauntless", "excelsior", "falco"].map { host in
      try on(
        host,
        "ip -o link | sed 's/ qlen.*//'; ip -o address; ip route show table all; nft list ruleset; virsh list --all; "
          + "find /var/lib/murphy/leases /run -name '*murphy*' 2> /dev/null; ls /etc/murphy"
      ).output
    }
  }

  /// Waits for a condition; on timeout the test fails with its name.
  func wait(_ name: String, until isSo: () throws -> Bool) throws {
    for _ in 0..<240 {
      if try isSo() { return }
      usleep(250_000)
    }
    throw NeverCame(name: name)
  }

  struct NeverCame: Error { var name: String }

  private static let environment = ToolEnvironment.root

  private func run(_ arguments: [String], inNetwork isInNetwork: Bool = false) throws -> Printed {
    var command = arguments
    if isInNetwork {
      command = NamespaceEntry.command(arguments, inNetworkAt: try networkNamespace)
    }
    let outcome = try ChildProcess.run(command, environment: Self.environment)
    return Printed(
      code: outcome.end.code ?? -1, output: outcome.outputText, errors: outcome.errorText)
  }
}

/// Runs `body` with a lab that is up, and removes the lab afterwards, also after an error.
func withLab(_ spec: LabSpec? = nil, _ body: (DrillLab) throws -> Void) async throws {
  let id = String(UUID().uuidString.prefix(8)).lowercased()
  let root = "/var/tmp/murphy-drill-\(id)"
  let lab = try Lab(
    name: "t-\(id)", spec: spec, stateRoot: "\(root)/labs", agent: TestProducts.agent,
    append: TestProducts.append)
  var outcome = Result<Void, any Error>.success(())
  do {
    try await lab.up { _ in }
    try body(DrillLab(lab: lab, folder: root))
  } catch {
    outcome = .failure(error)
  }
  _ = try await lab.down()
  try FileManager.default.removeItem(atPath: root)
  try outcome.get()
}
