import AgentProtocol
import Faults
import FoundationEssentials
import Glibc
import Libvirt
import Linux
import Netlink
import Scenario
import Views

/// The fingerprint of a host, which shows whether runs are comparable.
enum Survey {
  /// Reads the versions of the host's parts; missing parts are left out.
  ///
  /// - Parameter configurations: for each view, the tools that print the configuration of the part that it shows.
  static func fingerprint(
    configurations: [(spec: ViewSpec, commands: [[String]])], using instruments: Instruments
  ) -> [String: String] {
    var found: [String: String] = [:]
    var system = utsname()
    if uname(&system) == 0 {
      found["kernel"] = withUnsafeBytes(of: &system.release) { text in
        String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
      }
    }
    if let hypervisor = try? instruments.hypervisor() {
      found["libvirt"] = (try? hypervisor.libvirtVersion()).map { "\($0)" }
      found["qemu"] = (try? hypervisor.hypervisorVersion()).map { "\($0)" }
    }
    for (name, command) in Views.all.flatMap(\.versions) { found[name] = version(of: command) }
    for (spec, commands) in configurations {
      let answers = commands.map {
        ViewAnswer(running: $0, within: .seconds(10), outputLimit: RequestLine.lengthLimit)
      }
      found.merge(spec.fingerprint(answers)) { $1 }
    }
    for link in (try? instruments.routes().links()) ?? [] where link.name != "lo" && link.kind != "tun" {
      found["link.\(link.name).mtu"] = "\(link.mtu)"
      // Megabits; -1 or an error if the device has no rate. See sysfs-class-net in the kernel's ABI.
      let file = "/sys/class/net/\(link.name)/speed"
      if let bytes = try? DurableFile.read(file), let rate = Int(text(bytes)), rate > 0 {
        found["link.\(link.name).rate"] = "\(rate) Mbit/s"
      }
    }
    return found
  }

  /// The names of the running domains.
  static func running(using instruments: Instruments) throws(LibvirtError) -> [String] {
    try instruments.hypervisor().domains(.active).map(\.name).sorted()
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// The first word with a digit and a dot in a program's version output.
  private static func version(of arguments: [String]) -> String? {
    guard let outcome = try? ChildProcess.run(arguments, within: .seconds(5)) else { return nil }
    let words = outcome.outputText.split(whereSeparator: { $0.isWhitespace || $0 == "'" || $0 == "," })
    return words.first { $0.contains(".") && $0.first?.isNumber == true }.map(String.init)
  }
}
