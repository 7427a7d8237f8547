import Journal
import Metrics
import Scenario

extension Picture {
  /// The states of a view with their times, beginning with the state at the start of the trial.
  private func stretches<State>(_ state: (Event) -> State?) -> [(
    begin: Nanoseconds, end: Nanoseconds, state: State
  )] {
    var stretches: [(begin: Nanoseconds, end: Nanoseconds, state: State)] = []
    for entry in entries where entry.at <= trial.end {
      guard let state = state(entry.event) else { continue }
      let at = max(entry.at, axis.begin)
      if !stretches.isEmpty { stretches[stretches.count - 1].end = at }
      stretches.append((at, trial.end, state))
    }
    return stretches.filter { $0.begin < $0.end }
  }

  /// The host whose belief a lane shows: `by dauntless`; nil if the journal doesn't have it or the controller was the
  /// vantage.
  private func source(_ view: Fleet.View) -> String? {
    guard let hosts = trial.sources?.first(where: { $0.view == view.name })?.hosts else { return nil }
    return "by " + (hosts.count > 2 ? "\(Set(hosts).count) hosts in turn" : hosts.joined(separator: ", "))
  }

  /// Storage: the number of replicas online, and below it the heal backlog.
  func storage(_ view: Fleet.View) -> Lane {
    let stretches = self.stretches { event -> StorageState? in
      if case .viewSeen(view.name, .storage(let state), _, isAside: false) = event { return state }
      return nil
    }
    let most = max(stretches.filter { $0.state.unknown == nil }.map(\.state.healBacklog).max() ?? 0, 1)
    return Lane(name: view.name, note: "copies, heal backlog", source: source(view), height: 60) { svg, top in
      if stretches.isEmpty { svg.text(axis.left + 6, top + 12, "no report", "note") }
      var copies: [(begin: Nanoseconds, end: Nanoseconds, online: Int, bricks: Int)] = []
      for stretch in stretches where stretch.state.unknown == nil {
        if let last = copies.last, last.end == stretch.begin, last.online == stretch.state.bricksOnline,
          last.bricks == stretch.state.bricks
        {
          copies[copies.count - 1].end = stretch.end
        } else {
          copies.append((stretch.begin, stretch.end, stretch.state.bricksOnline, stretch.state.bricks))
        }
      }
      for copy in copies {
        let (from, to) = (axis.x(copy.begin), axis.x(copy.end))
        let style =
          copy.online == copy.bricks ? "whole" : copy.online * 2 > copy.bricks ? "degraded" : "broken"
        let text = "\(copy.online) of \(copy.bricks)"
        svg.rect(
          from, top, to - from, 18, style,
          title: "\(text) copies online, \(axis.range(copy.begin, copy.end))",
          reading: axis.reading("\(text) copies online", copy.begin, copy.end))
        if SVG.fits(text, to - from) { svg.text(from + 5, top + 13, text, "on-\(style)") }
      }
      var points: [(x: Double, y: Double)] = []
      var peak: (x: Double, backlog: Int)?
      let base = top + 60
      svg.line(axis.left, base, axis.x(trial.end), base, "grid")
      for stretch in stretches where stretch.state.unknown == nil {
        let backlog = stretch.state.healBacklog
        let y = base - Double(backlog) / Double(most) * 28
        points += [(axis.x(stretch.begin), y), (axis.x(stretch.end), y)]
        if backlog > peak?.backlog ?? 0 { peak = (axis.x(stretch.begin), backlog) }
      }
      if let first = points.first, let last = points.last, let peak {
        svg.path(
          [(first.x, base)] + points + [(last.x, base)], "backlog", closed: true,
          title: "heal backlog, at most \(Figures.things(peak.backlog, "entry", "entries"))")
        svg.path(
          points, "backlog-line",
          scale: SVG.Scale(
            words: "to heal", unit: "", isLogarithmic: false, low: 0, high: Double(most), bottom: base,
            top: base - 28))
        let label = "\(Figures.grouped(peak.backlog)) to heal"
        let isLate = peak.x + Double(label.count) * 6.1 > axis.right
        svg.text(peak.x, base - 31, label, "figure", anchor: isLate ? "end" : "start")
      }
      for stretch in stretches {
        let (from, to) = (axis.x(stretch.begin), axis.x(stretch.end))
        if let reason = stretch.state.unknown {
          svg.rect(
            from, top, to - from, 60, "unknown", title: "not known: \(reason)",
            reading: axis.reading("not known", stretch.begin, stretch.end))
        } else if stretch.state.splitBrain > 0 {
          svg.rect(
            from, base - 5, to - from, 5, "lost",
            title: "\(Figures.things(stretch.state.splitBrain, "entry", "entries")) in split-brain",
            reading: axis.reading("split-brain", stretch.begin, stretch.end))
        }
      }
    }
  }

  /// A verdict: healthy or not, with the reason.
  func verdict(_ view: Fleet.View) -> Lane {
    let stretches = self.stretches { event -> Verdict? in
      if case .viewSeen(view.name, .verdict(let verdict), _, isAside: false) = event { return verdict }
      return nil
    }
    // If there is no complaint, the words differ only in figures. Of a longer stretch, the oldest data are named.
    let merged = stretches.reduce(into: [(begin: Nanoseconds, end: Nanoseconds, state: Verdict)]()) {
      if let last = $0.last, last.end == $1.begin,
        last.state.isWell && $1.state.isWell || Belief.verdict($1.state).hasContent(of: .verdict(last.state))
      {
        $0[$0.count - 1].end = $1.end
        $0[$0.count - 1].state.age = [last.state.age, $1.state.age].compactMap(\.self).max()
      } else {
        $0.append($1)
      }
    }
    return Lane(name: view.name, note: source(view) ?? view.kind.kind, height: 28) { svg, top in
      if stretches.isEmpty { svg.text(axis.left + 6, top + 18, "nothing seen", "note") }
      for stretch in merged {
        let (from, to) = (axis.x(stretch.begin), axis.x(stretch.end))
        if let reason = stretch.state.unknown {
          svg.rect(
            from, top, to - from, 28, "unknown", title: "not known: \(reason)",
            reading: axis.reading("not known", stretch.begin, stretch.end))
          continue
        }
        let style = stretch.state.isWell ? "whole" : "broken"
        let words = stretch.state.words
        let age = stretch.state.age.map { ", by data up to \(Figures.time($0)) old" } ?? ""
        svg.rect(
          from, top, to - from, 28, style,
          title: "\(words)\(age), \(axis.range(stretch.begin, stretch.end))",
          reading: axis.reading(words, stretch.begin, stretch.end))
        if let text = [words, stretch.state.isWell ? "well" : "complains"].first(where: {
          SVG.fits($0, to - from)
        }) {
          svg.text(from + 5, top + 18, text, "on-\(style)")
        }
      }
    }
  }

  /// The height of a host's row. It is the same in the manager's lane and in the lane of truth, so that they can be
  /// compared.
  private var rowHeight: Double { Double(max(began.fleet.vms.count, 1)) * 8 + 12 }

  private func drawHostName(_ svg: inout SVG, _ name: String, _ y: Double) {
    let text = Self.cut(name, layout == .wide ? 12 : 9)
    svg.text(axis.left - 6, y + rowHeight / 2 + 4, text, "host", anchor: "end")
  }

  private func laneHeight(rows: Int) -> Double { Double(rows) * (rowHeight + 3) - 3 }

  /// A virtual machine's bar in a host's row.
  private func drawBar(
    _ svg: inout SVG, vm index: Int, from: Nanoseconds, to: Nanoseconds, row y: Double, _ style: String,
    _ words: String, _ title: String
  ) {
    let x = axis.x(from)
    svg.rect(
      x, y + 6 + Double(index) * 8, max(axis.x(to) - x, 1.5), 7, "vm\(index % 4) \(style)", radius: 1.5,
      title: title, reading: axis.reading(words, from, to))
  }

  /// The manager's beliefs: the state of each host, and the hosts of each virtual machine.
  func manager(_ view: Fleet.View) -> Lane {
    let stretches = self.stretches { event -> ManagerState? in
      if case .viewSeen(view.name, .manager(let state), _, isAside: false) = event { return state }
      return nil
    }
    let hosts = began.fleet.hosts.map(\.name)
    return Lane(
      name: view.name, note: "its belief", source: source(view), height: laneHeight(rows: hosts.count)
    ) {
      svg, top in
      for (row, host) in hosts.enumerated() {
        let y = top + Double(row) * (rowHeight + 3)
        drawNode(&svg, host, y, stretches)
        for (index, vm) in began.fleet.vms.enumerated() {
          drawBelief(&svg, vm, index, on: host, y, stretches)
        }
        drawHostName(&svg, host, y)
      }
      for stretch in stretches where stretch.state.unknown != nil {
        svg.rect(
          axis.x(stretch.begin), top, axis.x(stretch.end) - axis.x(stretch.begin),
          laneHeight(rows: hosts.count), "unknown", title: "not known: \(stretch.state.unknown ?? "")",
          reading: axis.reading("not known", stretch.begin, stretch.end))
      }
    }
  }

  private func drawNode(
    _ svg: inout SVG, _ host: String, _ y: Double,
    _ stretches: [(begin: Nanoseconds, end: Nanoseconds, state: ManagerState)]
  ) {
    for run in Self.runs(
      stretches.map {
        ($0.begin, $0.end, $0.state.unknown == nil ? $0.state.state(of: host, in: began.fleet) : nil)
      })
    {
      let (from, to) = (axis.x(run.begin), axis.x(run.end))
      let style =
        switch run.value {
        case "online": "whole"
        case "standby", "maintenance", "pending": "degraded"
        default: "broken"
        }
      svg.rect(
        from, y, to - from, rowHeight, style,
        title: "the manager believes \(host) to be \(run.value), \(axis.range(run.begin, run.end))",
        reading: axis.reading("\(host) \(run.value)", run.begin, run.end))
      if style != "whole", SVG.fits(run.value, to - from) {
        svg.text(to - 5, y + rowHeight / 2 + 4, run.value, "on-\(style)", anchor: "end")
      }
    }
  }

  private func drawBelief(
    _ svg: inout SVG, _ vm: Fleet.VirtualMachine, _ index: Int, on host: String, _ y: Double,
    _ stretches: [(begin: Nanoseconds, end: Nanoseconds, state: ManagerState)]
  ) {
    let beliefs = stretches.map { stretch -> (Nanoseconds, Nanoseconds, String?) in
      guard stretch.state.unknown == nil, let resource = stretch.state.resource(of: vm),
        resource.isActive(on: host, in: began.fleet)
      else {
        return (stretch.begin, stretch.end, nil)
      }
      let failure = (resource.failed ? " failed" : "") + (resource.blocked ? " blocked" : "")
      return (stretch.begin, stretch.end, resource.role + failure)
    }
    for run in Self.runs(beliefs) {
      drawBar(
        &svg, vm: index, from: run.begin, to: run.end, row: y,
        run.value == "Started" ? "" : "doubtful", "\(vm.name) \(run.value) on \(host)",
        "the manager believes \(vm.name) to be \(run.value) on \(host), \(axis.range(run.begin, run.end))")
    }
  }

  /// Merges neighbours with equal values.
  private static func runs(_ values: [(begin: Nanoseconds, end: Nanoseconds, value: String?)]) -> [(
    begin: Nanoseconds, end: Nanoseconds, value: String
  )] {
    var runs: [(begin: Nanoseconds, end: Nanoseconds, value: String)] = []
    for item in values {
      guard let value = item.value else { continue }
      if let last = runs.last, last.value == value, last.end == item.begin {
        runs[runs.count - 1].end = item.end
      } else {
        runs.append((item.begin, item.end, value))
      }
    }
    return runs
  }

  static let truthName = "truth"

  /// The hosts on which each virtual machine ran. A host's row is shaded while a fault was active on it.
  func truth() -> Lane {
    let hosts = began.fleet.hosts.map(\.name)
    return Lane(name: Self.truthName, note: "libvirt on each host", height: laneHeight(rows: hosts.count)) {
      svg, top in
      for (row, host) in hosts.enumerated() {
        let y = top + Double(row) * (rowHeight + 3)
        svg.rect(axis.left, y, axis.x(trial.end) - axis.left, rowHeight, "row")
        for lease in trial.leases where lease.victims(trial.choices).contains(host) {
          guard let effective = lease.effective else { continue }
          let (from, to) = (axis.x(effective.estimate), axis.x(lease.over?.estimate ?? axis.end))
          svg.rect(
            from, y, to - from, rowHeight, "hit",
            title: "\(lease.fault) is active on \(host): \(lease.object)",
            reading: axis.reading("fault on \(host)", effective.estimate, lease.over?.estimate ?? axis.end))
        }
        for (index, placement) in trial.placements.enumerated() {
          for segment in placement.segments where segment.host == host {
            let (style, word) =
              switch segment.state {
              case .running: ("", "runs")
              case .paused: ("paused", "is paused")
              case .off, nil: ("lost-sight", "not observable")
              }
            drawBar(
              &svg, vm: index, from: segment.begin, to: segment.end, row: y, style,
              "\(placement.vm) \(word) on \(host)",
              "\(placement.vm) \(word) on \(host), \(axis.range(segment.begin, segment.end)) (\(segment.what))"
            )
          }
        }
        drawHostName(&svg, host, y)
      }
    }
  }
}
