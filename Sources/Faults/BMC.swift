import Glibc
import Scenario

/// A change of a host's power, or an interrupt.
enum PowerRequest: Sendable {
  case off
  case on
  case cycle
  case reset
  /// A non-maskable interrupt of the processors.
  case interrupt
}

/// A host's power, as its BMC shows it.
enum PowerState: String, Sendable {
  case on
  case off
  /// It changes from one to the other. Only Redfish shows that.
  case changing
}

/// The interface of a BMC. Each throws the BMC's answer if it refuses, or the reason why there is none.
protocol PowerService {
  func power() throws -> PowerState
  /// The reason why the BMC can't do one of these requests, according to its own list; nil if there is none.
  func lacking(_ requests: [PowerRequest]) throws -> String?
  /// Sends a request. The BMC's acceptance doesn't prove a change of the power.
  ///
  /// It is sent once: if the BMC has received the first one, a repetition would be a second reset.
  func send(_ request: PowerRequest) throws
}

/// The access to a board management controller.
struct BMC: Codable, Sendable {
  /// Its name in the fleet: see `Fleet.BMC.name`.
  let address: String
  let user: String
  let passwordFile: String
  /// The cipher suite of IPMI 2.0; nil if it is reached by Redfish.
  let cipherSuite: Int?
  /// Its Redfish service; nil if it is reached by IPMI. Assignments and records of former versions don't have it.
  let redfish: Fleet.Redfish?

  init(_ bmc: Fleet.BMC) {
    address = bmc.name
    user = bmc.user
    passwordFile = bmc.passwordFile
    switch bmc.interface {
    case .ipmi(_, let suite): (cipherSuite, redfish) = (suite ?? Fleet.BMC.standardCipherSuite, nil)
    case .redfish(let service): (cipherSuite, redfish) = (nil, service)
    }
  }

  private var service: any PowerService {
    if let redfish {
      return RedfishService(name: address, service: redfish, user: user, passwordFile: passwordFile)
    }
    return ipmiService
  }

  private var ipmiService: IPMIService {
    IPMIService(
      address: address, user: user, passwordFile: passwordFile,
      cipherSuite: cipherSuite ?? Fleet.BMC.standardCipherSuite)
  }

  /// Its IPMI.
  ///
  /// - Throws: `BMCFailure` if it is reached by Redfish.
  func ipmi() throws(BMCFailure) -> IPMIService {
    if redfish != nil {
      throw BMCFailure(address: address, reason: "it is reached by Redfish, and this needs IPMI")
    }
    return ipmiService
  }

  /// The host's power. The password file is examined first, so that its error is not reported as the BMC's.
  func powerIfReadable() throws -> PowerState {
    if access(passwordFile, R_OK) != 0 {
      throw BMCFailure(
        address: address, reason: "its password file \(passwordFile) can't be read: errno \(errno)")
    }
    return try power()
  }

  func power() throws -> PowerState { try service.power() }
  func isOn() throws -> Bool { try power() == .on }
  func lacking(_ requests: [PowerRequest]) throws -> String? { try service.lacking(requests) }
  func send(_ request: PowerRequest) throws { try service.send(request) }
}

/// A BMC doesn't answer, or refuses a request.
struct BMCFailure: Error, Equatable, CustomStringConvertible {
  var address: String
  var reason: String
  var description: String { "BMC \(address): \(reason)" }
}
