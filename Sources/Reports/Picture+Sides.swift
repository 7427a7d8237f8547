import Journal
import Metrics
import Scenario

extension Picture {
  /// The hosts that shared the belief that the run used, a row each. nil if all did.
  func sides(_ view: Fleet.View) -> Lane? {
    guard trial.disagreements?.contains(where: { $0.view == view.name }) ?? false else { return nil }
    var hosts = HostBeliefs()
    var rows: [String: [(begin: Nanoseconds, end: Nanoseconds, style: String, title: String)]] = [:]
    for entry in entries where entry.at <= trial.end {
      guard case .viewSeen(view.name, let belief, let from, let isAside) = entry.event else { continue }
      hosts.take(belief, from: from, isAside: isAside)
      let at = max(entry.at, axis.begin)
      for (host, mark) in Self.marks(of: hosts, in: began.fleet) {
        if rows[host]?.last.map({ $0.style == mark.style && $0.title == mark.title }) ?? false { continue }
        if let count = rows[host]?.count { rows[host]?[count - 1].end = at }
        rows[host, default: []].append((at, trial.end, mark.style, mark.title))
      }
    }
    let names = began.fleet.hosts.map(\.name).filter { rows[$0] != nil }
    let height = 12.0
    return Lane(
      name: "agreement", note: "on \(view.name)", height: Double(names.count) * (height + 3) - 3
    ) { svg, top in
      for (index, host) in names.enumerated() {
        let y = top + Double(index) * (height + 3)
        for row in rows[host] ?? [] where row.begin < row.end {
          let (from, to) = (axis.x(row.begin), axis.x(row.end))
          svg.rect(
            from, y, to - from, height, row.style, title: "\(row.title), \(axis.range(row.begin, row.end))",
            reading: axis.reading(row.title, row.begin, row.end))
        }
        let text = Self.cut(host, layout == .wide ? 12 : 9)
        svg.text(axis.left - 6, y + height - 2, text, "host", anchor: "end")
      }
    }
  }

  private static func marks(of hosts: HostBeliefs, in fleet: Fleet) -> [(
    String, (style: String, title: String)
  )] {
    let sides = hosts.sides(in: fleet)
    let own = sides.firstIndex { side in hosts.source.map(side.hosts.contains) ?? false }
    return hosts.beliefs.sorted { $0.key < $1.key }.map { host, belief in
      guard let index = sides.firstIndex(where: { $0.hosts.contains(host) }) else {
        return (host, ("unknown", "\(host): not known: \(belief.unknown ?? "")"))
      }
      let words = sides.count < 2 ? "\(host) agrees with all" : "\(sides[index])"
      return (host, (index == own || sides.count < 2 ? "whole" : "otherwise", words))
    }
  }
}
