import FoundationEssentials
import Glibc
import Linux

/// That no run may have a host for now: who says so, since when, and why.
package struct Hold: Codable, Equatable, Sendable {
  /// Who.
  package var by: String
  /// Since when, by the host's calendar, as ISO 8601 has it.
  package var since: String
  /// Why; empty where nobody said.
  package var reason: String

  /// What is handed to `murphy-agent hold` on its stdin, as one JSON line: no word of it ever passes a shell.
  package struct Order: Codable, Sendable {
    /// Who.
    package var by: String
    /// Why; empty where nobody says.
    package var reason: String

    /// A hold that somebody wants.
    package init(by: String, reason: String) {
      self.by = by
      self.reason = reason
    }
  }

  /// A hold that begins now. What a terminal would take for a command is no part of it.
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

/// A host's hold, on its disk: it outlives a boot, and stands until it is released.
package struct HoldFile: Sendable {
  /// Its path.
  package var path: String

  /// Where a host's hold lies.
  package static let standard = HoldFile(path: "/var/lib/murphy/hold")

  /// A hold at a path.
  package init(path: String) { self.path = path }

  /// Whether the host is held; one call of the kernel's, for where time counts.
  var isSet: Bool { access(path, F_OK) == 0 || errno != ENOENT && errno != ENOTDIR }

  /// Why no run may have the host, and the way out; nil where it isn't held. A hold that can't be read holds.
  package func refusal() -> String? {
    do {
      guard let hold = try read() else { return nil }
      return "\(hold); when runs may go on, run murphy release"
    } catch {
      return
        "held, and who holds it can't be read (\(path): \(error)); when runs may go on, run murphy release"
    }
  }

  /// The hold; nil where there is none.
  ///
  /// - Throws: `SystemError` or `DecodingError` where there is one that can't be read.
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

  /// Holds the host, in place of whoever held it; when this returns, the hold survives a power cut.
  func set(_ hold: Hold) throws {
    try DurableFile.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try DurableFile.write([UInt8](try encoder.encode(hold)), to: path)
  }

  /// Ends the hold; no error where there is none.
  func release() throws(SystemError) { try DurableFile.remove(path) }
}
