/// The values of `comparison.html`.
struct ComparisonPage {
  let policy = PagePolicy.policy(style: ComparisonTemplate.style)
  let style = ComparisonTemplate.style
  var kicker: String
  var title: String
  var hasSummary: Bool
  /// The objective that decides.
  var key: String
  var summary: [Summary]
  var pairing: String
  var sides: [Side]

  /// A side in the table of all sides.
  struct Summary {
    var side: String
    var tone: String
    var verdict: String
    var median: String
    var difference: String
  }

  struct Row {
    var cells: [String]
  }

  struct Side {
    var label: String
    var mark: String
    var verdict: String
    var tone: String
    var sentences: [String]
    var picture: String
    var isDrawn: Bool
    var pairs: String?
    var rows: [Row]
    var key: String
    var trials: [Row]
    var hasPhases: Bool
    var phases: [Row]
    var phasesPicture: String?
    var hasDifferences: Bool
    var differences: [Row]
    var runs: [Row]
  }
}

/// The page of `comparison.html`, in the style of `report.html`, without a script.
enum ComparisonTemplate {
  static let style =
    HTMLTemplate.style + """
      .compare .base{fill:none;stroke:var(--soft);stroke-width:1.5}.compare .candidate{fill:var(--vm0);stroke:var(--vm0)}
      .compare .whisker{stroke:var(--ink);stroke-width:1.5}.compare .allowed{fill:var(--well)}.compare .zero{stroke:var(--ink);stroke-width:1}
      .compare .margin{stroke:var(--fault-ink);stroke-width:1.5;stroke-dasharray:4 3}
      .compare .interval{fill:var(--vm0)}.compare text{fill:var(--ink);font-size:12px}.compare .note{fill:var(--soft)}
      .pair-better,.pair-kept,.pair-open,.pair-worse{stroke:var(--ink);stroke-width:.8}.pair-better{fill:var(--vm0)}.pair-kept{fill:var(--well)}
      .pair-open{fill:var(--paper);stroke-dasharray:2 2}.pair-worse{fill:var(--fail)}.cross{stroke:var(--on-fail);stroke-width:1.4}
      .stacked{margin-top:8px}.changed{stroke:var(--ink);stroke-width:2}
      .picture.compare :is(.s0-text,.s2-text,.s4-text,.s5-text){fill:#1b1f24}.picture.compare :is(.s1-text,.s3-text){fill:#fff}

      """

  static let page = HTMLTemplate.head(title: "{{title}}") + body

  private static let body = """
    <main>
    <header><p class="kicker">{{kicker}}</p>
    <h1>{{title}}</h1></header>
    {{#hasSummary}}
    <section>
    <h2>All sides: {{key}}</h2>
    <div class="scroll"><table>
    <thead><tr><th>Side</th><th>Result</th><th>Median</th><th>Against the base, at 95 % confidence</th></tr></thead>
    <tbody>{{#summary}}<tr><td>{{side}}</td><td><span class="chip {{tone}}">{{verdict}}</span></td><td>{{median}}</td><td>{{difference}}</td></tr>
    {{/summary}}</tbody></table></div>
    </section>
    {{/hasSummary}}
    {{#sides}}
    <section>
    <h2>{{label}}</h2>
    <div class="verdict {{tone}}">
    <p class="mark"><span class="shape">{{mark}}</span>{{verdict}}</p>
    {{#sentences}}<p class="plain">{{.}}</p>
    {{/sentences}}
    </div>
    {{#isDrawn}}<figure>{{{picture}}}
    <figcaption>Dot: a trial of the base. Square: a trial of the candidate. Line: its bounds. Arrow: it had not ended when observation ended. Band between the dashed lines: within the margin. Bar: the difference.</figcaption></figure>
    {{#pairs}}<figure>{{{pairs}}}</figure>
    {{/pairs}}
    <h3>Metrics</h3>
    <div class="scroll"><table>
    <thead><tr><th>Metric</th><th>Margin</th><th>Candidate minus base</th><th>At 95 % confidence</th><th>Result</th></tr></thead>
    <tbody>{{#rows}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/rows}}</tbody></table></div>
    <h3>Trials: {{key}}</h3>
    <div class="scroll"><table>
    <thead><tr><th>Trial</th><th>Base</th><th>Candidate</th></tr></thead>
    <tbody>{{#trials}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/trials}}</tbody></table></div>
    {{/isDrawn}}
    {{#hasPhases}}
    <h3>Where the time went, medians</h3>
    {{#phasesPicture}}<figure class="stacked">{{{phasesPicture}}}</figure>
    {{/phasesPicture}}
    <div class="scroll"><table>
    <thead><tr><th>Phase until</th><th>Base</th><th>Candidate</th><th>Difference</th></tr></thead>
    <tbody>{{#phases}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/phases}}</tbody></table></div>
    {{/hasPhases}}
    {{#hasDifferences}}
    <h3>What differs between the sides</h3>
    <div class="scroll"><table>
    <thead><tr><th>Key</th><th>Base</th><th>Candidate</th><th></th></tr></thead>
    <tbody>{{#differences}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/differences}}</tbody></table></div>
    {{/hasDifferences}}
    <h3>Runs</h3>
    <div class="scroll"><table>
    <thead><tr><th>Side</th><th>Run</th><th>Began</th><th>Trials</th></tr></thead>
    <tbody>{{#runs}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/runs}}</tbody></table></div>
    </section>
    {{/sides}}
    <section>
    <h2>How to read it</h2>
    <p>{{pairing}} A pairing counts for a claim only if the bounds of both values prove it, so rounding, the probes’ intervals and recoveries that never came make a claim harder to show. A claim is shown if so many pairings would be seen by chance alone in at most 2.5 % of comparisons of equal sides (5 % for “no regression”). “Undecided” means neither equal nor different.</p>
    </section>
    </main>
    </body>
    </html>

    """
}
