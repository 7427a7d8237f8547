import Glibc
import Linux

/// A board management controller for tests and torture: OpenIPMI's simulator, ipmi_sim, in the calling thread's network
/// namespace. The power is a file, so that tests can read it without IPMI.
package final class SimulatedBMC {
  /// The programs that it needs.
  package static let programs = ["/usr/bin/ipmi_sim", "/usr/bin/ipmitool"]

  package static let user = "murphy"
  /// The number of another account, named `fencing`, with the same password.
  package static let fencer = 3
  package let address: String
  /// The file that contains only the password.
  package var passwordFile: String { "\(folder)/password" }

  private let folder: String
  private var simulator: ChildProcess?

  /// Starts a BMC whose host has power.
  ///
  /// - Parameters:
  ///   - folder: an empty folder for its files.
  ///   - address: an address of the namespace.
  package init(in folder: String, at address: String = "127.0.0.1") throws {
    self.folder = folder
    self.address = address
    try DurableFile.makeFolder("\(folder)/state")
    try DurableFile.write(Array("power:1\n".utf8), to: powerFile)
    try DurableFile.write(Array("hunter2hunter2".utf8), to: passwordFile)
    try DurableFile.write(Array(configuration.utf8), to: "\(folder)/lan.conf")
    try DurableFile.write(Array(Self.emulation.utf8), to: "\(folder)/sim.emu")
    try DurableFile.write(Array(chassisScript.utf8), to: "\(folder)/chassis.sh")
    try start()
  }

  deinit { stop() }

  /// Starts the simulator, and waits until it answers.
  package func start() throws {
    simulator = try ChildProcess([
      "ipmi_sim", "-c", "\(folder)/lan.conf", "-f", "\(folder)/sim.emu", "-s", "\(folder)/state", "-n",
    ])
    for _ in 0..<100 {
      if try isAnswered(by: Self.user) { return }
    }
    throw SystemError("start", "ipmi_sim", errno: ETIMEDOUT)
  }

  /// Ends the simulator, like a BMC that loses its power or its cable.
  package func stop() {
    simulator?.kill()
    simulator = nil
  }

  private var powerFile: String { "\(folder)/power" }

  /// Whether the host has power.
  package var isOn: Bool {
    get throws(SystemError) { try DurableFile.read(powerFile) == Array("power:1\n".utf8) }
  }

  /// Switches the host's power without the BMC, as the host's power button does.
  package func set(on: Bool) throws(SystemError) {
    try DurableFile.write(Array("power:\(on ? 1 : 0)\n".utf8), to: powerFile)
  }

  /// Whether the BMC accepts every command and does nothing.
  package func set(idle: Bool) throws(SystemError) {
    if idle {
      try DurableFile.write([], to: "\(folder)/idle")
    } else {
      try DurableFile.remove("\(folder)/idle")
    }
  }

  /// Whether the other account can open a session, as fencing does.
  package var acceptsFencer: Bool {
    get throws { try isAnswered(by: "fencing", within: 3) }
  }

  /// A refused session ends at once; only a BMC that doesn't answer takes the whole time.
  private func isAnswered(by user: String, within seconds: Int = 1) throws -> Bool {
    try isAccepted(["raw", "0", "1"], by: user, within: seconds)
  }

  /// Whether ipmitool succeeds with these words as an account.
  package func isAccepted(_ words: [String], by user: String = user, within seconds: Int = 3) throws -> Bool {
    try ChildProcess.run(
      [
        "ipmitool", "-I", "lanplus", "-C", "3", "-N", "\(seconds)", "-R", "1", "-H", address, "-U", user,
        "-f",
        passwordFile,
      ] + words
    ).end.isSuccess
  }

  /// The commands so far, in order: `power 0`, `power 1`, `reset 1`.
  package var acts: [String] {
    get throws(SystemError) {
      do throws(SystemError) {
        let text = String(decoding: try DurableFile.read("\(folder)/acts"), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map(String.init)
      } catch {
        if error.errno == ENOENT { return [] }
        throw error
      }
    }
  }

  private var configuration: String {
    """
    name "simulated"
    set_working_mc 0x20
    startlan 1
      addr \(address) 623
      priv_limit admin
      allowed_auths_admin md5
      guid 6d757270687940008000000000000001
    endlan
    chassis_control "sh \(folder)/chassis.sh"
    user 2 true "\(Self.user)" "hunter2hunter2" admin 10 md5
    user \(Self.fencer) true "fencing" "hunter2hunter2" admin 10 md5

    """
  }

  private static let emulation = """
    mc_setbmc 0x20
    mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
    sel_enable 0x20 1000 0x0a
    mc_enable 0x20

    """

  private var chassisScript: String {
    """
    case "$*" in
      "get power") cat \(powerFile); exit ;;
      *) [ ! -e \(folder)/idle ] || exit 0 ;;
    esac
    case "$*" in
      "set power 0") echo power:0 > \(powerFile) ;;
      "set power 1") echo power:1 > \(powerFile) ;;
      "set reset 1") ;;
      *) exit 1 ;;
    esac
    shift
    echo "$*" >> \(folder)/acts

    """
  }
}
