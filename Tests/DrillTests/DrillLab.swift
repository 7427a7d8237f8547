import FoundationEssentials
import Glibc
import Lab
import Linux
import ProductTesting

/// A lab that is up, and the built `murphy` to use on it.
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

  struct Said {
    var code: Int32
    var output: String
    var errors: String
  }

  /// The path of the network namespace in which the lab's controller works.
  var networkNamespace: String {
    get throws {
      let fleet = String(decoding: try DurableFile.read(lab.fleetFile), as: UTF8.self)
      let line = fleet.split(separator: "\n").first { $0.hasPrefix("netns:") }
      return line?.split(separator: " ")[2].dropLast().description ?? ""
    }
  }

  /// Runs `murphy` to its end.
  func murphy(_ arguments: String..., and more: [String]) throws -> Said {
    try run([TestProducts.murphy] + arguments + more)
  }

  /// Runs a line as a user's shell does.
  func shell(_ line: some StringProtocol) throws -> Said { try run(["sh", "-c", String(line)]) }

  /// Runs `murphy` on this lab's fleet to its end.
  func murphy(_ arguments: String...) throws -> Said {
    let fleet =
      ["plan", "run", "recover", "hold", "release"].contains(arguments[0]) ? ["--fleet", lab.fleetFile] : []
    return try run([TestProducts.murphy] + arguments + fleet)
  }

  /// Starts `murphy` on this lab's fleet; the caller ends and reaps it.
  func start(_ arguments: String...) throws -> Int32 {
    let null = try Descriptor(open: "/dev/null", O_RDWR)
    return try spawn(
      [TestProducts.murphy] + arguments + ["--fleet", lab.fleetFile], environment: Self.environment,
      input: null.number, output: null.number, errors: null.number)
  }

  /// Runs a shell's line on a host.
  func on(_ host: String, _ line: String) throws -> Said {
    try run(["ssh", "-F", lab.sshConfigFile, host, line], inNetwork: true)
  }

  /// What `virsh` says of the VM on each host.
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

  /// Waits until something is so; a test that waits in vain fails with its name.
  func wait(_ name: String, until isSo: () throws -> Bool) throws {
    for _ in 0..<240 {
      if try isSo() { return }
      usleep(250_000)
    }
    throw NeverCame(name: name)
  }

  struct NeverCame: Error { var name: String }

  private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"]

  private func run(_ arguments: [String], inNetwork isInNetwork: Bool = false) throws -> Said {
    var command = arguments
    if isInNetwork {
      command = ["nsenter", "--net=\(try networkNamespace)"] + arguments
    }
    let output = "\(folder)/output"
    let errors = "\(folder)/errors"
    let files = try [output, errors].map { try Descriptor(open: $0, O_RDWR | O_CREAT | O_TRUNC).duplicate() }
    defer { for file in files { close(file) } }
    let null = try Descriptor(open: "/dev/null", O_RDWR)
    let pid = try spawn(
      command, environment: Self.environment, input: null.number, output: files[0], errors: files[1])
    return Said(
      code: try reap(pid), output: String(decoding: try DurableFile.read(output), as: UTF8.self),
      errors: String(decoding: try DurableFile.read(errors), as: UTF8.self))
  }
}

extension Descriptor {
  /// A number of its own for the same open file, for where it can't be moved to.
  fileprivate borrowing func duplicate() -> Int32 { dup(number) }
}
