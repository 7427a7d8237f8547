import CCurl
import Scenario

/// libcurl's handles for one service. A handle is used again only after a transfer without an error: libcurl keeps the errno of
/// a failed connection, and would report it for the next error that has none.
final class CurlHandles {
  private let url: String
  private let probe: Fleet.Probe
  private let more: [(CURLoption, Int)]
  /// libcurl's lists of texts, which must exist as long as the handles.
  private let lists: [(option: CURLoption, list: UnsafeMutablePointer<curl_slist>)]
  private let isHeaderRead: Bool
  private var idle: [UnsafeMutableRawPointer] = []

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
    let places = probe.members("resolve").sorted { $0.key < $1.key }.map { name, address in
      let address = address.text ?? ""
      return "\(name)::\(address.contains(":") ? "[\(address)]" : address):"
    }
    lists = [(CURLOPT_HTTPHEADER, fields), (CURLOPT_CONNECT_TO, places)].compactMap { option, lines in
      Self.list(lines).map { (option, $0) }
    }
    self.isHeaderRead = isHeaderRead
    guard let first = make() else { return nil }
    idle.append(first)
  }

  deinit {
    for easy in idle { curl_easy_cleanup(easy) }
    for (_, list) in lists { curl_slist_free_all(list) }
  }

  /// An idle handle, or a new one. Nil if there is no memory.
  func take() -> UnsafeMutableRawPointer? { idle.popLast() ?? make() }

  /// - Parameter isUnharmed: whether its transfer ended without an error.
  func giveBack(_ easy: UnsafeMutableRawPointer, isUnharmed: Bool) {
    if isUnharmed { idle.append(easy) } else { curl_easy_cleanup(easy) }
  }

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
    for (option, list) in lists { codes.append(ccurl_set_list(easy, option, list)) }
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

  /// Nil if there is no line.
  private static func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = curl_slist_append(list, line) }
    return list
  }
}
