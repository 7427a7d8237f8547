import FoundationEssentials
import Scenario

/// The measured times.
struct Figures {
  /// The kind of time; each has a block in the table.
  enum Section: String, CaseIterable, Encodable {
    case effect, rested, warm, process, spread, revert

    var title: String {
      switch self {
      case .effect: "receipt of the command to the verified effect"
      case .rested: "limit: the bare call, on open handles, not verified, after 10 ms at rest"
      case .warm: "warm limit: the same call made again at once"
      case .process: "a process with the same effect, start to end"
      case .spread: "three hosts of one step: first to last effect"
      case .revert: "deadline to the verified revert, agent idle"
      }
    }
  }

  /// What is measured.
  struct Subject: Hashable {
    var section: Section
    var name: String
    /// The bare call with the same effect.
    var limit: String?
  }

  private var subjects: [Subject] = []
  private var times: [Subject: [Nanoseconds]] = [:]

  mutating func add(_ section: Section, _ name: String, limit: String? = nil, _ time: Nanoseconds) {
    let subject = Subject(section: section, name: name, limit: limit)
    if times[subject] == nil { subjects.append(subject) }
    times[subject, default: []].append(time)
  }

  /// A subject with the statistics of its times.
  struct Line: Encodable {
    var section: Section
    var name: String
    var n: Int
    /// Nearest ranks, in nanoseconds.
    var median: Nanoseconds
    var p99: Nanoseconds
    var max: Nanoseconds
    /// The bare call after a rest: its median in this run, and the ratio of this line's median to it.
    var limit: Nanoseconds?
    var ratio: Double?
    /// The bare call made again immediately: its median in this run, and the ratio of this line's median to it.
    var warmLimit: Nanoseconds?
    var warmRatio: Double?
  }

  /// All subjects, in the order of their first measurement.
  var lines: [Line] {
    subjects.compactMap { subject in
      guard let times = times[subject]?.sorted(), let longest = times.last else { return nil }
      let median = Self.percentile(50, of: times)
      let limit = self.median(of: subject.limit, .rested)
      let warmLimit = self.median(of: subject.limit, .warm)
      return Line(
        section: subject.section, name: subject.name, n: times.count, median: median,
        p99: Self.percentile(99, of: times), max: longest, limit: limit,
        ratio: limit.map { median.inSeconds / $0.inSeconds }, warmLimit: warmLimit,
        warmRatio: warmLimit.map { median.inSeconds / $0.inSeconds })
    }
  }

  private func median(of bareCall: String?, _ section: Section) -> Nanoseconds? {
    bareCall.flatMap { times[Subject(section: section, name: $0)] }.map {
      Self.percentile(50, of: $0.sorted())
    }
  }

  /// The lowest time that at least this percentage of times does not exceed.
  private static func percentile(_ percent: Int, of sorted: [Nanoseconds]) -> Nanoseconds {
    sorted[(sorted.count * percent + 99) / 100 - 1]
  }

  /// All lines as JSON, times in nanoseconds.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(lines), as: UTF8.self)
  }
}
