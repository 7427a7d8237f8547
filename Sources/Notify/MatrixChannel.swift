import Digest
import Scenario
import Schedule

/// A Matrix room, by the client-server API (https://spec.matrix.org/v1.8/client-server-api/).
struct MatrixChannel: ChannelKind {
  let key = "matrix"
  let summary = "a Matrix room, by the URL of the homeserver"
  let form = ChannelParameter.Form.webURL
  let further = [
    ChannelParameter(
      name: "room", summary: "the room's id, as \"!abc:example.org\"", form: .line, isRequired: true),
    .token, .authority,
  ]

  func problem(_ channel: Channel) -> ChannelProblem? {
    if let room = channel.text("room"),
      !(room.hasPrefix("!") && room.utf8.allSatisfy { (33...126).contains($0) })
    {
      return ChannelProblem(
        key: "room", reason: "expected a room's id, such as \"!abc:example.org\", found '\(room)'")
    }
    return channel.text(key).flatMap(HTTPRequest.tokenProblem).map { ChannelProblem(key: key, reason: $0) }
  }

  func deliver(_ notice: Notice, to channel: Channel, now: Int) throws(Undelivered) -> String? {
    let token = try SecretFile.read(channel.text("token-file") ?? "")
    // The homeserver drops a second event of the same transaction.
    let transaction = SHA256.hex(of: notice.id.utf8)
    let path =
      "/_matrix/client/v3/rooms/\(Self.escaped(channel.text("room") ?? ""))/send/m.room.message/\(transaction)"
    return try HTTPRequest(
      "PUT", HTTPRequest.join(channel.text(key) ?? "", path), fields: ["Authorization: Bearer \(token)"],
      json: .object(["msgtype": .string("m.notice"), "body": .string(notice.line)]),
      authority: channel.text("ca")
    ).send()
  }

  /// Percent-encoded as a segment of a path (RFC 3986).
  static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "-._~".utf8.contains(byte)
      return isPlain
        ? String(UnicodeScalar(byte))
        : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
