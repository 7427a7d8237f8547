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

  /// Reads all records: which numbers exist, and how many records are torn.
  ///
  /// - Parameter trial: the required owner of the log, to which `empty` gave it.
  package func audit(of trial: String, timeout: Nanoseconds) -> WritesAudit {
    do {
      var found: Substring?
      var present: [Int64] = []
      var torn = 0
      for line in try ask("READ", until: "END ", timeout: timeout) {
        let words = line.split(separator: " ")
        switch words.first {
        case "REC":
          guard words.count == 3, let number = Int64(words[1]) else { torn += 1; continue }
          if words[2] == AppendProbe.payload(number) { present.append(number) } else { torn += 1 }
        case "TORN": torn += 1
        case "LOG": found = words.last
        default: continue
        }
      }
      guard let owner = found, owner == trial else {
        return WritesAudit(
          probe: probe.name,
          unreadable: "the records belong to \(found ?? "an unknown owner"), not to this trial (\(trial))")
      }
      return WritesAudit(probe: probe.name, present: Self.ranges(present), torn: torn)
    } catch {
      return WritesAudit(probe: probe.name, unreadable: "\(error)")
    }
  }

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
        let owner = answer.last?.dropFirst("LOG ".count) ?? ""
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

  /// The ascending closed ranges of exactly these numbers.
  static func ranges(_ numbers: [Int64]) -> [[Int64]] {
    var ranges: [[Int64]] = []
    for number in Set(numbers).sorted() {
      if let last = ranges.last, last[1] + 1 == number {
        ranges[ranges.count - 1][1] = number
      } else {
        ranges.append([number, number])
      }
    }
    return ranges
  }
}
