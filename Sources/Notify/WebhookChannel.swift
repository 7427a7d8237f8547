import Digest
import FoundationEssentials
import Scenario
import Schedule

/// A webhook, signed as Standard Webhooks 1.0 (https://www.standardwebhooks.com) describes, so that receivers verify it
/// by a library: HMAC-SHA-256 over the id, the time and the body.
struct WebhookChannel: ChannelKind {
  let key = "webhook"
  let summary = "a webhook, by its URL: the notice as JSON, signed"
  let form = ChannelParameter.Form.webURL
  let further = [
    ChannelParameter(
      name: "secret-file",
      summary: "a file that contains only the secret, 'whsec_' and base64, and that only its owner can read",
      form: .path, isRequired: true), .authority,
  ]

  func deliver(_ notice: Notice, to channel: Channel, now: Int) throws(Undelivered) -> String? {
    let path = channel.text("secret-file") ?? ""
    let secret = try SecretFile.read(path)
    guard secret.hasPrefix(Self.prefix),
      let key = Data(base64Encoded: String(secret.dropFirst(Self.prefix.count))),
      key.count >= Self.fewestBytes
    else {
      throw Undelivered(
        "\(path): expected a secret of \(Self.fewestBytes) bytes or more: echo whsec_$(openssl rand -base64 32)"
      )
    }
    let body = try HTTPRequest.bytes(notice.json)
    // A receiver drops a second delivery of the same id.
    let id = "msg_" + SHA256.hex(of: notice.id.utf8).prefix(32)
    let code = SHA256.code(of: Array("\(id).\(now).".utf8) + body, key: Array(key))
    return try HTTPRequest(
      method: "POST", url: channel.text(self.key) ?? "",
      fields: [
        "webhook-id: \(id)", "webhook-timestamp: \(now)",
        "webhook-signature: v1,\(Data(code).base64EncodedString())",
      ], body: Array(body), authority: channel.text("ca")
    ).send()
  }

  private static let prefix = "whsec_"
  /// What the standard demands.
  private static let fewestBytes = 24
}
