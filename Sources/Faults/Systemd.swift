import Glibc
import Linux

/// The host's systemd.
package struct Systemd: Sendable {
  /// The folder that exists if systemd runs; see sd_booted(3).
  package var marker = "/run/systemd/system"
  /// Its client.
  package var tool = "systemctl"

  /// A service, as systemd reports it.
  struct Unit: Equatable, Sendable {
    /// Its main process.
    var mainPID: Int32
    /// When systemd starts it again: the setting `Restart=` of systemd.service(5).
    var restart: String

    /// Whether systemd starts it again after SIGKILL: the column "unclean signal" of the table in that manual page.
    var returnsAfterKill: Bool { ["always", "on-failure", "on-abnormal", "on-abort"].contains(restart) }
  }

  /// A running unit.
  ///
  /// - Throws: `UnitRefused`, `ProcessFailure`.
  func unit(_ name: String) throws -> Unit {
    guard access(marker, F_OK) == 0 else { throw UnitRefused.noSystemd(name) }
    // The lines KEY=VALUE are a stable format; see "show" in systemctl(1).
    let text = try ChildProcess.run(
      [tool, "show", "--property=LoadState,ActiveState,MainPID,Restart", "--", name],
      environment: ToolEnvironment.bare, within: .seconds(10)
    ).success()
    var values: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
    }
    guard values["LoadState"] == "loaded" else { throw UnitRefused.unknown(name, values["LoadState"] ?? "?") }
    guard values["ActiveState"] == "active" else {
      throw UnitRefused.inactive(name, values["ActiveState"] ?? "?")
    }
    guard let pid = values["MainPID"].flatMap({ Int32($0) }), pid > 0 else {
      throw UnitRefused.noProcess(name)
    }
    return Unit(mainPID: pid, restart: values["Restart"] ?? "no")
  }
}

/// Why a fault can't hit a unit.
enum UnitRefused: Error, Equatable, CustomStringConvertible {
  /// systemd doesn't run here.
  case noSystemd(String)
  /// systemd has not loaded it: its LoadState.
  case unknown(String, String)
  /// It doesn't run: its ActiveState.
  case inactive(String, String)
  /// It has no main process.
  case noProcess(String)
  /// systemd would not start it again after a kill: its `Restart=`.
  case staysDead(String, restart: String)

  var description: String {
    switch self {
    case .noSystemd(let unit):
      "unit \(unit): systemd doesn't run on this host (/run/systemd/system is missing): name the process by executable"
    case .unknown(let unit, let state): "unit \(unit) is \(state), not loaded: correct its name"
    case .inactive(let unit, let state):
      "unit \(unit) is \(state), not active: start it (systemctl start \(unit))"
    case .noProcess(let unit): "unit \(unit) has no main process: name the process by executable"
    case .staysDead(let unit, let restart):
      "unit \(unit) has Restart=\(restart), so systemd would not start it again after a kill: set Restart=on-failure, "
        + "or write restart: leave"
    }
  }
}
