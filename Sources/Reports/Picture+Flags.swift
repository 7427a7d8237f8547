import Journal
import Metrics
import Scenario
import Views

extension Picture {
  /// The milestones at one moment, below the axis.
  struct Flag {
    let x: Double
    let text: String
    let row: Int

    /// Whether its text is to the left of its pole.
    let isLate: Bool
  }

  static let flagHeight = 16.0

  /// The recovery's milestones, in as many rows as their texts need.
  func flags() -> [Flag] {
    guard let origin = trial.effective?.estimate else { return [] }
    var groups: [(x: Double, names: [String], times: [String])] = []
    for milestone in trial.milestones {
      guard let time = milestone.time.interval?.estimate else { continue }
      let (x, name, text) = (
        axis.x(origin + time), Wording.milestone(milestone.kind, hasManager: began.fleet.hasManager),
        Figures.time(time)
      )
      if let last = groups.last, x - last.x < 4 {
        groups[groups.count - 1].names.append(name)
        if last.times[0] != text { groups[groups.count - 1].times = [last.times[0], text] }
      } else {
        groups.append((x, [name], [text]))
      }
    }
    var flags: [Flag] = []
    // The right end of each row's texts.
    var ends: [Double] = []
    for group in groups {
      let text = group.names.joined(separator: ", ") + " " + group.times.joined(separator: " to ")
      let width = Double(text.count) * 6 + 12
      let isLate = group.x + width > axis.right
      let begin = isLate ? group.x - width : group.x
      let row = ends.firstIndex { $0 <= begin } ?? ends.count
      if row == ends.count { ends.append(0) }
      ends[row] = isLate ? group.x + 8 : group.x + width
      flags.append(Flag(x: group.x, text: text, row: row, isLate: isLate))
    }
    return flags
  }

  func draw(_ flags: [Flag], _ svg: inout SVG, from top: Double) {
    for flag in flags {
      let y = top + Double(flag.row) * Self.flagHeight
      // Above the axis's numbers and below them.
      svg.line(flag.x, top - 22, flag.x, top - 17, "pole")
      svg.line(flag.x, top - 3, flag.x, y + 12, "pole")
      let tip = flag.isLate ? flag.x - 7 : flag.x + 7
      svg.path([(flag.x, y + 2), (tip, y + 6), (flag.x, y + 10)], "flag", closed: true)
      svg.text(
        flag.isLate ? tip - 3 : tip + 3, y + 10, flag.text, "flag-name", anchor: flag.isLate ? "end" : "start"
      )
    }
  }
}
