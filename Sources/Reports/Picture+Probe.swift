import Glibc
import Journal
import Metrics
import Scenario

extension Picture {
  /// The lane of a service. It shows where the service answered, with its latency as a thin line, where it failed, and
  /// where its state is unknown.
  func probe(_ probe: Fleet.Probe, _ metrics: ProbeMetrics) -> Lane {
    let trace = trace?.probes[probe.name]
    let writes = trial.writes.first { $0.probe == probe.name }
    let note = probe.kind == .append ? "\(Figures.grouped(metrics.ok)) acknowledged" : probe.kind.rawValue
    return Lane(name: probe.name, note: note, height: 46) { svg, top in
      guard let trace, let first = trace.first, let last = trace.last else {
        svg.text(axis.left + 6, top + 27, "no samples", "note")
        return
      }
      let end = last + probe.every
      svg.rect(
        axis.x(first), top, axis.x(end) - axis.x(first), 46, "ok",
        title: "\(probe.name) answers",
        reading: axis.reading("answers", first, end))
      drawSteadyBand(&svg, top, probe, from: first, to: end)
      drawLatency(&svg, top, layout == .wide ? trace.wide : trace.narrow, probe)
      for outage in metrics.outages { draw(&svg, top, outage, probe, end: end) }
      for gap in trace.unknown {
        svg.rect(
          axis.x(gap.begin), top, max(axis.x(gap.end) - axis.x(gap.begin), 4), 46, "unknown",
          title:
            "\(Figures.things(gap.count, "unknown sample")), \(axis.range(gap.begin, gap.end))",
          reading: axis.reading("not known", gap.begin, gap.end))
      }
      // The mark is drawn above the unknown samples within an outage.
      for outage in metrics.outages { drawLength(&svg, top, outage, end: end) }
      if let writes { drawLost(&svg, top, writes) }
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
    guard let upper = Self.steadyBand(of: probe.name, in: trial.trial, entries) else { return }
    let y = latencyScale(top, probe).y(upper.inSeconds * 1000)
    svg.rect(
      axis.x(begin), y, axis.x(end) - axis.x(begin), top + 46 - y, "steady",
      title: "normal latency of \(probe.name): up to \(Figures.time(upper))")
  }

  /// The upper limit of a probe's normal latency, as determined by the run. Nil in a journal that doesn't have it.
  static func steadyBand(of probe: String, in trial: Int, _ entries: [Entry]) -> Nanoseconds? {
    for entry in entries where entry.trial == trial {
      if case .baseline(_, let bands) = entry.event, let upper = bands[probe] { return upper }
    }
    return nil
  }

  /// The maximum latency per pixel of width, on a logarithmic scale from 1 ms to the probe's timeout.
  private func drawLatency(_ svg: inout SVG, _ top: Double, _ line: LatencyLine, _ probe: Fleet.Probe) {
    let scale = latencyScale(top, probe)
    for path in line.paths {
      svg.path(path.map { ($0.x, scale.y($0.latency.inSeconds * 1000)) }, "latency", scale: scale)
    }
    if layout == .wide {
      svg.text(axis.right + 5, top + 9, Figures.limit(probe.timeout), "scale")
      svg.text(axis.right + 5, top + 27, "log", "scale")
      svg.text(axis.right + 5, top + 44, "1 ms", "scale")
    }
  }

  private func drawLost(_ svg: inout SVG, _ top: Double, _ writes: WriteMetrics) {
    for period in writes.lostPeriods {
      let (from, to) = (axis.x(period.first), axis.x(period.last))
      let title =
        "\(Figures.things(period.count, "acknowledged write")) lost, \(axis.range(period.first, period.last))"
      svg.rect(
        from, top + 38, max(to - from, 4), 8, "lost", title: title,
        reading: axis.reading("acknowledged writes that were lost", period.first, period.last))
      let middle = (from + max(to, from + 4)) / 2
      svg.path(
        [(middle, top + 38), (middle - 5, top + 30), (middle + 5, top + 30)], "lost", closed: true,
        title: title)
    }
  }
}
