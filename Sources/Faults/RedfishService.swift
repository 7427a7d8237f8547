import FoundationEssentials
import Glibc
import Linux
import Scenario

/// A BMC's Redfish service (DMTF DSP0266), which a fault reaches by curl(1).
///
/// curl is a separate process for the same reasons as ipmitool: its time limit also ends a hanging TLS library, and hosts,
/// which run the same agent, need no further library. The password goes to its stdin, so no list of processes shows it.
struct RedfishService: PowerService {
  /// The BMC's name in messages.
  let name: String
  let service: Fleet.Redfish
  let user: String
  let passwordFile: String

  /// The time limit of a request. Boards take up to some seconds to list their state.
  private static let patience = 10

  /// The service's PowerState.
  func power() throws -> PowerState {
    let system = try system()
    switch system.powerState {
    case "On", "Paused": return .on
    case "Off": return .off
    case "PoweringOff", "PoweringOn": return .changing
    case let state?: throw failure("\(system.path) has the unknown PowerState '\(state.prefix(40))'")
    case nil: throw failure("\(system.path) has no PowerState")
    }
  }

  func lacking(_ requests: [PowerRequest]) throws -> String? {
    let system = try system()
    guard let allowed = system.allowedResets else { return nil }
    let lacking = requests.filter { request in allowed.allSatisfy { !request.resetTypes.contains($0) } }
    guard let first = lacking.first else { return nil }
    return "BMC \(name): it has no reset '\(first.resetTypes[0])', only \(allowed.joined(separator: ", "))"
  }

  func send(_ request: PowerRequest) throws {
    let system = try system()
    let types = request.resetTypes
    let type = types.first { system.allowedResets?.contains($0) ?? true } ?? types[0]
    guard let target = system.reset else {
      throw failure("\(system.path) has no action ComputerSystem.Reset")
    }
    _ = try ask(target, body: #"{"ResetType":"\#(type)"}"#, accepting: [200, 202, 204])
  }

  // MARK: The system

  private struct System {
    var path: String
    var powerState: String?
    /// The path of the action that resets it.
    var reset: String?
    /// The resets that the BMC lists; nil if it lists none.
    var allowedResets: [String]?
  }

  private func system() throws -> System {
    let path = try service.system ?? onlySystem()
    let resource = try decode(SystemResource.self, at: path)
    let action = resource.actions?.reset
    return System(
      path: path, powerState: resource.powerState, reset: try action?.target.map(checked),
      allowedResets: action?.allowed)
  }

  /// The path of the system of a service that has only one.
  private func onlySystem() throws -> String {
    let root = "/redfish/v1/Systems"
    let paths = try decode(Systems.self, at: root).members.map { try checked($0.path) }
    guard let path = paths.first, paths.count == 1 else {
      throw failure(
        paths.isEmpty
          ? "\(root) lists no system"
          : "it has \(paths.count) systems: write 'system' for it in the fleet file, one of "
            + paths.prefix(8).joined(separator: ", "))
    }
    return path
  }

  /// A path that the service itself has named. Another server must not get the password.
  private func checked(_ path: String) throws -> String {
    let isPath =
      path.hasPrefix("/") && !path.hasPrefix("//")
      && path.utf8.allSatisfy {
        $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
      }
    if !isPath { throw failure("it names '\(path.prefix(80))', which is not a path") }
    return path
  }

  // MARK: HTTP

  private func decode<Resource: Decodable>(_ type: Resource.Type, at path: String) throws -> Resource {
    let body = try ask(path, body: nil, accepting: [200])
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch {
      throw failure("the answer to GET \(path) is no such resource: \(error)")
    }
  }

  /// Sends one request, and returns the body of its answer.
  private func ask(_ path: String, body: String?, accepting statuses: Set<Int>) throws -> [UInt8] {
    let configuration = Array(try configuration(path, body).utf8)
    let outcome: ProcessOutcome
    do throws(ProcessFailure) {
      outcome = try ChildProcess.run(
        ["curl", "--disable", "--config", "-"], input: configuration,
        within: .seconds(Self.patience + 2), outputLimit: 1 << 20)
    } catch {
      switch error.reason {
      case .system(let failure) where failure.errno == ENOENT:
        throw self.failure("there is no curl here: apt-get install curl")
      case .timeout(let limit): throw failure("no answer within \(limit)")
      default: throw error
      }
    }
    let method = body == nil ? "GET" : "POST"
    guard outcome.end.isSuccess else {
      // Further lines explain how to disable the check of certificates.
      let reason =
        outcome.errorText.split(whereSeparator: \.isNewline).first ?? "curl ended with \(outcome.end)"
      throw failure("\(method) \(path): \(reason)")
    }
    // The last line is the status: see `configuration`.
    let end = outcome.output.lastIndex(of: UInt8(ascii: "\n")) ?? 0
    let answer = Array(outcome.output[..<end])
    let status = Int(String(decoding: outcome.output[end...].dropFirst(), as: UTF8.self))
    guard let status, statuses.contains(status) else {
      throw failure("\(method) \(path): status \(status ?? 0)\(Self.words(answer))")
    }
    return answer
  }

  /// curl's options for one request; see curl(1).
  private func configuration(_ path: String, _ body: String?) throws -> String {
    var options = [
      "silent", "show-error", "globoff", "http1.1", "basic", Self.option("proto", "=https"),
      Self.option("noproxy", "*"), Self.option("max-time", "\(Self.patience)"),
      Self.option("write-out", "\n%{http_code}"), Self.option("header", "OData-Version: 4.0"),
      Self.option("header", "Accept: application/json"),
    ]
    let url = service.url.hasSuffix("/") ? String(service.url.dropLast()) : service.url
    options.append(Self.option("url", url + path))
    options.append(Self.option("user", "\(user):\(try password())"))
    if let authority = service.authority { options.append(Self.option("cacert", authority)) }
    if let address = service.address {
      options.append(Self.option("connect-to", "::\(address.contains(":") ? "[\(address)]" : address):"))
    }
    if let body {
      options.append(Self.option("header", "Content-Type: application/json"))
      options.append(Self.option("data-raw", body))
    }
    return options.joined(separator: "\n") + "\n"
  }

  /// A line of curl's configuration, in which a quoted value has escapes.
  private static func option(_ name: String, _ value: String) -> String {
    var quoted = ""
    for character in value {
      switch character {
      case "\\": quoted += "\\\\"
      case "\"": quoted += "\\\""
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      default: quoted.append(character)
      }
    }
    return "\(name) = \"\(quoted)\""
  }

  /// The first line of the password file, as ipmitool reads it.
  private func password() throws -> String {
    do throws(SystemError) {
      let line = try DurableFile.read(passwordFile).prefix { $0 != UInt8(ascii: "\n") }
      return String(decoding: line, as: UTF8.self)
    } catch {
      throw failure("its password file \(passwordFile) can't be read: errno \(error.errno)")
    }
  }

  /// The BMC's own reason in the body of an error, for display.
  private static func words(_ body: [UInt8]) -> String {
    let words: String
    do {
      let error = try JSONDecoder().decode(ErrorResource.self, from: Data(body)).error
      let details = (error.details ?? []).compactMap(\.message)
      words = details.isEmpty ? error.message ?? "" : details.joined(separator: "; ")
    } catch {
      // It isn't Redfish's form, so it is shown as it is.
      words = String(decoding: body.prefix(200), as: UTF8.self)
    }
    let line = words.prefix(200).map { $0.isNewline ? " " : $0 }
    return line.isEmpty ? "" : ": \(String(line))"
  }

  private func failure(_ reason: String) -> BMCFailure { BMCFailure(address: name, reason: reason) }
}

extension PowerRequest {
  /// Values of ResetType, of which the first one that a BMC allows is sent. Boards that lack `On` have `ForceOn`.
  fileprivate var resetTypes: [String] {
    switch self {
    case .off: ["ForceOff"]
    case .on: ["On", "ForceOn"]
    case .cycle: ["PowerCycle"]
    case .reset: ["ForceRestart"]
    case .interrupt: ["Nmi"]
    }
  }
}

// MARK: - Resources of Redfish, of which only these keys are read

private struct Systems: Decodable {
  var members: [Member]

  struct Member: Decodable {
    var path: String
    enum CodingKeys: String, CodingKey { case path = "@odata.id" }
  }
  enum CodingKeys: String, CodingKey { case members = "Members" }
}

private struct SystemResource: Decodable {
  var powerState: String?
  var actions: Actions?

  struct Actions: Decodable {
    var reset: Action?
    enum CodingKeys: String, CodingKey { case reset = "#ComputerSystem.Reset" }
  }
  struct Action: Decodable {
    var target: String?
    var allowed: [String]?
    enum CodingKeys: String, CodingKey { case target, allowed = "ResetType@Redfish.AllowableValues" }
  }
  enum CodingKeys: String, CodingKey { case powerState = "PowerState", actions = "Actions" }
}

private struct ErrorResource: Decodable {
  var error: Detail

  struct Detail: Decodable {
    var message: String?
    var details: [Message]?
    enum CodingKeys: String, CodingKey { case message, details = "@Message.ExtendedInfo" }
  }
  struct Message: Decodable {
    var message: String?
    enum CodingKeys: String, CodingKey { case message = "Message" }
  }
}
