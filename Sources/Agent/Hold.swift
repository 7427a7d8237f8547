import AgentProtocol
import FoundationEssentials
import Glibc
import Linux

/// A block of all runs on a host.
package struct Hold: Codable, Equatable, Sendable {
  package var by: String
  /// On the host's wall clock, in ISO 8601.
  package var since: String
  /// Empty if no reason was given.
  package var reason: String

  /// The input of `murphy-agent hold` on its stdin, as one JSON line: no part of it passes a shell.
  package struct Order: Codable, Sendable {
    package var by: String
    /// Empty if no reason is given.
    package var reason: String

    package init(by: String, reason: String) {
      self.by = by
      self.reason = reason
    }
  }

  /// A hold that begins now, without control characters for a terminal.
  init(_ order: Order) {
    by = Self.plain(order.by)
    reason = Self.plain(order.reason)
    since = Date(timeIntervalSince1970: Double(Clock.realtime.now / 1_000_000_000)).formatted(.iso8601)
  }

  private static func plain(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
    return String(String.UnicodeScalarView(scalars).prefix(500))
  }
}

extension Hold: CustomStringConvertible {
  /// `held since 2026-11-23T10:00:00Z by root@console: disks are being replaced`.
  package var description: String { "held since \(since) by \(by)" + (reason.isEmpty ? "" : ": \(reason)") }
}

/// A host's hold, on its disk: it survives a boot, and stays until it is released.
package struct HoldFile: Sendable {
  package var path: String

  /// The standard path.
  package static let standard = HoldFile(path: "/var/lib/murphy/hold")

  package init(path: String) { self.path = path }

  /// Whether the host is held; one system call, for time-critical code.
  var isSet: Bool { access(path, F_OK) == 0 || errno != ENOENT && errno != ENOTDIR }

  /// Why no run may use the host; nil if it isn't held. An unreadable hold counts as a hold.
  package func refusal() -> Refusal? {
    do {
      return try read().map { .held(by: $0.by, since: $0.since, reason: $0.reason) }
    } catch {
      return .holdUnreadable(path: path, reason: "\(error)")
    }
  }

  /// The hold; nil if there is none.
  ///
  /// - Throws: `SystemError` or `DecodingError` if it can't be read.
  func read() throws -> Hold? {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try DurableFile.read(path)
    } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
      throw error
    }
    return try JSONDecoder().decode(Hold.self, from: Data(bytes))
  }

  /// Holds the host and replaces an existing hold. When this returns, the hold survives a power cut.
  func set(_ hold: Hold) throws {
    try DurableFile.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try DurableFile.write([UInt8](try encoder.encode(hold)), to: path)
  }

  /// Releases the hold; no error if there is none.
  func release() throws(SystemError) { try DurableFile.remove(path) }
}
