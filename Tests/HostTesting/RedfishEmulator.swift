import Foundation
import Glibc
import Linux
import Scenario
import Testing

/// A BMC with Redfish for tests: OpenStack's sushy-tools with its driver for systems without a machine, over TLS, in the
/// calling thread's network namespace.
///
/// The driver acts after a random time. Here a file has this time, and a file has the requests that it has accepted.
package final class RedfishEmulator {
  private static let root = String(#filePath.dropLast("Tests/HostTesting/RedfishEmulator.swift".count))
  private static let python = root + ".build/sushy/bin/python3"
  /// The programs that it needs. `make test` installs sushy-tools.
  package static let programs = [python, "/usr/bin/curl", "/usr/bin/openssl"]

  package static let user = "murphy"
  private static let password = "hunter2hunter2"
  private static let port = 8443
  package static let systems = ["falco", "gannet"].map { "/redfish/v1/Systems/\(uuid($0))" }

  private let folder: String
  private var emulator: ChildProcess?

  /// The file that contains only the password.
  package var passwordFile: String { "\(folder)/password" }
  /// The certificate, which no authority has signed.
  package var certificate: String { "\(folder)/cert.pem" }
  package var url: String { "https://127.0.0.1:\(Self.port)" }
  /// The name that its certificate has besides the address.
  package static let alias = "https://bmc.example.org:\(port)"
  /// Its name in messages and policies.
  package static let name = "127.0.0.1:\(port)"

  /// Starts a BMC whose hosts have power.
  ///
  /// - Parameters:
  ///   - folder: an empty folder for its files.
  ///   - count: the number of its systems, at most two.
  package init(in folder: String, systems count: Int = 1) throws {
    self.folder = folder
    try DurableFile.makeFolder("\(folder)/state")
    try DurableFile.write(Array((Self.password + "\n").utf8), to: passwordFile)
    // The same password, hashed by bcrypt.
    let hash = "$2b$04$cy44PIt7cawtAPYKQUzlkeMFdqkUG3TI70rhOIeRltP1WWWSd4lh2"
    try DurableFile.write(Array("\(Self.user):\(hash)\n".utf8), to: "\(folder)/users")
    try DurableFile.write(Array(Self.program.utf8), to: "\(folder)/emulator.py")
    try DurableFile.write(Array(configuration(count).utf8), to: "\(folder)/configuration.py")
    let made = try ChildProcess.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-days",
      "2",
      "-subj", "/CN=bmc", "-addext", "subjectAltName=IP:127.0.0.1,DNS:bmc.example.org", "-keyout",
      "\(folder)/key.pem", "-out", certificate,
    ])
    guard made.end.isSuccess else { throw NeverHappened("openssl makes a certificate: \(made.errorText)") }
    try set(delay: 0)
    try start()
  }

  deinit { stop() }

  /// Starts the emulator, and waits until it answers.
  package func start() throws {
    emulator = try ChildProcess([
      Self.python, "\(folder)/emulator.py", folder, "--config", "\(folder)/configuration.py",
    ])
    try eventually("the emulator answers") {
      try ChildProcess.run(["curl", "-q", "--silent", "--insecure", url]).end.isSuccess
    }
  }

  /// Ends the emulator, like a BMC that loses its power or its cable.
  package func stop() {
    emulator?.kill()
    emulator = nil
  }

  /// The access of the host of the first system.
  ///
  /// - Parameter system: its path; nil for the service's only one.
  package func access(
    url: String? = nil, system: String? = nil, address: String? = nil, user: String = user,
    passwordFile: String? = nil, trusting: Bool = true
  ) -> Fleet.BMC {
    let service = Fleet.Redfish(
      url ?? self.url, system: system, authority: trusting ? certificate : nil, address: address)
    return Fleet.BMC(.redfish(service), user: user, passwordFile: passwordFile ?? self.passwordFile)
  }

  /// The seconds after which an accepted request is carried out.
  package func set(delay: Int) throws(SystemError) {
    try DurableFile.write(Array("\(delay)".utf8), to: "\(folder)/delay")
  }

  /// The power that is shown, whatever it is; nil for the real one.
  package func set(shown: String?) throws(SystemError) {
    if let shown {
      try DurableFile.write(Array(shown.utf8), to: "\(folder)/shown")
    } else {
      try DurableFile.remove("\(folder)/shown")
    }
  }

  /// Whether the first system has power, as another client reads it.
  package var isOn: Bool {
    get throws { try client(Self.systems[0], []).contains("\"PowerState\": \"On\"") }
  }

  /// Switches the power of the first system, as another client does it.
  package func reset(_ type: String) throws {
    _ = try client(
      Self.systems[0] + "/Actions/ComputerSystem.Reset",
      ["--header", "Content-Type: application/json", "--data", #"{"ResetType": "\#(type)"}"#])
  }

  private func client(_ path: String, _ options: [String]) throws -> String {
    let outcome = try ChildProcess.run(
      [
        "curl", "-q", "--silent", "--show-error", "--fail", "--insecure", "--user",
        "\(Self.user):\(Self.password)",
      ] + options + [url + path])
    guard outcome.end.isSuccess else { throw NeverHappened("the BMC answers: \(outcome.errorText)") }
    return outcome.outputText
  }

  /// The accepted requests so far, in order: `ForceOff`, `On`.
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

  private static func uuid(_ host: String) -> String {
    "\(host == "falco" ? "1" : "2")1111111-1111-4111-8111-111111111111"
  }

  private func configuration(_ count: Int) -> String {
    let systems = ["falco", "gannet"].prefix(count).map {
      "{'uuid': '\(Self.uuid($0))', 'name': '\($0)', 'power_state': 'On', 'external_notifier': False, 'nics': []}"
    }
    return """
      SUSHY_EMULATOR_FAKE_DRIVER = True
      SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'
      SUSHY_EMULATOR_LISTEN_PORT = \(Self.port)
      SUSHY_EMULATOR_SSL_CERT = '\(certificate)'
      SUSHY_EMULATOR_SSL_KEY = '\(folder)/key.pem'
      SUSHY_EMULATOR_AUTH_FILE = '\(folder)/users'
      SUSHY_EMULATOR_STATE_DIR = '\(folder)/state'
      SUSHY_EMULATOR_FAKE_SYSTEMS = [\(systems.joined(separator: ", "))]

      """
  }

  private static let program = """
    import os, random, sys
    folder = sys.argv.pop(1)
    random.randint = lambda low, high: int(open(folder + '/delay').read())
    from sushy_tools.emulator.resources.systems.fakedriver import FakeDriver
    act, show = FakeDriver.set_power_state, FakeDriver.get_power_state
    def set_power_state(self, identity, state):
        # The driver has no machine that could get an interrupt.
        if state != 'Nmi':
            act(self, identity, state)
        with open(folder + '/acts', 'a') as acts:
            acts.write(state + '\\n')
    def get_power_state(self, identity):
        real, shown = show(self, identity), folder + '/shown'
        return open(shown).read() if os.path.exists(shown) else real
    FakeDriver.set_power_state, FakeDriver.get_power_state = set_power_state, get_power_state
    from sushy_tools.emulator.main import main
    sys.exit(main())

    """
}
