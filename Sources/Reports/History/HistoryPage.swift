import Comparison
import History
import Metrics
import Mustache
import Scenario
import Statistics

/// The page of one history.
struct HistoryPage {
  var policy: String
  var style: String
  var index: String
  var scenario: String
  var kicker: String
  var title: String
  var tone: String
  var mark: String
  var verdict: String
  var sentences: [String]
  var wide: String?
  var narrow: String?
  var caption: String
  var objectives: [Row]
  var hasObjectives: Bool
  var segments: [Row]
  var hasChanges: Bool
  var gaps: [String]
  var hasGaps: Bool
  var runs: [Run]
  var runCount: String

  struct Row {
    var cells: [String]
  }

  struct Run {
    var day: String
    var name: String
    var address: String?
    var tone: String
    var outcome: String
    var value: String
    var trials: String
    var reason: String
  }

  init(_ history: History, policy: String, style: String, link: @escaping (RunRecord) -> String?) {
    let words = HistoryWords(history: history)
    self.policy = policy
    self.style = style
    index = "index.html"
    scenario = history.scenario
    let since = history.runs.first.map { CalendarDay($0.began).text } ?? ""
    kicker =
      "\(history.scenario) on \(history.fleet) · \(HistoryWords.count(history.runs)) since \(since)"
      + " · as of \(CalendarDay(history.age.now).text)"
    title = history.title.isEmpty ? history.scenario : history.title
    tone = words.tone.rawValue
    mark = words.mark
    verdict = words.verdict
    sentences = words.sentences.map(Wording.unbroken)
    wide = HistoryPicture(history: history, link: link, width: 1080).svg()
    narrow = HistoryPicture(history: history, link: link, width: 420).svg()
    let shown = history.runs.count > HistoryPicture.mostRuns ? "The latest runs. " : ""
    caption =
      "\(shown)\(history.primary?.key ?? ""): the median of each run’s trials with its bounds. "
      + "Dot: met; square: missed; triangle: damage; ring: undecided or without a judgement; ×: refused. "
      + "Arrow: no upper bound. Hatched: no run within the period. A numbered line: conditions changed; with “?”: the values changed, and no recorded condition did."
    let latest = history.runs.last { run in run.results.contains { $0.median != nil } }
    objectives = (latest?.results ?? []).map { result in
      let key = result.objective.key
      let used = history.marginsUsed.first { $0.objective.key == key }.map(HistoryWords.share)
      let met = history.rates.first { $0.objective.key == key }?.met
      return Row(cells: [
        key + (result.isPrimary ? " (decides)" : ""), Figures.demand(result.objective),
        result.median.map { ComparisonWords.bounds($0, of: result.objective.metric) } ?? "no value",
        used ?? "–", met.map { "\($0.successes) of \($0.trials)" } ?? "–",
        met.map { "\(Int(($0.low * 100).rounded(.down))) %" } ?? "–",
      ])
    }
    hasObjectives = !objectives.isEmpty
    segments = history.segments.enumerated().map { number, segment in
      Row(cells: [
        "\(number)", segment.runs.first.map { CalendarDay($0.began).text } ?? "",
        "\(segment.runs.count)",
        number == 0 ? "the first runs" : segment.changes.map(HistoryWords.change).joined(separator: "; "),
        history.primary.flatMap { primary in
          segment.effect.map { HistoryWords.effect($0, of: primary, segment) }
        } ?? "",
      ])
    }
    hasChanges = history.segments.count > 1
    gaps = history.age.gaps.map(HistoryWords.gap)
    hasGaps = !gaps.isEmpty
    runs = history.runs.reversed().map { run in
      Run(
        day: CalendarDay(run.began).text, name: run.name, address: link(run),
        tone: HistoryWords.tone(run.outcome).rawValue, outcome: HistoryWords.outcome(run.outcome),
        value: history.primary.flatMap { primary in
          run.median(of: primary.key).map { ComparisonWords.bounds($0, of: primary.metric) }
        } ?? "–", trials: run.void > 0 ? "\(run.trials), \(run.void) void" : "\(run.trials)",
        reason: run.reason ?? "")
    }
    runCount = HistoryWords.count(history.runs)
  }
}

extension HistoryPage {
  /// The style of its own parts, in addition to that of `report.html`.
  static let style =
    HTMLTemplate.style + """
      .history .change{stroke:var(--fault);stroke-width:1.5;stroke-dasharray:4 3}.history .badge{fill:var(--fault)}
      .picture.history .badge-text{fill:#1b1f24;font-weight:650}.history .mark-good{fill:var(--vm0)}
      .history .mark-bad{fill:var(--fail);stroke:var(--ink);stroke-width:1}.history .mark-damage{fill:var(--damage)}
      .history .mark-unsure{fill:var(--paper);stroke:var(--unsure);stroke-width:2.5}
      .history .hollow{fill:var(--paper);stroke:var(--soft);stroke-width:1.5}.history .target{fill:transparent}
      .picture.history .refused{font-size:15px;font-weight:650;fill:var(--soft)}.history a:focus-visible{outline:2px solid var(--unsure)}
      .runs td:first-child,.changes td:nth-child(2){white-space:nowrap}.back{font-size:14px;margin:0 0 18px}

      """

  static let template = HTMLTemplate.head(title: "{{scenario}}: {{verdict}}") + HTMLTemplate.hatching + body

  private static let body = """
    <main>
    <p class="back"><a href="{{index}}">All runs</a></p>
    <header>
    <p class="kicker">{{kicker}}</p>
    <h1>{{title}}</h1>
    <div class="verdict {{tone}}">
    <p class="mark"><span class="shape">{{mark}}</span>{{verdict}}</p>
    {{#sentences}}<p class="plain">{{.}}</p>
    {{/sentences}}
    </div>
    </header>
    {{#wide}}<figure>
    <div class="wide">{{{wide}}}</div>
    <div class="narrow">{{{narrow}}}</div>
    <figcaption>{{caption}}</figcaption>
    </figure>{{/wide}}
    {{#hasObjectives}}
    <section>
    <h2>Objectives in the latest run</h2>
    <div class="scroll"><table>
    <thead><tr><th>Objective</th><th>Required</th><th>Median</th><th>Limit used</th><th>Met, trials under these conditions</th><th>True rate at least</th></tr></thead>
    <tbody>{{#objectives}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/objectives}}</tbody></table></div>
    </section>
    {{/hasObjectives}}
    {{#hasChanges}}
    <section>
    <h2>Conditions that changed</h2>
    <div class="scroll"><table class="changes">
    <thead><tr><th>No.</th><th>Since</th><th>Runs</th><th>Changed</th><th>With it</th></tr></thead>
    <tbody>{{#segments}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/segments}}</tbody></table></div>
    </section>
    {{/hasChanges}}
    {{#hasGaps}}
    <section>
    <h2>Times without a run</h2>
    <ul>{{#gaps}}<li>{{.}}</li>{{/gaps}}</ul>
    </section>
    {{/hasGaps}}
    <section>
    <h2>{{runCount}}</h2>
    <div class="scroll"><table class="runs">
    <thead><tr><th>Began</th><th>Run</th><th></th><th>Median</th><th>Trials</th><th>Reason</th></tr></thead>
    <tbody>
    {{#runs}}
    <tr><td>{{day}}</td><td>{{#address}}<a href="{{address}}">{{/address}}{{name}}{{#address}}</a>{{/address}}</td><td><span class="chip {{tone}}">{{outcome}}</span></td><td>{{value}}</td><td>{{trials}}</td><td>{{reason}}</td></tr>
    {{/runs}}
    </tbody></table></div>
    </section>
    <section>
    <h2>How to read it</h2>
    <p>A run counts once, by the median of its trials, however many it has: trials of one day resemble each other. A run is compared only with runs under equal conditions: the same scenario, fleet, probes, and fingerprint of each host. If conditions changed, the runs before and after are compared pair by pair, and a pair counts only if the bounds of both values prove it. A latest run that is worse than all m earlier ones is a surprise of 1 in m + 1; two such runs are a change. “No change is shown” doesn’t mean that there is none.</p>
    </section>
    </main>
    </body>
    </html>

    """
}
