import Faults
import Linux
import Scenario

extension Instruments {
  /// The handles of an agent. Unlike those of other programs, they can reboot the host, if its policy names that fault.
  static func ofAgent() -> Instruments {
    let instruments = Instruments()
    instruments.hostRestart = .own { Policy.denialOfReboot() }
    return instruments
  }
}

extension Policy {
  /// Why the host's own policy doesn't allow that the host reboots; nil if it does.
  ///
  /// The file is always that of a host, also for the agent of a controller, and a pattern isn't enough: a policy that allows
  /// everything may be a test's.
  static func denialOfReboot(_ path: String = Policy.path) -> String? {
    do {
      let name = HostReboot.description.name
      return try read(path).damage.contains(name)
        ? nil : "\(path) must name \(name) itself in \"damage\"; a pattern such as \"*\" doesn't allow it"
    } catch {
      return "\(error)"
    }
  }
}
