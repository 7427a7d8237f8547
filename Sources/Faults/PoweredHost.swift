import Glibc

/// A host whose BMC can switch it on: the undo of the faults after which a host may be without power.
struct PoweredHost: Sendable {
  var host: String
  var bmc: BMC

  /// A reason why the BMC can't do these requests on a host with power; empty if there is none.
  func missing(for requests: [PowerRequest], otherwise consequence: String) -> [String] {
    do {
      switch try bmc.powerIfReadable() {
      case .on: return try bmc.lacking(requests).map { [$0] } ?? []
      case .off: return ["\(host) has no power according to its BMC \(bmc.address): \(consequence)"]
      case .changing:
        return ["\(host)'s power is changing according to its BMC \(bmc.address): try again later"]
      }
    } catch {
      return ["\(error)"]
    }
  }

  /// Switches the power on if it is off, and verifies that it is on.
  func switchOn() throws {
    switch try bmc.power() {
    case .on: return
    case .off: try bmc.send(.on)
    case .changing: break
    }
    // Boards take up to two seconds. If this is not enough, the revert is repeated.
    for _ in 0..<20 {
      if try bmc.isOn() { return }
      usleep(100_000)
    }
  }

  /// Whether the power is not on.
  func residue() throws -> [String] {
    let power = try bmc.power()
    return power == .on ? [] : ["\(host)'s BMC \(bmc.address) shows its power \(power)"]
  }
}

// The access to the BMC is beside the host's name, as in the records of former versions.
extension PoweredHost: Codable {
  private enum Key: CodingKey { case host }

  init(from decoder: any Decoder) throws {
    host = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .host)
    bmc = try BMC(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(host, forKey: .host)
    try bmc.encode(to: encoder)
  }
}
