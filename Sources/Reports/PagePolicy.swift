import CDigest
import FoundationEssentials

/// The permissions of a page: only its own style and its own script, and no network, form or frame.
enum PagePolicy {
  /// Those of `report.html`.
  static let text = text(style: HTMLTemplate.style, script: PageScript.text)

  /// - Parameter script: Nil for a page without one.
  static func text(style: String, script: String? = nil) -> String {
    "default-src 'none'; style-src \(source(style)); "
      + (script.map { "script-src \(source($0)); " } ?? "") + "base-uri 'none'; form-action 'none'"
  }

  /// An inline style or script, by its SHA-256; see https://www.w3.org/TR/CSP3/#grammardef-hash-source.
  private static func source(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var context = SHA2_CTX()
    SHA256Init(&context)
    SHA256Update(&context, bytes, bytes.count)
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256Final(&digest, &context)
    return "'sha256-\(Data(digest).base64EncodedString())'"
  }
}
