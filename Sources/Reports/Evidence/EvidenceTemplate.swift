/// The page of `evidence.html`, in the style of `report.html`, without a script.
enum EvidenceTemplate {
  static let style =
    HTMLTemplate.style + """
      .not-stated{color:var(--soft);font-style:italic}
      .facts{grid-template-columns:minmax(120px,260px) 1fr}
      .chronology td:first-child{white-space:nowrap;font-variant-numeric:tabular-nums}
      pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0 0}
      .digest td:last-child{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}

      """

  static let page = HTMLTemplate.head(title: "Evidence: {{title}}: {{verdict}}") + body

  /// A section that lists facts.
  private static let facts = """
    <section>
    <h2>{{title}}</h2>
    <dl class="facts">
    {{#facts}}<dt>{{name}}</dt><dd>{{#isStated}}{{#lines}}<div>{{.}}</div>{{/lines}}{{/isStated}}{{^isStated}}<span class="not-stated">not stated</span>{{/isStated}}</dd>
    {{/facts}}
    </dl>
    </section>
    """

  private static let body = """
    <main>
    <header>
    <p class="kicker">Evidence of {{run}}</p>
    <h1>{{title}}</h1>
    <div class="verdict {{tone}}">
    <p class="mark"><span class="shape">{{mark}}</span>{{verdict}}</p>
    {{#sentences}}<p class="plain">{{.}}</p>
    {{/sentences}}
    <p class="plain">{{findingsLine}} {{signaturesLine}}</p>
    </div>
    </header>
    {{#sections}}
    \(facts)
    {{/sections}}
    <section>
    <h2>Results</h2>
    <dl class="facts">
    {{#results}}<dt>{{name}}</dt><dd>{{#isStated}}{{#lines}}<div>{{.}}</div>{{/lines}}{{/isStated}}{{^isStated}}<span class="not-stated">not stated</span>{{/isStated}}</dd>
    {{/results}}
    </dl>
    {{#hasObjectives}}
    <div class="scroll"><table>
    <thead><tr><th>Trial</th><th>Objective</th><th>Required</th><th>Measured</th><th>Result</th></tr></thead>
    <tbody>{{#objectives}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/objectives}}</tbody></table></div>
    {{/hasObjectives}}
    </section>
    <section>
    <h2>Findings</h2>
    {{#hasFindings}}<div class="scroll"><table>
    <thead><tr><th>No.</th><th>Finding</th><th>Severity</th><th>Cause</th><th>Action</th><th>Owner</th><th>Due</th><th>State</th><th>Tested again by</th></tr></thead>
    <tbody>{{#findings}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/findings}}</tbody></table></div>{{/hasFindings}}{{^hasFindings}}<p>{{findingsLine}}</p>{{/hasFindings}}
    </section>
    <section>
    <h2>Deviations from the plan</h2>
    <ul>{{#deviations}}<li>{{.}}</li>{{/deviations}}</ul>
    </section>
    <section>
    <h2>Chronology, in UTC</h2>
    <div class="scroll"><table class="chronology">
    <thead><tr><th>Time</th><th>Trial</th><th>Event</th><th>By</th></tr></thead>
    <tbody>{{#chronology}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/chronology}}</tbody></table></div>
    </section>
    {{#hasNotes}}
    <section>
    <h2>Notes</h2>
    <div class="scroll"><table>
    <thead><tr><th>Written</th><th>By</th><th>Note</th></tr></thead>
    <tbody>{{#notes}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/notes}}</tbody></table></div>
    </section>
    {{/hasNotes}}
    {{#conclusion}}
    \(facts)
    {{/conclusion}}
    <section>
    <h2>Sign-off</h2>
    <div class="scroll"><table>
    <thead><tr><th>As</th><th>Name</th><th>Time</th><th>Signature</th></tr></thead>
    <tbody>{{#signatures}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/signatures}}</tbody></table></div>
    </section>
    <section>
    <h2>Integrity</h2>
    <ul>{{#integrity}}<li>{{.}}</li>{{/integrity}}</ul>
    <p>These commands check it without Murphy, in the folder of the run. A manifest shows accidental changes. A signature shows every change by a person who does not have its key.</p>
    <pre>{{commands}}</pre>
    <div class="scroll"><table class="digest">
    <thead><tr><th>File</th><th>SHA-256</th></tr></thead>
    <tbody>{{#files}}<tr>{{#cells}}<td>{{.}}</td>{{/cells}}</tr>
    {{/files}}</tbody></table></div>
    </section>
    </main>
    </body>
    </html>

    """
}
