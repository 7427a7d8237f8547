/// A host of the lab, by its name in the postmortem.
enum LabHost: String, CaseIterable, Codable, Sendable {
  case dauntless, excelsior, falco

  var name: String { rawValue }

  /// 1, 2 or 3: Corosync's node id and the last digit of every address.
  var number: Int {
    switch self {
    case .dauntless: 1
    case .excelsior: 2
    case .falco: 3
    }
  }

  /// On `eth1`, where Gluster's traffic runs.
  var internalAddress: String { "10.77.1.1\(number)" }

  /// On `br0` over `eth0`, where management, Corosync and the guests' traffic run.
  var externalAddress: String { "10.77.2.1\(number)" }
}
