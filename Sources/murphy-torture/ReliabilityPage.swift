import Faults
import FoundationEssentials
import Scenario

/// The page with torture's results, in Markdown.
struct ReliabilityPage {
  private let outcomes: [Outcome]
  private let beside: String?
  private let remark: String?
  /// The commit that was tortured, and the date.
  private let measured: String?
  private let trackRecord: String?
  private static let links = [
    "controller", "stdin", "deadline", "agent", "watchdog", "kernel", "process", "recover", "unclear",
    "nothing",
  ]

  init(
    _ outcomes: [Outcome], beside: String? = nil, remark: String? = nil, measured: String? = nil,
    trackRecord: String? = nil
  ) {
    self.outcomes = outcomes
    self.beside = beside
    self.remark = remark
    self.measured = measured
    self.trackRecord = trackRecord
  }

  private static let trackRecordTitle = "## Track record"

  /// The track record of a page, from its title to the page's end; nil if there is none.
  static func trackRecord(of page: String) -> String? {
    page.firstRange(of: "\n\(trackRecordTitle)\n").map { String(page[$0.lowerBound...].dropFirst()) }
  }

  var text: String {
    let matrix = outcomes.filter { !$0.isSpecial }
    let special = outcomes.filter(\.isSpecial)
    let left = outcomes.filter { !$0.residue.isEmpty }
    var lines = [
      "# Reliability", "",
      "No fault outlives its lease: `make torture` measures this, and writes this page. "
        + "`murphy-torture` kills each part of Murphy with SIGKILL, stops it with SIGSTOP, or cuts its connection, at each "
        + "moment of a lease's life, for the variants of faults in the tables. Then it checks independently (rtnetlink, "
        + "nftables, libvirt, the process table, writes to a disk, a guest's own program) for residue. Murphy has no code for torture. In plain namespaces, "
        + "ptrace(2) traces the system calls of the agent or the watchdog, and the strike comes at one of them, each with "
        + "the same probability. In the lab the whole product runs, with real ssh, hosts and guests.",
      "",
      "| | cases | strikes | of them SIGKILL | residue |", "|---|---|---|---|---|",
    ]
    for (title, part) in [
      ("plain namespaces", matrix.filter { $0.part == "namespaces" }),
      ("lab", matrix.filter { $0.part == "lab" }),
      ("special cases", special), ("all", outcomes),
    ] where !part.isEmpty {
      lines.append(
        "| \(title) | \(part.count) | \(part.map(\.strikes).reduce(0, +)) | \(part.map(\.kills).reduce(0, +)) | "
          + "\(part.count { !$0.residue.isEmpty }) |")
    }
    if let measured { lines += ["", "Measured at \(measured)."] }
    lines += gaps
    if let remark { lines += ["", remark] }
    if !left.isEmpty {
      lines += ["", "Residue:", ""]
      for one in left {
        lines.append(
          "- \(one.fault), \(one.who), \(one.how) \(one.moment): \(one.residue.joined(separator: "; ")) (`\(one.again)`)"
        )
      }
    }
    lines += [
      "", "## What reverted it", "",
      "`controller`: the agent reverted the fault at the controller's request. `stdin`: the agent reverted it when its "
        + "input ended. `deadline`: the agent reverted it at the lease's end. `agent`: the agent reverted it because its "
        + "watchdog had ended. `watchdog`: the watchdog reverted it, because the agent had ended or had missed the "
        + "deadline. `kernel`: set elements expired, and no process was left to revert the fault. `process`: the process "
        + "that performs the fault ended it, with the agent or a second after the deadline. `recover`: no process "
        + "was left, and the kernel can't revert the fault; `murphy doctor` reported it, and `murphy recover` reverted it. "
        + "`unclear`: the fault ended immediately, and no process was left to record the cause, or two causes were "
        + "recorded. `nothing`: the strike came before there was a fault.",
      "",
    ]
    lines += table("fault", matrix) { $0.fault }
    lines += [""] + table("victim and strike", matrix) { "\($0.who): \($0.how)" }
    lines += [""] + table("moment", matrix) { $0.moment }
    lines += lateness(matrix)
    lines += [
      "",
      "A test shows that nothing is injected if a host's disk is full or read-only: "
        + "`swift test --filter LeaseDiskSerial`.",
    ]
    if !special.isEmpty {
      lines += [
        "", "## Special cases", "", "| what | fault | reverted by | residue |", "|---|---|---|---|",
      ]
      for one in special {
        lines.append(
          "| \(one.who): \(one.how.replacing("|", with: "\\|")) | \(one.fault) | \(one.link) | \(one.residue.isEmpty ? "nothing" : one.residue.joined(separator: "; ")) |"
        )
      }
    }
    if let beside {
      lines += [
        "", "## Comparison with Chaos Toolkit", "",
        "Both tools injected the same two faults and got the same signals during the fault, by one script "
          + "(`Tests/Comparison/chaostoolkit.sh`). Chaos Toolkit reverts by rollbacks, as its documentation recommends. It "
          + "ran once with its default strategy and once with `--rollback-strategy=always`. It has only one process, so the "
          + "signal goes to this process.", "",
        "```text",
        beside.hasSuffix("\n") ? String(beside.dropLast()) : beside, "```",
      ]
    }
    return lines.joined(separator: "\n") + "\n" + (trackRecord.map { "\n" + $0 } ?? "")
  }

  /// The catalogue's variants that these cases don't cover.
  private var gaps: [String] {
    let covered = Set(outcomes.map(\.fault))
    let variants = Catalogue.builtIn.cases
    let untried = variants.filter { $0.needs != .itsTests && !covered.contains("\($0)") }.map { "\($0)" }
    var own: [String: [String]] = [:]
    for one in variants {
      guard case .byItsTests(let reason) = one.variant.observed else { continue }
      own[reason, default: []].append("\(one)")
    }
    var lines: [String] = []
    if !untried.isEmpty {
      lines += ["", "Variants without a case here: \(untried.sorted().joined(separator: ", "))."]
    }
    if !own.isEmpty {
      lines += ["", "Variants that torture can't try, and that their own tests revert:", ""]
    }
    for (reason, names) in own.sorted(by: { $0.key < $1.key }) {
      lines.append("- \(names.sorted().joined(separator: ", ")): \(reason).")
    }
    return lines
  }

  private func table(_ title: String, _ part: [Outcome], by key: (Outcome) -> String) -> [String] {
    let columns = Self.links.filter { link in part.contains { $0.link == link } }
    var lines = [
      "| \(title) | cases | " + columns.joined(separator: " | ") + " | residue |",
      "|---|---|" + columns.map { _ in "---|" }.joined() + "---|",
    ]
    let groups = Dictionary(grouping: part, by: key)
    for name in groups.keys.sorted() {
      let group = groups[name] ?? []
      let counts = columns.map { link in "\(group.count { $0.link == link })" }
      lines.append(
        "| \(name) | \(group.count) | " + counts.joined(separator: " | ")
          + " | \(group.count { !$0.residue.isEmpty }) |")
    }
    let share = columns.map { link -> String in
      let done = part.count { $0.link != "nothing" }
      let count = part.count { $0.link == link }
      return link == "nothing" || done == 0
        ? "\(count)" : "\(count) (\(1000 * count / done / 10).\(1000 * count / done % 10) %)"
    }
    lines.append(
      "| **all** | \(part.count) | " + share.joined(separator: " | ")
        + " | \(part.count { !$0.residue.isEmpty }) |")
    return lines
  }

  /// Times of a busy machine: the cases run concurrently.
  private func lateness(_ part: [Outcome]) -> [String] {
    var lines = [
      "", "## How late", "",
      "Milliseconds, as observed from outside, with several hosts at a time on one machine. Past the deadline: faults that were active "
        + "until then; the kernel's elements live 1 s longer than their lease, on purpose; if agent and watchdog were "
        + "killed or stopped, a living controller reverts 3 s after the deadline. After the strike: faults that were reverted because "
        + "of the strike. On an idle host, without strikes: `make bench`.", "",
      "| part, reverted by | past the deadline: cases | median | p99 | max | after the strike: cases | median | p99 | max |",
      "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in ["namespaces", "lab"] {
      for link in Self.links {
        let group = part.filter { $0.part == name && $0.link == link }
        let late = group.filter { !$0.endedBeforeBlow }.compactMap(\.lateMs).sorted()
        let after = group.compactMap(\.afterBlowMs).sorted()
        if late.isEmpty, after.isEmpty { continue }
        lines.append("| \(name), \(link) | \(Self.figures(late)) | \(Self.figures(after)) |")
      }
    }
    return lines
  }

  private static func figures(_ sorted: [Double]) -> String {
    guard let most = sorted.last else { return "0 | | | " }
    func rank(_ share: Double) -> Double {
      sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
    }
    let texts = [rank(0.5), rank(0.99), most].map { "\(($0 * 10).rounded() / 10)" }
    return "\(sorted.count) | " + texts.joined(separator: " | ")
  }
}
