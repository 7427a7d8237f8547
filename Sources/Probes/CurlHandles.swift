import CCurl
import Scenario

/// libcurl's handles for one service, each of which is used again after its transfer.
final class CurlHandles {
  private let url: String
  private let probe: Fleet.Probe
  private let more: [(CURLoption, Int)]
  private let fields: [String]
  private let isHeaderRead: Bool
  private var idle: [UnsafeMutableRawPointer] = []
  private var lists: [UnsafeMutablePointer<curl_slist>] = []

  /// Nil if libcurl refuses an option.
  ///
  /// - Parameters:
  ///   - more: options in addition to those that all services have.
  ///   - fields: the fields of the request's header.
  ///   - isHeaderRead: whether the response's header is read line by line.
  init?(
    _ url: String, for probe: Fleet.Probe, _ more: [(CURLoption, Int)] = [], fields: [String] = [],
    isHeaderRead: Bool = false
  ) {
    self.url = url
    self.probe = probe
    self.more = more
    self.fields = fields
    self.isHeaderRead = isHeaderRead
    guard let first = make() else { return nil }
    idle.append(first)
  }

  deinit {
    for easy in idle { curl_easy_cleanup(easy) }
    for list in lists { curl_slist_free_all(list) }
  }

  /// An idle handle, or a new one. Nil if there is no memory.
  func take() -> UnsafeMutableRawPointer? { idle.popLast() ?? make() }

  func giveBack(_ easy: UnsafeMutableRawPointer) { idle.append(easy) }

  private func make() -> UnsafeMutableRawPointer? {
    guard let easy = curl_easy_init() else { return nil }
    var codes = [
      ccurl_set_text(easy, CURLOPT_URL, url),
      // The environment's proxy is not used, and the environment is not searched for it.
      ccurl_set_text(easy, CURLOPT_NOPROXY, "*"),
      ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
      ccurl_set_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https"),
      ccurl_set_text(easy, CURLOPT_USERAGENT, "murphy"),
      ccurl_set_text(easy, CURLOPT_CAPATH, nil),
      ccurl_set_bytes_function(easy, CURLOPT_WRITEFUNCTION, transferBody),
      ccurl_set_open_socket(easy, transferSocket),
    ]
    if isHeaderRead { codes.append(ccurl_set_bytes_function(easy, CURLOPT_HEADERFUNCTION, transferHeader)) }
    if let path = probe.text("ca") { codes.append(ccurl_set_text(easy, CURLOPT_CAINFO, path)) }
    let places = probe.members("resolve").sorted { $0.key < $1.key }.map { name, address in
      let address = address.text ?? ""
      return "\(name)::\(address.contains(":") ? "[\(address)]" : address):"
    }
    for (option, lines) in [(CURLOPT_HTTPHEADER, fields), (CURLOPT_CONNECT_TO, places)] where !lines.isEmpty {
      codes.append(ccurl_set_list(easy, option, list(lines)))
    }
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FRESH_CONNECT, 1), (CURLOPT_FORBID_REUSE, 1),
      (CURLOPT_DNS_CACHE_TIMEOUT, 0), (CURLOPT_SSL_SESSIONID_CACHE, 0),
      // A resolver that hangs must not delay the prober.
      (CURLOPT_QUICK_EXIT, 1),
      // The system's certificates are read once. libcurl does this only if it has no folder of certificates.
      (CURLOPT_CA_CACHE_TIMEOUT, -1),
    ]
    codes += (numbers + more).map { ccurl_set_long(easy, $0, $1) }
    if codes.allSatisfy({ $0 == CURLE_OK }) { return easy }
    curl_easy_cleanup(easy)
    return nil
  }

  /// libcurl's list of texts. It must exist as long as this object.
  private func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = curl_slist_append(list, line) }
    if let list { lists.append(list) }
    return list
  }
}
