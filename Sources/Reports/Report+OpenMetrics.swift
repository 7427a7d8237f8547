import FoundationEssentials
import Journal
import Metrics
import Scenario
import Views

extension Report {
  /// `metrics.txt`: the run's metrics as OpenMetrics 1.0 text, with the time at which the run began, for `promtool tsdb
  /// create-blocks-from openmetrics`. See https://github.com/prometheus/OpenMetrics.
  ///
  /// A duration has its bounds: `low`, `estimate` and `high`. A censored duration has only `low`, and its `high` is
  /// infinite. A value that was not observed is left out. `conditions` is a digest of scenario, fleet and probes; if two
  /// settings took turns, each value has its `side` and its `setting`.
  ///
  /// - Throws: `ReportError.rendering`.
  package func openMetrics() throws(ReportError) -> Data {
    let (series, run): ([SettingSeries], [(String, String)])
    do {
      (series, run) = (
        try SettingSeries.all(began, metrics.trials), try SettingSeries.labels(ofRun: began)
      )
    } catch {
      throw .rendering(file: "metrics.txt", reason: "\(error)")
    }
    let families = [
      verdict(run), trials(series), durations(series), counts(series), limits(series), results(series),
    ]
    return Data((families.map(\.text).joined() + "# EOF\n").utf8)
  }

  /// A family whose samples all have the time at which the run began. If the time in the journal can't be read, they
  /// have none.
  private func family(
    _ name: String, unit: String? = nil, help: String, _ series: [(labels: [(String, String)], value: String)]
  ) -> OpenMetricsFamily {
    let time = (try? Date(began.wall, strategy: .iso8601)).map { Int($0.timeIntervalSince1970) }
    return OpenMetricsFamily(
      name: name, unit: unit, help: help,
      samples: series.map { OpenMetricsFamily.Sample(labels: $0.labels, value: $0.value, time: time) })
  }

  private func verdict(_ run: [(String, String)]) -> OpenMetricsFamily {
    family(
      "murphy_run_exit_code",
      help:
        "The exit code by the run's verdict: 0 met, 1 missed or not decided, 3 refused, 4 aborted, 5 fault active.",
      [
        (run + [("outcome", metrics.verdict.outcome.rawValue)], "\(metrics.verdict.exitCode)")
      ])
  }

  private func trials(_ series: [SettingSeries]) -> OpenMetricsFamily {
    family(
      "murphy_run_trials", help: "The run's trials.",
      series.flatMap { each -> [(labels: [(String, String)], value: String)] in
        let void = each.trials.count { $0.void != nil }
        return [
          (each.labels + [("state", "judged")], "\(each.trials.count - void)"),
          (each.labels + [("state", "void")], "\(void)"),
        ]
      })
  }

  /// Each metric of each trial, with the subjects that it has in this run.
  private func figures<Value>(
    _ series: [SettingSeries], _ value: (Figure) -> [(labels: [(String, String)], value: Value)]
  ) -> [(labels: [(String, String)], value: Value)] {
    series.flatMap { each in
      each.trials.flatMap { trial in
        Metric.allCases.flatMap { metric in
          Self.subjects(of: metric, in: each.began).flatMap { subject in
            value(trial.figure(metric, of: subject)).map { item in
              (
                each.labels + [("trial", "\(trial.trial)"), ("metric", metric.rawValue)]
                  + (subject.map { [("subject", $0)] } ?? []) + item.labels, item.value
              )
            }
          }
        }
      }
    }
  }

  private static func subjects(of metric: Metric, in began: RunBegan) -> [String?] {
    let steady = began.scenario.steady
    func views(_ forms: Set<Belief.Form>) -> [String] {
      steady.views.filter { began.fleet.view($0)?.kind.form.map(forms.contains) ?? false }
    }
    return switch metric.subject {
    case .probe: steady.probes
    case .appendProbe: steady.probes.filter { began.fleet.probe($0)?.kind == .append }
    case .vm: began.fleet.vms.map(\.name)
    case .managerView: views([.manager])
    case .verdictView: views([.verdict])
    case .detectingView: views([.manager, .verdict])
    case .storageView: views([.storage])
    case .run: [nil]
    }
  }

  private static func seconds(_ time: Nanoseconds) -> String { "\(Double(time.count) / 1e9)" }

  private func durations(_ series: [SettingSeries]) -> OpenMetricsFamily {
    family(
      "murphy_duration_seconds", unit: "seconds",
      help: "A metric of a trial that is a duration: the estimate and its bounds.",
      figures(series) { figure in
        switch figure {
        case .span(.measured(let interval)):
          [
            ([("bound", "low")], Self.seconds(interval.low)),
            ([("bound", "estimate")], Self.seconds(interval.estimate)),
            ([("bound", "high")], Self.seconds(interval.high)),
          ]
        case .span(.censored(let bound)):
          [([("bound", "low")], Self.seconds(bound)), ([("bound", "high")], "+Inf")]
        case .span(.notObserved), .count: []
        }
      })
  }

  private func counts(_ series: [SettingSeries]) -> OpenMetricsFamily {
    family(
      "murphy_quantity", help: "A metric of a trial that is a count.",
      figures(series) { figure in
        if case .count(.counted(let count)) = figure { [([], "\(count)")] } else { [] }
      })
  }

  private func objectives(
    _ series: [SettingSeries], _ value: (ObjectiveSummary) -> [(labels: [(String, String)], value: String)]
  ) -> [(labels: [(String, String)], value: String)] {
    series.flatMap { each in
      each.began.scenario.objectives.flatMap { objective in
        value(ObjectiveSummary(objective, in: each.trials)).map { item in
          (each.labels + [("objective", objective.key)] + item.labels, item.value)
        }
      }
    }
  }

  private func limits(_ series: [SettingSeries]) -> OpenMetricsFamily {
    family(
      "murphy_objective_limit", help: "The limit of an objective: seconds, or a count.",
      objectives(series) { summary in
        let limit = summary.objective.limit
        let value = summary.objective.metric.unit == .duration ? Self.seconds(Nanoseconds(limit)) : "\(limit)"
        return [([("relation", summary.objective.relation.rawValue)], value)]
      })
  }

  private func results(_ series: [SettingSeries]) -> OpenMetricsFamily {
    family(
      "murphy_objective_trials", help: "The trials of a run by the verdict on an objective.",
      objectives(series) { summary in
        [
          ("met", summary.met), ("missed", summary.missed), ("undecided", summary.undecided),
          ("void", summary.void),
        ].map { ([("verdict", $0.0)], "\($0.1)") }
      })
  }
}
