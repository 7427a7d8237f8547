import Glibc
import Journal
import Metrics
import Scenario

extension Picture {
  /// The lane of a service. It shows where the service answered, with its latency as a thin line, where it failed, and
  /// where its state is unknown.
  func probe(_ probe: Fleet.Probe, _ metrics: ProbeMetrics) -> Lane {
    let samples = journal.samples.filter { $0.trial == trial.trial && $0.probe == probe.name }
      .sorted { ($0.scheduled, $0.sequence) < ($1.scheduled, $1.sequence) }
    let writes = trial.writes.first { $0.probe == probe.name }
    let note = probe.kind == .append ? "\(Figures.grouped(metrics.ok)) acknowledged" : probe.kind.rawValue
    return Lane(name: probe.name, note: note, height: 46) { svg, top in
      guard let first = samples.first, let last = samples.last else {
        svg.text(axis.left + 6, top + 27, "no samples", "note")
        return
      }
      let end = last.scheduled + probe.every
      svg.rect(
        axis.x(first.scheduled), top, axis.x(end) - axis.x(first.scheduled), 46, "ok",
        title: "\(probe.name) answers",
        reading: axis.reading("answers", first.scheduled, end))
      drawSteadyBand(&svg, top, probe, from: first.scheduled, to: end)
      drawLatency(&svg, top, samples, probe)
      for outage in metrics.outages { draw(&svg, top, outage, probe, end: end) }
      for gap in unknown(samples, every: probe.every) {
        svg.rect(
          axis.x(gap.begin), top, max(axis.x(gap.end) - axis.x(gap.begin), 4), 46, "unknown",
          title:
            "\(Figures.things(gap.count, "unknown sample")), \(axis.range(gap.begin, gap.end))",
          reading: axis.reading("not known", gap.begin, gap.end))
      }
      // The mark is drawn above the unknown samples within an outage.
      for outage in metrics.outages { drawLength(&svg, top, outage, end: end) }
      if let writes { drawLost(&svg, top, writes, samples) }
    }
  }

  private func draw(_ svg: inout SVG, _ top: Double, _ outage: Outage, _ probe: Fleet.Probe, end: Nanoseconds)
  {
    let until = outage.firstOk ?? end
    let (from, to) = (axis.x(outage.firstFail), axis.x(until))
    let words = outage.statuses.prefix(3).joined(separator: ", ")
    let title =
      "\(probe.name) down for \(Figures.span(outage.length)), \(axis.range(outage.firstFail, until)): "
      + "\(Figures.things(outage.failed, "sample")) failed (\(words))"
    svg.rect(
      from, top, to - from, 46, "fail", title: title, reading: axis.reading("down", outage.firstFail, until))
    drawBounds(&svg, top, outage)
    if outage.firstOk == nil { svg.openArrow(min(to + 10, layout.width - 1), top + 23, "end not observed") }
  }

  private func drawLength(_ svg: inout SVG, _ top: Double, _ outage: Outage, end: Nanoseconds) {
    let (from, to) = (axis.x(outage.firstFail), axis.x(outage.firstOk ?? end))
    let label = Figures.short(outage.length)
    if SVG.fits("down \(label)", to - from) {
      svg.text((from + to) / 2, top + 27, "down \(label)", "on-fail", anchor: "middle")
    } else if SVG.fits(label, to - from) {
      svg.text((from + to) / 2, top + 27, label, "on-fail", anchor: "middle")
    }
  }

  /// The outage began and ended within the whiskers.
  private func drawBounds(_ svg: inout SVG, _ top: Double, _ outage: Outage) {
    let least: Nanoseconds =
      switch outage.length {
      case .measured(let length): length.low
      case .censored(let bound): bound
      case .notObserved: .zero
      }
    let begin = (outage.lastOk ?? outage.firstFail, max(outage.lastFail - least, outage.firstFail))
    let end = outage.firstAnswer.map { (outage.lastFail, $0) }
    for (low, high) in [begin] + (end.map { [$0] } ?? []) where axis.x(high) - axis.x(low) >= 2 {
      let (from, to, y) = (axis.x(low), axis.x(high), top + 39)
      for x in [from, to] { svg.line(x, y - 4, x, y + 4, "whisker") }
      svg.line(from, y, to, y, "whisker")
    }
  }

  /// The logarithmic scale of a probe's latency: from 1 ms to its timeout.
  private func latencyScale(_ top: Double, _ probe: Fleet.Probe) -> SVG.Scale {
    let ceiling = max(log10(max(probe.timeout.inSeconds, 0.01) * 1000), 1)
    return SVG.Scale(
      words: "latency", unit: "ms", isLogarithmic: true, low: 1, high: pow(10, ceiling), bottom: top + 42,
      top: top + 4)
  }

  /// The normal latency, behind the line.
  private func drawSteadyBand(
    _ svg: inout SVG, _ top: Double, _ probe: Fleet.Probe, from begin: Nanoseconds, to end: Nanoseconds
  ) {
    guard let upper = Self.steadyBand(of: probe.name, in: trial.trial, journal) else { return }
    let y = latencyScale(top, probe).y(upper.inSeconds * 1000)
    svg.rect(
      axis.x(begin), y, axis.x(end) - axis.x(begin), top + 46 - y, "steady",
      title: "normal latency of \(probe.name): up to \(Figures.time(upper))")
  }

  /// The upper limit of a probe's normal latency, as determined by the run. Nil in a journal that doesn't have it.
  static func steadyBand(of probe: String, in trial: Int, _ journal: RunJournal) -> Nanoseconds? {
    for entry in journal.entries where entry.trial == trial {
      if case .baseline(_, let bands) = entry.event, let upper = bands[probe] { return upper }
    }
    return nil
  }

  /// The maximum latency per pixel of width, on a logarithmic scale from 1 ms to the probe's timeout.
  private func drawLatency(_ svg: inout SVG, _ top: Double, _ samples: [Sample], _ probe: Fleet.Probe) {
    let scale = latencyScale(top, probe)
    func y(_ latency: Nanoseconds) -> Double { scale.y(latency.inSeconds * 1000) }
    var points: [(x: Double, y: Double)] = []
    for sample in samples {
      guard sample.verdict == .ok else {
        if sample.verdict == .fail {
          svg.path(points, "latency", scale: scale)
          points = []
        }
        continue
      }
      let point = (x: (axis.x(sample.scheduled)).rounded(), y: y(sample.latency))
      if let last = points.last, last.x == point.x {
        points[points.count - 1].y = min(last.y, point.y)
      } else {
        points.append(point)
      }
    }
    svg.path(points, "latency", scale: scale)
    if layout == .wide {
      svg.text(axis.right + 5, top + 9, Figures.limit(probe.timeout), "scale")
      svg.text(axis.right + 5, top + 27, "log", "scale")
      svg.text(axis.right + 5, top + 44, "1 ms", "scale")
    }
  }

  private func unknown(_ samples: [Sample], every: Nanoseconds) -> [(
    begin: Nanoseconds, end: Nanoseconds, count: Int
  )] {
    var gaps: [(begin: Nanoseconds, end: Nanoseconds, count: Int)] = []
    var open = false
    for sample in samples {
      if sample.verdict == .unknown {
        let end = sample.scheduled + every
        if open {
          gaps[gaps.count - 1].end = end
          gaps[gaps.count - 1].count += 1
        } else {
          gaps.append((sample.scheduled, end, 1))
        }
      }
      open = sample.verdict == .unknown
    }
    return gaps
  }

  private func drawLost(_ svg: inout SVG, _ top: Double, _ writes: WriteMetrics, _ samples: [Sample]) {
    for range in writes.lostRanges where range.count == 2 {
      let within = samples.filter { range[0] <= $0.sequence && $0.sequence <= range[1] && $0.verdict == .ok }
      guard let first = within.first, let last = within.last else { continue }
      let (from, to) = (axis.x(first.scheduled), axis.x(last.scheduled))
      let title =
        "\(Figures.things(within.count, "acknowledged write")) lost, \(axis.range(first.scheduled, last.scheduled))"
      svg.rect(
        from, top + 38, max(to - from, 4), 8, "lost", title: title,
        reading: axis.reading("acknowledged writes that were lost", first.scheduled, last.scheduled))
      let middle = (from + max(to, from + 4)) / 2
      svg.path(
        [(middle, top + 38), (middle - 5, top + 30), (middle + 5, top + 30)], "lost", closed: true,
        title: title)
    }
  }
}
