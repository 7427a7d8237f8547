import Glibc
import Journal
import Linux
import Scenario

/// The records that an append probe's service has on its disk.
///
/// Calls block up to `timeout`; run them on a dedicated thread.
package struct StoredRecords: Sendable {
  private let probe: Fleet.Probe
  /// Nil if the target is reached over TLS.
  private let endpoint: Endpoint?

  /// The records that the service of an append probe has stored.
  package init(_ probe: Fleet.Probe) throws(ProbeRefused) {
    guard probe.kind == .append else { throw ProbeRefused(probe, "only an append probe has records") }
    self.probe = probe
    endpoint = probe.target.hasPrefix("tls://") ? nil : try Endpoint(ofTCP: probe)
  }

  /// Reads all records.
  ///
  /// - Parameter trial: the required owner of the log, to which `empty` gave it.
  package func read(of trial: String, timeout: Nanoseconds) -> RecordsRead {
    do {
      var answer = StoredAnswer()
      for line in try ask("READ", until: "END ", timeout: timeout) { answer.take(line) }
      guard answer.layout == AppendRecord.layout else {
        return RecordsRead(.service, unreadable: Self.otherLayout)
      }
      guard let owner = answer.owner, owner == trial else {
        return RecordsRead(
          .service,
          unreadable:
            "the records belong to \(answer.owner ?? "an unknown owner"), not to this trial (\(trial))")
      }
      return RecordsRead(.service, found: answer.found)
    } catch {
      return RecordsRead(.service, unreadable: "\(error)")
    }
  }

  private static let otherLayout =
    "the service has another protocol than this version, which needs \(AppendRecord.layout): install the "
    + "append service of this version"

  /// Deletes all records before a trial. After this returns, no late request of this kind can delete a record of the
  /// trial.
  ///
  /// A service may execute a request long after its client has given up. So a request states the owner from which it
  /// takes the log. Once the trial owns the log, all earlier requests are refused.
  ///
  /// - Parameter trial: a word that no other trial of any run has.
  package func empty(for trial: String, timeout: Nanoseconds) throws(SystemError) {
    let deadline = Clock.monotonic.now + timeout.count
    func left() -> Nanoseconds { Nanoseconds(max(deadline - Clock.monotonic.now, 1_000_000)) }
    while true {
      do throws(SystemError) {
        let answer = try ask("LOG", until: "LOG ", timeout: left())
        var log = StoredAnswer()
        if let line = answer.last { log.take(line) }
        guard log.layout == AppendRecord.layout, let owner = log.owner else {
          throw SystemError(
            "empty the log of", "\(probe.target): \(Self.otherLayout)", errno: EPROTONOSUPPORT)
        }
        if owner == trial { return }
        _ = try ask("RESET \(owner) \(trial)", until: "OK ", timeout: left())
        return
      } catch {
        // The log got another owner meanwhile, or its disk is not ready yet.
        if Clock.monotonic.now + Self.pause >= deadline { throw error }
      }
      usleep(UInt32(Self.pause / 1000))
    }
  }

  private static let pause: Int64 = 200_000_000

  private func ask(_ question: String, until last: String, timeout: Nanoseconds) throws(SystemError)
    -> [Substring]
  {
    guard let endpoint else { return try askSecurely(question, until: last, timeout: timeout) }
    let socket = try endpoint.streamSocket(isBlocking: true)
    let microseconds = Int(timeout.count / 1000)
    var patience = timeval(tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      try checked("setsockopt", probe.target) {
        setsockopt(socket.number, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
      }
    }
    try endpoint.socketAddress.connect(socket.number)
    try socket.write(Array("\(question)\n".utf8), to: probe.target)
    var answer = Answer(until: last, timeout: timeout)
    while true {
      let part = try socket.read(upTo: 65536, from: probe.target)
      if let lines = try answer.take(part, from: probe.target) { return lines }
    }
  }

  private func askSecurely(_ question: String, until last: String, timeout: Nanoseconds) throws(SystemError)
    -> [Substring]
  {
    let handles: CurlHandles?
    do throws(ProbeRefused) {
      handles = try probe.connectionHandles()
    } catch {
      throw SystemError("connect to", "\(probe.target) (\(error.reason))", errno: EINVAL)
    }
    guard let handles else { throw SystemError("connect to", probe.target, errno: EINVAL) }
    let connection = try SecureConnection(handles, to: probe.target, timeout: timeout)
    try connection.write(Array("\(question)\n".utf8))
    var answer = Answer(until: last, timeout: timeout)
    while true {
      let part = try connection.read(upTo: 65536)
      if let lines = try answer.take(part, from: probe.target) { return lines }
    }
  }

  /// The lines of an answer, up to the one with this beginning.
  private struct Answer {
    let last: String
    let deadline: Int64
    var bytes: [UInt8] = []

    init(until last: String, timeout: Nanoseconds) {
      self.last = last
      deadline = Clock.monotonic.now + timeout.count
    }

    /// Reads a part, which is empty at the end. Returns the lines once the last one has arrived.
    mutating func take(_ part: [UInt8], from target: String) throws(SystemError) -> [Substring]? {
      bytes += part
      if bytes.last == UInt8(ascii: "\n") || part.isEmpty {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        if let end = lines.last, end.hasPrefix(last) { return lines }
        if let end = lines.last, end.hasPrefix("ERR "), let code = end.split(separator: " ").dropFirst().first
        {
          throw SystemError("ask", target, errno: Int32(code) ?? EPROTO)
        }
      }
      if part.isEmpty { throw SystemError("read", target, errno: ECONNRESET) }
      if Clock.monotonic.now >= deadline { throw SystemError("read", target, errno: ETIMEDOUT) }
      return nil
    }
  }
}

/// The lines of a service's answer to `READ` or `LOG`.
package struct StoredAnswer {
  private(set) var layout: Int?
  package private(set) var owner: String?
  private var links: [RecordsFound.Link] = []
  private var torn: [Int64] = []
  private var tornUnplaced = 0
  private var older: [Int64] = []

  package init() {}

  package mutating func take(_ line: Substring) {
    let words = line.split(separator: " ")
    switch words.first {
    case "LOG" where words.count == 3:
      layout = Int(words[1])
      owner = String(words[2])
    case "REC": takeRecord(words)
    case "TORN":
      if let number = words.last.flatMap({ Int64($0) }) { torn.append(number) } else { tornUnplaced += 1 }
    case "OLD": if let number = words.last.flatMap({ Int64($0) }) { older.append(number) }
    default: break
    }
  }

  /// A record whose content is not that of its number counts as torn.
  private mutating func takeRecord(_ words: [Substring]) {
    guard words.count == 6, let number = Int64(words[1]), let previous = Int64(words[2]),
      let previousChecksum = UInt32(words[3], radix: 16), let checksum = UInt32(words[4], radix: 16)
    else {
      tornUnplaced += 1
      return
    }
    if words[5] == AppendProbe.payload(number) {
      links.append(
        .init(number: number, checksum: checksum, previous: previous, previousChecksum: previousChecksum))
    } else {
      torn.append(number)
    }
  }

  package var found: RecordsFound {
    RecordsFound(links, torn: torn, tornUnplaced: tornUnplaced, older: older)
  }
}
