import Journal
import Metrics

/// The state of an append probe's records after recovery, as text.
struct WrittenData {
  private let writes: WriteMetrics

  init(_ writes: WriteMetrics) { self.writes = writes }

  /// A row of a table.
  struct Row {
    var what: String
    var value: String
    /// The promise that the row decides.
    var promise: Safety.Kind?
  }

  /// The number of a count that was observed and isn't 0.
  private static func some(_ count: Count) -> Int? {
    if case .counted(let count) = count, count > 0 { count } else { nil }
  }

  var rows: [Row] {
    var rows = [
      Row(what: "acknowledged", value: Figures.grouped(writes.acknowledged)),
      Row(
        what: "without an acknowledgement",
        value: Figures.grouped(writes.indeterminate)
          + (writes.presentUnacknowledged.map { "; \(Figures.grouped($0)) of them found, which is allowed" }
            ?? "")),
    ]
    if let present = writes.present {
      rows.append(Row(what: "found after recovery", value: Figures.grouped(present)))
    }
    rows.append(
      Row(
        what: "acknowledged writes lost", value: Self.value(writes.lost, writes.lostRanges),
        promise: .lostWrites))
    var torn = Self.value(writes.torn, writes.tornRanges)
    if let legal = writes.tornUnacknowledged, legal > 0 {
      torn += "; \(Figures.grouped(legal)) more, not acknowledged, which is allowed"
    }
    if let unplaced = writes.tornUnplaced, unplaced > 0 {
      torn += "; \(Figures.grouped(unplaced)) of them with an unknown number"
    }
    rows.append(Row(what: "torn", value: torn))
    rows.append(Row(what: "stale", value: Self.value(writes.stale, writes.staleRanges)))
    if let gone = writes.lostUnconfirmed, gone > 0 {
      rows.append(Row(what: "gone, although later writes build on them", value: Figures.grouped(gone)))
    }
    for read in writes.reads where writes.reads.count > 1 {
      rows.append(Row(what: "\(Self.kind(read)) \(read.place)", value: Self.value(read)))
    }
    if writes.reads.contains(where: { $0.kind == .replica }) {
      rows.append(
        Row(
          what: "replicas that differ", value: Figures.count(writes.differingReplicas), promise: .replicas))
    }
    return rows
  }

  private static func value(_ count: Count, _ ranges: [[Int64]]) -> String {
    let shown = ranges.prefix(8).map { $0.first == $0.last ? "\($0[0])" : "\($0[0])–\($0[1])" }
    return Figures.count(count) + (shown.isEmpty ? "" : ": " + shown.joined(separator: ", "))
      + (ranges.count > 8 ? ", …" : "")
  }

  private static func kind(_ read: ReadMetrics) -> String {
    switch read.kind {
    case .service: "read by"
    case .mount: "read through"
    case .replica: "replica"
    }
  }

  private static func value(_ read: ReadMetrics) -> String {
    if let reason = read.unreadable { return "not read: \(reason)" }
    let records = Figures.things(read.present ?? 0, "record")
    if read.isSame != false { return records }
    return "\(records); \(difference(read))"
  }

  private static func difference(_ read: ReadMetrics) -> String {
    guard let lacking = read.lacking, lacking > 0, let from = read.differsFrom else {
      return "all records, some with another content"
    }
    return "lacks \(Figures.grouped(lacking)), from record \(Figures.grouped(from)) on"
  }

  /// The replicas that differ, and from which record on.
  var differences: [String] {
    writes.reads.filter { $0.kind == .replica && $0.isSame == false }.map {
      "\($0.place): \(Self.difference($0))"
    }
  }

  /// What the platform did not keep, a part each, without the lost writes.
  var parts: [String] {
    var parts: [String] = []
    if let torn = Self.some(writes.torn) { parts.append("\(Figures.grouped(torn)) torn") }
    if let stale = Self.some(writes.stale) { parts.append("\(Figures.grouped(stale)) stale") }
    if let gone = writes.lostUnconfirmed, gone > 0 {
      parts.append("\(Figures.grouped(gone)) gone, although later writes build on them")
    }
    return parts
  }

  /// That no acknowledged write was lost, and how this was checked.
  static func kept(_ trials: [TrialMetrics]) -> String {
    let writes = trials.flatMap(\.writes)
    let checked = Figures.grouped(writes.reduce(0) { $0 + $1.acknowledged })
    let places = writes.map { $0.reads.count { $0.kind != .replica && $0.unreadable == nil } }.min() ?? 0
    let how = places > 1 ? ", each in \(places) cold reads" : ""
    return "No acknowledged write was lost (\(checked) checked\(how))."
  }

  /// That the replicas have the same records.
  static func same(_ trials: [TrialMetrics]) -> String {
    let count = trials.flatMap(\.writes).map { $0.reads.count { $0.kind == .replica } }.max() ?? 0
    return "All \(Figures.things(count, "replica")) \(count == 1 ? "has" : "have") the same records."
  }

  /// The damage to data, a sentence each.
  static func damage(_ trials: [TrialMetrics]) -> [String] {
    func isBroken(_ kind: Safety.Kind, _ writes: WriteMetrics, _ trial: TrialMetrics) -> Bool {
      trial.safety.contains {
        $0.kind == kind && $0.subject == writes.probe && $0.outcome == .broken
      }
    }
    let broken = trials.flatMap { trial in
      trial.writes.filter { isBroken(.lostWrites, $0, trial) }
    }
    func sum(_ part: (WriteMetrics) -> Count) -> Int { broken.reduce(0) { $0 + (some(part($1)) ?? 0) } }
    // A torn record with an unknown number is not known to be acknowledged, or is counted as lost.
    let torn = sum(\.torn) - broken.reduce(0) { $0 + ($1.tornUnplaced ?? 0) }
    func sentence(_ count: Int, _ what: String) -> String? {
      count == 0
        ? nil : "\(Figures.things(count, "acknowledged write")) \(count == 1 ? "was" : "were") \(what)."
    }
    var sentences = [
      sentence(sum(\.lost), "lost"), sentence(torn, "torn"), sentence(sum(\.stale), "stale"),
    ].compactMap { $0 }
    if !sentences.isEmpty, let longest = Span.longest(broken.map(\.recoveryPoint)) {
      sentences.append("The recovery point is \(Figures.span(longest)) before the last lost write.")
    }
    let gone = broken.reduce(0) { $0 + ($1.lostUnconfirmed ?? 0) }
    if gone > 0 {
      sentences.append(
        "\(Figures.things(gone, "write")) on which later ones build \(gone == 1 ? "is" : "are") gone.")
    }
    for trial in trials {
      let which = trials.count == 1 ? "" : " in trial \(trial.trial)"
      for writes in trial.writes where isBroken(.replicas, writes, trial) {
        let differences = WrittenData(writes).differences.joined(separator: "; ")
        sentences.append("Replicas of \(writes.probe) differ\(which): \(differences).")
      }
    }
    return sentences
  }
}
