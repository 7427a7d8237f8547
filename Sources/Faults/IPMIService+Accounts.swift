/// The accounts of a BMC, which IPMI calls users. No request here has a password.
extension IPMIService {
  /// The name of an account; empty if there is none. Get User Name, IPMI 2.0, table 22-31.
  func accountName(_ number: Int) throws -> String {
    let bytes = try answer(to: [0x06, 0x46, UInt8(number)], attempts: 3)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Whether sessions of an account are accepted. Get User Access, IPMI 2.0, table 22-27, on the channel of the request.
  func accepts(account number: Int) throws -> Bool {
    let bytes = try answer(to: [0x06, 0x44, 0x0E, UInt8(number)], attempts: 3)
    guard bytes.count >= 4 else {
      throw BMCFailure(address: address, reason: "the access of a user has \(bytes.count) bytes, not 4")
    }
    // A BMC that doesn't show whether a user is enabled (0) shows it only by the access to messages, as ipmi_sim does.
    let isDisabled = bytes[1] >> 6 == 2
    let hasMessages = bytes[3] & 0x10 != 0
    return !isDisabled && hasMessages
  }

  /// Enables or disables an account. Set User Password, IPMI 2.0, table 22-32, whose operations 0 and 1 need no password.
  func set(account number: Int, isEnabled: Bool) throws {
    _ = try answer(to: [0x06, 0x47, UInt8(number), isEnabled ? 1 : 0], attempts: 1)
  }
}
