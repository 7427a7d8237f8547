import Journal
import Scenario

/// The reads of one probe's records in an audit.
///
/// Replicas differ while storage heals, and a host may need time until it can read a file again. So a place that could
/// not be read, or that differs from the others, is read again until the audit is 90 s old. A host that doesn't answer
/// is awaited for a shorter time: it was connected when the platform had recovered, or did not return until the cap.
struct PendingReads: Sendable {
  let probe: String
  private let places: [RecordsRead.Place]
  private let began: Nanoseconds
  private var reads: [RecordsRead.Place: RecordsRead] = [:]
  /// When a place is read.
  private var next: [RecordsRead.Place: Nanoseconds] = [:]
  private var awaited: Set<RecordsRead.Place> = []
  /// Since when a host has not answered.
  private var silentSince: [String: Nanoseconds] = [:]

  private static let interval = Nanoseconds.seconds(2)
  private static let patience = Nanoseconds.seconds(90)
  /// How long a host that doesn't answer is awaited.
  private static let silentPatience = Admission.connectPatience

  init(of probe: Fleet.Probe, at now: Nanoseconds) {
    self.probe = probe.name
    places = probe.recordPlaces
    began = now
    for place in places { next[place] = now }
  }

  /// The places that must be read now. Each is returned once, until its read is taken.
  mutating func due(at now: Nanoseconds) -> [RecordsRead.Place] {
    let due = places.filter { next[$0].map { now >= $0 } ?? false }
    for place in due {
      next[place] = nil
      awaited.insert(place)
    }
    return due
  }

  mutating func take(_ read: RecordsRead, at now: Nanoseconds) {
    guard awaited.remove(read.place) != nil else { return }
    reads[read.place] = read
    let isDifferent = isDifferent
    for place in places where !awaited.contains(place) && next[place] == nil {
      if isDifferent || reads[place]?.found == nil { next[place] = now + Self.interval }
    }
  }

  /// A host doesn't answer any more, so its awaited reads will not arrive.
  mutating func lose(_ host: String, at now: Nanoseconds) {
    if silentSince[host] == nil { silentSince[host] = now }
    for place in awaited where place.host == host {
      take(RecordsRead(place, unreadable: Self.silent(host)), at: now)
    }
  }

  /// A host answers again.
  mutating func regain(_ host: String) { silentSince[host] = nil }

  /// Why a place on a host that doesn't answer was not read.
  static func silent(_ host: String) -> String { "\(host) does not answer" }

  /// Whether no further read of a place is awaited.
  private func isSettled(_ read: RecordsRead, at now: Nanoseconds) -> Bool {
    let since = read.place.host.flatMap { silentSince[$0] }
    return read.found != nil || since.map { now - $0 >= Self.silentPatience } ?? false
  }

  /// Whether the places that were read have different records.
  private var isDifferent: Bool {
    let found = reads.values.compactMap(\.found)
    return found.contains { $0.present != found.first?.present || $0.digest != found.first?.digest }
  }

  /// The audit, if no further read can change it or the time is over.
  func final(at now: Nanoseconds) -> WritesAudit? {
    guard places.allSatisfy({ reads[$0] != nil }) else { return nil }
    let isSettled = !isDifferent && reads.values.allSatisfy { self.isSettled($0, at: now) }
    return isSettled || now - began >= Self.patience ? audit(missing: "") : nil
  }

  /// The audit as it is; the missing reads have this reason.
  func audit(missing reason: String) -> WritesAudit {
    WritesAudit(
      probe: probe, reads: places.map { reads[$0] ?? RecordsRead($0, unreadable: reason) })
  }
}
