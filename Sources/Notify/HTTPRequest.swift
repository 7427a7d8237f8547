import CCurl
import FoundationEssentials
import Glibc
import Scenario

/// One HTTP request with a body, by libcurl.
///
/// It follows no redirect, which would carry a token elsewhere, and ignores the environment's proxies.
struct HTTPRequest {
  var method: String
  var url: String
  var fields: [String] = []
  var body: [UInt8]
  /// A file with the certificates to trust; nil for the system's.
  var authority: String?

  /// How long the whole request may take.
  static let timeout = 10
  /// The bytes of an answer that are kept.
  private static let keptAnswer = 4096
  private static let shownAnswer = 200

  /// libcurl is initialized once in a process.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Sends it.
  ///
  /// - Returns: the status and the beginning of the answer: `200 OK`.
  /// - Throws: `Undelivered`, also for a status outside of 200 to 299.
  func send() throws(Undelivered) -> String {
    guard Self.isReady, let easy = curl_easy_init() else { throw Undelivered("libcurl can't be initialized") }
    defer { curl_easy_cleanup(easy) }
    var list: UnsafeMutablePointer<curl_slist>?
    // Without the last field, libcurl waits for a permission to send a longer body.
    for field in ["Content-Type: application/json"] + fields + ["Expect:"] {
      list = curl_slist_append(list, field)
    }
    defer { curl_slist_free_all(list) }
    let answer = Answer(limit: Self.keptAnswer)
    return try withExtendedLifetime(answer) { () throws(Undelivered) in
      var codes = [
        ccurl_set_text(easy, CURLOPT_URL, url), ccurl_set_text(easy, CURLOPT_NOPROXY, "*"),
        ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
        ccurl_set_text(easy, CURLOPT_USERAGENT, "murphy"),
        ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, method),
        ccurl_set_list(easy, CURLOPT_HTTPHEADER, list),
        ccurl_set_bytes_function(easy, CURLOPT_WRITEFUNCTION, takeAnswer),
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(answer).toOpaque()),
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1),
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.timeout * 1000),
        ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, body.count),
      ]
      if let authority { codes.append(ccurl_set_text(easy, CURLOPT_CAINFO, authority)) }
      codes.append(
        body.withUnsafeBytes { bytes in
          // The bytes are copied, and their number was set before.
          ccurl_set_pointer(
            easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        })
      guard codes.allSatisfy({ $0 == CURLE_OK }) else { throw Undelivered("\(url): libcurl refuses it") }
      let code = curl_easy_perform(easy)
      guard code == CURLE_OK else {
        throw Undelivered("\(url): \(String(cString: curl_easy_strerror(code)))")
      }
      var status = 0
      ccurl_long(easy, CURLINFO_RESPONSE_CODE, &status)
      let words =
        "status \(status)" + (answer.text.isEmpty ? "" : ": \(answer.text.prefix(Self.shownAnswer))")
      guard (200...299).contains(status) else { throw Undelivered("\(url): \(words)") }
      return words
    }
  }

  /// The beginning of the answer's body.
  fileprivate final class Answer {
    private let limit: Int
    private var bytes: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    func take(_ part: UnsafeRawBufferPointer) { bytes += part.prefix(limit - bytes.count) }

    /// In one line, without control characters.
    var text: String {
      let text = String(decoding: bytes, as: UTF8.self)
      return String(
        String.UnicodeScalarView(
          text.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }
  }
}

/// libcurl's call for a part of the answer.
private func takeAnswer(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ user: UnsafeMutableRawPointer?
) -> Int {
  guard let bytes, let user else { return 0 }
  Unmanaged<HTTPRequest.Answer>.fromOpaque(user).takeUnretainedValue()
    .take(UnsafeRawBufferPointer(start: bytes, count: size * count))
  return size * count
}

extension HTTPRequest {
  /// A request whose body is JSON, with sorted keys.
  ///
  /// - Throws: `Undelivered`.
  init(_ method: String, _ url: String, fields: [String] = [], json: JSONValue, authority: String?)
    throws(Undelivered)
  {
    self.init(
      method: method, url: url, fields: fields, body: Array(try Self.bytes(json)), authority: authority)
  }

  static func bytes(_ json: JSONValue) throws(Undelivered) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(json)
    } catch {
      throw Undelivered("the notice can't be written as JSON: \(error)")
    }
  }

  /// A URL with a path behind it.
  static func join(_ base: String, _ path: String) -> String {
    (base.hasSuffix("/") ? String(base.dropLast()) : base) + path
  }

  /// Why a token is not sent to a URL; nil if it is.
  static func tokenProblem(_ url: String) -> String? {
    if url.hasPrefix("https://") { return nil }
    let authority = url.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" }
    let local = ["127.0.0.1", "localhost", "[::1]"]
    return local.contains { authority == $0 || authority.hasPrefix("\($0):") }
      ? nil : "a token is sent only over https, or to this machine: expected https://"
  }
}
