import Comparison
import History
import Metrics
import Scenario
import Statistics

/// The page of all runs, with search and filter. Without its script it shows all of them.
struct IndexPage {
  var policy = PagePolicy.policy(style: Self.style, script: Self.script)
  var style = Self.style
  var script = Self.script
  var kicker: String
  var summary: String
  var histories: [Entry]
  var scenarios: [String]
  var outcomes: [String]
  /// The rows of all runs. Mustache would take seconds for thousands of them.
  var rows: String

  struct Entry {
    var tone: String
    var mark: String
    var scenario: String
    var fleet: String
    var address: String
    var verdict: String
    var spark: String
    var last: String
    var runs: String
  }

  init(
    _ histories: [History], now: Int, page: (History) -> String, link: (RunRecord) -> String?
  ) {
    let runs = histories.flatMap { history in history.runs.map { (history, $0) } }
      .sorted { ($0.1.began, $0.1.name) > ($1.1.began, $1.1.name) }
    kicker = "\(Figures.things(runs.count, "run")) · as of \(CalendarDay(now).text)"
    let words = histories.map { HistoryWords(history: $0) }
    let failing = histories.count { $0.findings.contains { $0.severity == .failure } }
    summary =
      failing == 0
      ? "Nothing to act on in \(Figures.things(histories.count, "scenario"))."
      : "\(failing) of \(Figures.things(histories.count, "scenario")) to act on."
    self.histories = zip(histories, words).map { history, words in
      Entry(
        tone: words.tone.rawValue, mark: words.mark, scenario: history.scenario, fleet: history.fleet,
        address: page(history), verdict: words.verdict, spark: Sparkline(history).svg,
        last: history.age.last.map { CalendarDay($0).text } ?? "never", runs: "\(history.runs.count)")
    }
    scenarios = Set(histories.map(\.scenario)).sorted()
    outcomes = RunVerdict.Outcome.allCases.filter { outcome in
      runs.contains { $0.1.outcome == outcome }
    }.map(HistoryWords.outcome)
    rows = runs.map { history, run in Self.row(history, run, link(run)) }.joined()
  }

  private static func row(_ history: History, _ run: RunRecord, _ address: String?) -> String {
    let value = run.primary.flatMap { result in
      result.median.map {
        "\(result.objective.key): \(ComparisonWords.bounds($0, of: result.objective.metric))"
      }
    }
    let name = Markup.escaped(run.name)
    let linked = address.map { "<a href=\"\(Markup.escaped($0))\">\(name)</a>" } ?? name
    let outcome = HistoryWords.outcome(run.outcome)
    return "<tr><td>\(CalendarDay(run.began).text)</td><td>\(Markup.escaped(run.scenario))</td>"
      + "<td>\(Markup.escaped(run.fleet))</td>"
      + "<td><span class=\"chip \(HistoryWords.tone(run.outcome).rawValue)\">\(outcome)</span></td>"
      + "<td>\(Markup.escaped(value ?? run.reason ?? "–"))</td><td>\(linked)</td></tr>\n"
  }

  static let style =
    HTMLTemplate.style + """
      .tools{display:flex;flex-wrap:wrap;gap:10px 14px;align-items:end;margin:12px 0 16px}.tools[hidden]{display:none}
      .tools label{display:grid;gap:3px;font-size:13px;color:var(--soft)}
      .tools input,.tools select{font:inherit;font-size:15px;color:var(--ink);background:var(--paper);border:1px solid var(--hatch);border-radius:6px;padding:7px 10px;min-height:40px}
      .tools input{width:min(360px,86vw)}.tools output{font-size:14px;color:var(--soft);padding-bottom:9px}
      :is(.tools input,.tools select):focus-visible{outline:2px solid var(--unsure);outline-offset:1px}
      .all td:first-child,.all td:nth-child(4){white-space:nowrap}.all tr{content-visibility:auto}
      .spark{width:170px;height:30px;display:block}.spark .limit-line{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 2}
      .spark .dot{fill:var(--vm0)}.spark .dot-bad{fill:var(--fail)}.spark .dot-open{fill:none;stroke:var(--soft);stroke-width:1}
      .spark .line{fill:none;stroke:var(--vm0);stroke-width:1;opacity:.5}
      @media print{.tools{display:none}}

      """

  /// Shows the rows that contain every searched word, of a scenario and an outcome. The page's address has the choice,
  /// so that others can open it.
  static let script = """
    (() => {
    const tools = document.querySelector('.tools'), rows = [...document.querySelectorAll('.all tbody tr')];
    const texts = rows.map(row => row.textContent.toLowerCase());
    const cells = (row, index) => row.cells[index].textContent;
    const [search, scenario, outcome] = ['search', 'scenario', 'outcome'].map(name => document.getElementById(name));
    const count = document.getElementById('count');
    const show = () => {
      const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, index) => {
        const fits = words.every(word => texts[index].includes(word))
          && (!scenario.value || cells(row, 1) === scenario.value) && (!outcome.value || cells(row, 3) === outcome.value);
        row.hidden = !fits;
        if (fits) shown += 1;
      });
      count.textContent = shown === rows.length ? rows.length + ' runs' : shown + ' of ' + rows.length + ' runs';
      const choice = new URLSearchParams();
      for (const field of [search, scenario, outcome]) if (field.value) choice.set(field.id, field.value);
      try { history.replaceState(null, '', '#' + choice); } catch { /* A page from a file may have no history. */ }
    };
    const choice = new URLSearchParams(location.hash.slice(1));
    for (const field of [search, scenario, outcome]) if (choice.has(field.id)) field.value = choice.get(field.id);
    for (const field of [search, scenario, outcome]) field.addEventListener('input', show);
    addEventListener('keydown', event => {
      if (event.key === '/' && document.activeElement !== search) { event.preventDefault(); search.focus(); }
    });
    tools.hidden = false;
    show();
    })();

    """

  static let template = HTMLTemplate.head(title: "Murphy: all runs") + body

  private static let body = """
    <main>
    <header>
    <p class="kicker">{{kicker}}</p>
    <h1>{{summary}}</h1>
    </header>
    <section>
    <div class="scroll"><table>
    <thead><tr><th></th><th>Scenario</th><th>Fleet</th><th>What its runs show together</th><th>Latest runs</th><th>Last result</th><th class="n">Runs</th></tr></thead>
    <tbody>
    {{#histories}}
    <tr><td><span class="chip {{tone}}">{{mark}}</span></td><td><a href="{{address}}">{{scenario}}</a></td><td>{{fleet}}</td><td>{{verdict}}</td><td>{{{spark}}}</td><td class="nowrap">{{last}}</td><td class="n">{{runs}}</td></tr>
    {{/histories}}
    </tbody></table></div>
    </section>
    <section>
    <h2>All runs</h2>
    <div class="tools" hidden>
    <label>Search<input id="search" type="search" placeholder="a name, a month, a reason" autocomplete="off"></label>
    <label>Scenario<select id="scenario"><option value="">all</option>{{#scenarios}}<option>{{.}}</option>{{/scenarios}}</select></label>
    <label>Outcome<select id="outcome"><option value="">all</option>{{#outcomes}}<option>{{.}}</option>{{/outcomes}}</select></label>
    <output id="count"></output>
    </div>
    <div class="scroll"><table class="all">
    <thead><tr><th>Began</th><th>Scenario</th><th>Fleet</th><th>Outcome</th><th>Result</th><th>Run</th></tr></thead>
    <tbody>
    {{{rows}}}
    </tbody></table></div>
    </section>
    </main>
    <script>{{{script}}}</script>
    </body>
    </html>

    """
}

/// The latest runs of a history as a small line.
private struct Sparkline {
  let svg: String

  private static let (width, height, most) = (170.0, 30.0, 24)

  init(_ history: History) {
    guard let primary = history.primary else {
      svg = ""
      return
    }
    let runs = Array(history.runs.suffix(Self.most))
    let values = runs.compactMap { $0.median(of: primary.key) }
    let greatest = values.map { $0.high.isFinite ? $0.high : $0.low }.max() ?? 0
    let top = max(greatest, Double(primary.limit)) * 1.1
    if values.isEmpty || top <= 0 {
      svg = ""
      return
    }
    func y(_ value: Double) -> Double { Self.height - 4 - value / top * (Self.height - 8) }
    let step = (Self.width - 8) / Double(max(Self.most - 1, 1))
    var picture = SVG()
    picture.line(0, y(Double(primary.limit)), Self.width, y(Double(primary.limit)), "limit-line")
    let points = runs.enumerated().compactMap { index, run in
      run.median(of: primary.key).map { value in
        (
          x: 4 + Double(index) * step,
          y: y(value.high.isFinite ? (value.low + value.high) / 2 : value.low), outcome: run.outcome
        )
      }
    }
    picture.path(points.map { ($0.x, $0.y) }, "line")
    for point in points {
      let style = point.outcome == .met ? "dot" : point.outcome == .undecided ? "dot-open" : "dot-bad"
      picture.rect(point.x - 2.5, point.y - 2.5, 5, 5, style, radius: style == "dot-bad" ? 0 : 2.5)
    }
    let label = "\(primary.key) of the latest \(Figures.things(runs.count, "run"))"
    svg =
      "<svg class=\"spark\" viewBox=\"0 0 \(SVG.number(Self.width)) \(SVG.number(Self.height))\" role=\"img\""
      + " aria-label=\"\(Markup.escaped(label))\">\(picture.body)</svg>"
  }
}
