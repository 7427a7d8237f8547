/// The page of `report.html`: one file without requests to the network. Mustache escapes every `{{…}}`. The `{{{…}}}` are
/// pictures, which escape their own texts, and the page's own style and script. The page's policy refuses every other
/// style or script, with any texts of a scenario or a journal.
enum HTMLTemplate {
  /// The beginning of every page, up to its body.
  static func head(title: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="{{policy}}">
    <meta name="color-scheme" content="light dark">
    <title>\(title)</title>
    <style>{{{style}}}</style>
    </head>
    <body>

    """
  }

  /// The pattern of periods whose bounds are uncertain.
  static let hatching = """
    <svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><line class="hatch-line" x1="0" y1="0" x2="0" y2="6"/></pattern></defs></svg>

    """

  static let page = head(title: "{{title}}: {{verdict}}") + hatching + body

  private static let body = """
    <main>
    <header>
    <p class="kicker">{{scenario}} · {{wall}} · {{trialCount}} · seed {{seed}}</p>
    <h1>{{title}}</h1>
    <div class="verdict {{tone}}">
    <p class="mark"><span class="shape">{{mark}}</span>{{verdict}}</p>
    {{#hasItems}}<ul class="items">{{#items}}<li>{{.}}</li>{{/items}}</ul>{{/hasItems}}
    {{#sentences}}<p class="plain">{{.}}</p>
    {{/sentences}}
    {{#lostWide}}<figure class="way lost">{{{lostWide}}}
    {{{lostNarrow}}}{{#lostParts}}
    <figcaption>{{lostParts}}</figcaption>{{/lostParts}}</figure>
    {{/lostWide}}
    <p class="aside">{{certainty}}</p>
    </div>
    </header>
    {{#hasOverview}}
    <section>
    <h2>All trials</h2>
    <figure class="overview">{{{overviewWide}}}
    {{{overviewNarrow}}}</figure>
    </section>
    {{/hasOverview}}
    {{#hasSummaries}}
    <section>
    <h2>Objectives over {{trialCount}}</h2>
    <div class="scroll"><table>
    <thead><tr><th>Objective</th><th>Required</th><th class="n">Lowest</th><th class="n">Median</th><th class="n">Highest</th><th class="n">Met</th><th class="n">Missed</th><th class="n">Undecided</th><th class="n">Void</th></tr></thead>
    <tbody>
    {{#summaries}}
    <tr><td>{{key}}</td><td>{{demand}}</td><td class="n">{{least}}</td><td class="n">{{median}}</td><td class="n">{{greatest}}</td><td class="n">{{met}}</td><td class="n">{{missed}}</td><td class="n">{{undecided}}</td><td class="n">{{void}}</td></tr>
    {{/summaries}}
    </tbody></table></div>
    </section>
    {{/hasSummaries}}
    {{#trials}}
    <section class="trial">
    {{#heading}}<h2 class="major">{{heading}}</h2>{{/heading}}
    {{#notice}}<p class="notice">{{notice}}</p>{{/notice}}
    <figure>
    {{{wide}}}
    {{{narrow}}}
    <figcaption>{{#legend}}<span class="key"><svg viewBox="0 0 22 12" aria-hidden="true">{{{mark}}}</svg>{{text}}</span>{{/legend}}</figcaption>
    </figure>
    {{#hasObjectives}}
    <h3>Objectives</h3>
    <div class="scroll"><table class="objectives">
    <thead><tr><th></th><th>Objective</th><th>Measured</th><th>Required</th><th class="gauge-head">Bounds against the limit</th></tr></thead>
    <tbody>
    {{#objectives}}
    <tr data-lane="{{lane}}"><td><span class="chip {{tone}}">{{verdict}}</span></td><td>{{key}}</td><td>{{measured}}{{#remark}}<br><small>{{remark}}</small>{{/remark}}</td><td class="nowrap">{{demand}}{{#used}}<br><small>{{used}}</small>{{/used}}</td><td>{{{gauge}}}</td></tr>
    {{/objectives}}
    </tbody></table></div>
    {{/hasObjectives}}
    {{#hasWay}}
    <h3>Where the time went</h3>
    <figure class="way">{{{wayWide}}}
    {{{wayNarrow}}}</figure>
    <div class="scroll"><table class="steps">
    <thead><tr><th>Part</th><th>Took</th><th>Until</th><th>After the effect</th></tr></thead>
    <tbody>
    {{#parts}}
    <tr><td><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="{{style}}" width="12" height="12" rx="2"/></svg>{{name}}</td><td>{{took}}</td><td>{{until}}</td><td{{#moment}} data-at="{{moment}}"{{/moment}}>{{at}}</td></tr>
    {{/parts}}
    </tbody></table></div>
    {{#outcome}}<p class="aside">{{outcome}}</p>{{/outcome}}
    {{/hasWay}}
    {{#hasTimers}}
    <h3>The platform’s own timers</h3>
    <div class="scroll"><table>
    <thead><tr><th>Reaction</th><th>By the timer alone</th><th>Observed</th><th>Setting</th></tr></thead>
    <tbody>
    {{#timers}}
    <tr data-lane="{{lane}}"><td>{{what}}</td><td>{{predicted}}</td><td>{{observed}}</td><td>{{settings}}</td></tr>
    {{/timers}}
    </tbody></table></div>
    {{/hasTimers}}
    {{#hasLevels}}
    <h3>{{levelsHeading}}</h3>
    <div class="scroll"><table>
    <tbody>
    {{#levels}}
    <tr data-lane="{{subject}}"><td>{{subject}}</td><td>{{what}}</td><td>{{value}}</td></tr>
    {{/levels}}
    </tbody></table></div>
    {{/hasLevels}}
    <div class="columns">
    <div>
    <h3>Outages</h3>
    <div class="scroll"><table>
    <thead><tr><th>Probe</th><th class="n">At</th><th>Lasted</th><th class="n">Failed</th><th>With</th></tr></thead>
    <tbody>
    {{#outages}}
    <tr data-lane="{{probe}}"><td>{{probe}}</td><td class="n" data-at="{{moment}}">{{at}}</td><td>{{length}}</td><td class="n">{{failed}}</td><td>{{statuses}}</td></tr>
    {{/outages}}
    {{^outages}}<tr><td colspan="5" class="none">None.</td></tr>{{/outages}}
    </tbody></table></div>
    </div>
    <div>
    <h3>Requests</h3>
    <div class="scroll"><table>
    <thead><tr><th>Probe</th><th class="n">Ok</th><th class="n">Failed</th><th class="n">Ratio</th><th class="n">Unknown</th><th class="n">Unsent</th><th class="n">Share</th></tr></thead>
    <tbody>
    {{#requests}}
    <tr data-lane="{{probe}}"><td>{{probe}}</td><td class="n">{{ok}}</td><td class="n">{{failed}}</td><td class="n">{{ratio}}</td><td class="n">{{unknown}}</td><td class="n">{{unsent}}</td><td class="n">{{unknownShare}}</td></tr>
    {{/requests}}
    </tbody></table></div>
    </div>
    </div>
    <div class="columns">
    <div>
    <h3>Latency by phase</h3>
    <div class="scroll"><table>
    <thead><tr><th>Probe</th><th>Phase</th><th class="n">p50</th><th class="n">p99</th><th class="n">Max</th><th class="n">Answers</th></tr></thead>
    <tbody>
    {{#latencies}}
    <tr data-lane="{{probe}}"><td>{{probe}}</td><td>{{phase}}</td><td class="n">{{p50}}</td><td class="n">{{p99}}</td><td class="n">{{max}}</td><td class="n">{{answered}}</td></tr>
    {{/latencies}}
    </tbody></table></div>
    </div>
    <div>
    <h3>Safety</h3>
    <div class="scroll"><table>
    <tbody>
    {{#safety}}
    <tr><td>{{what}}</td><td class="{{tone}}">{{value}}</td></tr>
    {{/safety}}
    </tbody></table></div>
    </div>
    </div>
    {{#hasRequestParts}}
    <h3>Parts of a request (medians)</h3>
    <div class="scroll"><table>
    <thead><tr><th>Probe</th><th>Phase</th><th class="n">Name</th><th class="n">Connect</th><th class="n">TLS</th><th class="n">First byte</th><th class="n">Rest</th></tr></thead>
    <tbody>
    {{#requestParts}}
    <tr data-lane="{{probe}}"><td>{{probe}}</td><td>{{phase}}</td><td class="n">{{resolve}}</td><td class="n">{{connect}}</td><td class="n">{{secure}}</td><td class="n">{{firstByte}}</td><td class="n">{{rest}}</td></tr>
    {{/requestParts}}
    </tbody></table></div>
    {{/hasRequestParts}}
    {{#hasWrongBeliefs}}
    <h3>Views and the truth</h3>
    <div class="scroll"><table>
    <thead><tr><th>View</th><th>While</th><th class="n">For</th></tr></thead>
    <tbody>
    {{#wrongBeliefs}}
    <tr data-lane="{{view}}"><td>{{view}}</td><td>{{what}}</td><td class="n{{#isBlind}} damage{{/isBlind}}">{{#isBlind}}▲ {{/isBlind}}{{length}}</td></tr>
    {{/wrongBeliefs}}
    </tbody></table></div>
    {{/hasWrongBeliefs}}
    {{#hasDisagreements}}
    <h3>Hosts that contradicted each other</h3>
    <div class="scroll"><table>
    <thead><tr><th>View</th><th class="n">From</th><th class="n">For</th><th>Hosts</th><th>What they believed, and others did not</th></tr></thead>
    <tbody>
    {{#disagreements}}
    {{#sides}}<tr data-lane="{{lane}}"><td>{{view}}</td><td class="n"{{#moment}} data-at="{{moment}}"{{/moment}}>{{at}}</td><td class="n">{{length}}</td><td>{{hosts}}</td><td>{{believes}}</td></tr>
    {{/sides}}
    {{/disagreements}}
    </tbody></table></div>
    {{/hasDisagreements}}
    <h3>Faults</h3>
    <div class="scroll"><table>
    <thead><tr><th>Fault</th><th>Host</th><th>What</th><th class="n">Requested</th><th>Effective after</th><th class="n">On the host</th><th>Active</th><th class="n">Reverted</th><th>By</th><th class="n">Late by</th></tr></thead>
    <tbody>
    {{#leases}}
    <tr><td>{{fault}}</td><td>{{host}}</td><td>{{object}}{{#evidence}}<br><small>{{evidence}}</small>{{/evidence}}</td><td class="n">{{requested}}</td><td>{{effective}}</td><td class="n">{{took}}</td><td class="nowrap">{{held}}</td><td class="n">{{reverted}}</td><td>{{by}}</td><td class="n">{{late}}</td></tr>
    {{/leases}}
    {{^leases}}<tr><td colspan="10" class="none">None requested.</td></tr>{{/leases}}
    </tbody></table></div>
    <p class="aside">{{shorterFault}}</p>
    {{#choices}}<p class="aside">{{.}}</p>{{/choices}}
    {{#missing}}<p class="missing"><span class="chip open">– did not happen</span> {{step}}: {{reason}}.</p>{{/missing}}
    {{#hasResidue}}
    <h3>Residue on the hosts</h3>
    <div class="scroll"><table class="state">
    <thead><tr><th>Host</th><th></th><th>Difference from before</th><th>Cause</th></tr></thead>
    <tbody>
    {{#residue}}
    <tr><td class="nowrap">{{host}}</td><td class="change">{{change}}</td><td><code>{{line}}</code></td><td>{{#by}}<span class="chip {{tone}}">{{by}}</span>{{/by}}{{#because}}<br><small>{{because}}</small>{{/because}}</td></tr>
    {{/residue}}
    </tbody></table></div>
    {{/hasResidue}}
    {{#hasOthers}}
    <h3>Changed by something else meanwhile</h3>
    <div class="scroll"><table class="state">
    <thead><tr><th>Host</th><th></th><th>Difference from before</th><th>Cause</th></tr></thead>
    <tbody>
    {{#others}}
    <tr><td class="nowrap">{{host}}</td><td class="change">{{change}}</td><td><code>{{line}}</code></td><td><span class="chip {{tone}}">{{by}}</span>{{#because}}<br><small>{{because}}</small>{{/because}}</td></tr>
    {{/others}}
    </tbody></table></div>
    <p class="aside">Not counted as residue.</p>
    {{/hasOthers}}
    </section>
    {{/trials}}
    <section>
    <h2>How to read the figures</h2>
    <p>A probe doesn’t observe the time between its samples. An outage lasted at most from the last good sample’s due time to the first good answer after it, and at least from the first failure’s result to the last failure’s due time. The estimate before the bounds is the time between the due times of the first failed sample and of the first good sample after it. A duration that had not ended when observation ended is shown as “more than”, counts as infinite and is never averaged. The uncertainty of the hosts’ clocks widens the bounds.</p>
    {{#hasSafety}}<ul>{{#safetyLines}}<li>{{.}}</li>{{/safetyLines}}</ul>{{/hasSafety}}
    </section>
    {{#hasEnvironment}}
    <section>
    <h2>Environment</h2>
    <div class="scroll"><table class="environment">
    <thead><tr><th></th>{{#hosts}}<th>{{.}}</th>{{/hosts}}</tr></thead>
    <tbody>
    {{#environment}}
    <tr{{#differs}} class="differs"{{/differs}}><td>{{key}}</td>{{#values}}<td>{{.}}</td>{{/values}}</tr>
    {{/environment}}
    </tbody></table></div>
    {{#anyDiffers}}<p class="aside">Marked rows differ between hosts.</p>{{/anyDiffers}}
    </section>
    {{/hasEnvironment}}
    <section>
    <h2>Scenario</h2>
    <dl>
    {{#plan}}
    <dt>{{name}}</dt><dd>{{#lines}}<div>{{.}}</div>{{/lines}}</dd>
    {{/plan}}
    </dl>
    </section>
    <footer>
    <dl>
    {{#identity}}
    <dt>{{name}}</dt><dd>{{#lines}}<div>{{.}}</div>{{/lines}}</dd>
    {{/identity}}
    </dl>
    </footer>
    </main>
    <script>{{{script}}}</script>
    </body>
    </html>

    """

  /// The colours are from Okabe and Ito (https://jfly.uni-koeln.de/color/), since colour-blind readers can distinguish
  /// them. Good values are pale and bad ones are saturated, so that a print in grey keeps the meaning.
  static let style = """
    :root{--paper:#fff;--panel:#f6f7f9;--ink:#1b1f24;--soft:#5a6570;--line:#dde2e7;
    --well:#d5ece4;--well-ink:#0b5a44;--good:#00795a;--bad:#c24f00;--fail:#d55e00;--on-fail:#fff;
    --damage:#7d1128;--unsure:#005f9e;--warn:#f3c877;--warn-ink:#5d3f00;--open:#5b6470;--fault:#e69f00;--fault-ink:#8a5a00;
    --vm0:#0072b2;--vm1:#a8457f;--vm2:#56b4e9;--vm3:#3d3d3d;--heal:#cc79a7;--heal-pale:#f0d8e5;--latency:#0b6b52;--steady:#bcdfd2;--hatch:#8b949e}
    @media screen and (prefers-color-scheme:dark){:root{--paper:#13161a;--panel:#1b1f25;--ink:#e6e9ec;--soft:#9aa4ae;--line:#2e353d;
    --well:#17382f;--well-ink:#8fd6bf;--good:#35c79b;--bad:#ff8a3d;--fail:#d55e00;--on-fail:#fff;
    --damage:#ff9aa8;--unsure:#6db8ec;--warn:#7a5a17;--warn-ink:#ffe2a6;--open:#9aa4ae;--fault:#e69f00;--fault-ink:#f0b940;
    --vm0:#4aa8e0;--vm1:#d884b4;--vm2:#8fd0f5;--vm3:#c9ced3;--heal:#cc79a7;--heal-pale:#4a2c3d;--latency:#5cc9a7;--steady:#1f4a3e;--hatch:#6d7781}}
    .defs{position:absolute;width:0;height:0}.hatch-ground{fill:var(--paper)}.hatch-line{stroke:var(--hatch);stroke-width:3}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact;print-color-adjust:exact}
    main{max-width:1160px;margin:0 auto;padding:48px 40px 72px}
    h1{font-size:32px;line-height:1.2;font-weight:650;letter-spacing:-.012em;margin:4px 0 24px;text-wrap:balance}
    h2{font-size:21px;font-weight:650;margin:56px 0 12px}
    h2.major{margin-bottom:16px;padding-top:20px;border-top:1px solid var(--line)}
    h3{font-size:15px;font-weight:650;margin:36px 0 8px}
    p{margin:0 0 12px;max-width:76ch}
    small,.aside,figcaption{color:var(--soft);font-size:13px}
    .aside{margin:8px 0 0}
    .kicker{color:var(--soft);font-size:14px;margin:0}
    .verdict{border-left:8px solid var(--open);background:var(--panel);padding:20px 26px;border-radius:0 8px 8px 0}
    .verdict.good{border-color:var(--good)}.verdict.bad{border-color:var(--fail)}
    .verdict.damage{border-color:var(--damage);box-shadow:inset 0 0 0 2px var(--damage)}
    .verdict.unsure{border-left-style:double;border-color:var(--unsure)}.verdict.open{border-left-style:dashed}
    .verdict p{margin:0}
    .mark{font-weight:650;font-size:20px;line-height:1.3;color:var(--open)}
    .shape{display:inline-block;min-width:30px;margin-right:12px;text-align:center;border-radius:5px;padding:1px 7px;color:var(--paper);background:var(--open)}
    .good>.mark{color:var(--good)}.good .shape{background:var(--good)}.bad>.mark{color:var(--bad)}.bad .shape{background:var(--fail);color:var(--on-fail)}
    .damage>.mark{color:var(--damage)}.damage .shape{background:var(--damage)}
    .unsure>.mark{color:var(--unsure)}.unsure .shape{background:var(--paper);color:var(--unsure);box-shadow:inset 0 0 0 2px var(--unsure)}
    .verdict .plain{margin-top:6px;max-width:72ch}
    .mark+.plain,.items{font-size:19px;line-height:1.4;margin-top:12px}
    .items{max-width:68ch;overflow-wrap:anywhere}
    .notice{margin-top:12px;border-left:5px solid var(--fault);background:var(--panel);padding:10px 18px;border-radius:0 8px 8px 0}
    figure{margin:36px 0 0;position:relative}
    .picture{display:block;width:100%;height:auto;overflow:visible;touch-action:pan-y}
    .picture:focus-visible{outline:2px solid var(--unsure);outline-offset:6px}
    .hair,.range{visibility:hidden;pointer-events:none}.hair{stroke:var(--ink);stroke-width:1}.range{fill:var(--ink);fill-opacity:.1}
    .read .hair,.read .range{visibility:visible}
    .box{position:absolute;z-index:1;max-width:min(340px,46%);background:var(--paper);border:1px solid var(--ink);border-radius:6px;padding:9px 13px;font-size:13px;line-height:1.4;pointer-events:none}
    .box dl{grid-template-columns:max-content 1fr;gap:1px 12px;font-size:13px}.box dd{font-weight:600;margin:0}.box[hidden]{display:none}
    .hint{color:var(--soft);font-size:13px;margin:6px 0 0;max-width:none}
    tr.on>td{background:var(--panel)}.pointing .picture [data-lane]:not(.on){opacity:.3}
    a{color:inherit;text-underline-offset:3px;text-decoration-color:var(--soft)}
    .narrow{display:none}
    figcaption{display:flex;flex-wrap:wrap;gap:6px 20px;margin-top:12px}
    .key{display:inline-flex;align-items:center;gap:7px}
    .key svg{width:22px;height:12px}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-size:14px}
    th{text-align:left;font-weight:500;color:var(--soft);font-size:13px;white-space:nowrap}
    th,td{padding:7px 18px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
    th:last-child,td:last-child{padding-right:0}
    .n{text-align:right;white-space:nowrap}
    .nowrap{white-space:nowrap}
    .none{color:var(--soft)}
    .columns{display:grid;grid-template-columns:1fr 1fr;gap:0 56px}
    .columns>div{min-width:0}
    .chip{display:inline-block;min-width:74px;text-align:center;border-radius:4px;padding:0 9px;font-size:13px;font-weight:600;border:1.5px solid var(--open);color:var(--open);white-space:nowrap}
    .chip.good{border-color:var(--well);background:var(--well);color:var(--well-ink)}
    .chip.bad{border-color:var(--fail);background:var(--fail);color:var(--on-fail)}
    .chip.damage{border-color:var(--damage);background:var(--damage);color:var(--paper)}
    .chip.unsure{border:1.5px dashed var(--unsure);color:var(--unsure)}.chip.open{border-style:dotted}
    td.damage{color:var(--damage);font-weight:650}td.unsure{color:var(--unsure);font-weight:600}
    .missing{margin:8px 0 0;font-size:14px}
    .state th:last-child{width:34%}.state .change{color:var(--soft);white-space:nowrap;padding-left:0}.state td{line-height:1.45}
    .gauge{display:block;width:190px;height:20px}
    .gauge-head{min-width:190px}
    .gauge .track{fill:var(--line)}.gauge .range{fill-opacity:.4}.gauge .range{fill:var(--good)}.gauge.bad .range{fill:var(--fail)}.gauge.unsure .range{fill:var(--unsure)}
    .gauge .point{fill:var(--good)}.gauge.bad .point{fill:var(--fail)}.gauge.unsure .point{fill:var(--unsure)}.gauge .limit{stroke:var(--ink);stroke-width:1.6}
    figure.way{margin:4px 0 10px}
    .way svg,.overview svg{width:100%;height:auto;overflow:visible}.way text{font-size:12px;font-weight:600;fill:#1b1f24}.way .limit-text{fill:var(--ink)}
    .way .s1-text,.way .s3-text{fill:#fff}.verdict .way.lost{margin:16px 0 0}.way figcaption{margin-top:6px}
    .s0{fill:#e69f00}.s1{fill:#0072b2}.s2{fill:#7cc4ee}.s3{fill:#00795a}.s4{fill:#d9dde1}.s5{fill:#cc79a7}
    .overview{margin-top:8px}.overview text{font-size:11px;fill:var(--soft)}.overview .limit-name{fill:var(--ink)}
    .swatch{width:12px;height:12px;margin-right:9px;vertical-align:-1px}
    .environment td:first-child{color:var(--soft)}
    .environment td{font-size:13px;overflow-wrap:anywhere}
    .differs td{background:var(--panel);font-weight:600}
    .differs td:first-child{box-shadow:inset 4px 0 var(--fault);padding-left:12px}
    code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 28px;font-size:14px;margin:0}
    dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
    ul{padding-left:20px;margin:0}
    footer{margin-top:56px;padding-top:20px;border-top:1px solid var(--line)}
    footer dl{font-size:12px}
    .picture text{font-family:inherit;font-size:11px;fill:var(--ink)}
    .picture .lane{font-size:13px;font-weight:600}
    .picture .note,.picture .axis,.picture .scale{fill:var(--soft)}
    .picture .scale{font-size:10px}
    .picture .host{fill:var(--soft)}
    .picture .phase{fill:var(--panel);stroke:var(--line)}
    .picture .phase-name{fill:var(--soft)}
    .picture .grid{stroke:var(--line);stroke-width:1}
    .picture .zero{stroke:var(--fault);stroke-width:1}
    .picture .tick{stroke:var(--soft);stroke-width:1}
    .fault{fill:var(--fault)}.fault-end{stroke:var(--fault);stroke-width:2}
    .fault-edge{stroke:var(--fault);stroke-width:1;stroke-dasharray:3 3}
    .picture .fault-name{fill:var(--fault-ink);font-weight:600}
    .ok,.whole{fill:var(--well)}
    .fail,.broken{fill:var(--fail)}
    .degraded{fill:var(--warn)}
    .otherwise{fill:var(--open)}
    .picture .on-fail,.picture .on-broken{fill:var(--on-fail);font-weight:600}.picture .on-fail{paint-order:stroke;stroke:var(--fail);stroke-width:3px}
    .picture .on-whole{fill:var(--well-ink)}
    .picture .on-degraded{fill:var(--warn-ink);font-weight:600}
    .latency{fill:none;stroke:var(--latency);stroke-width:1}
    .lost{fill:var(--ink)}
    .wrong{fill:var(--damage)}.picture .on-wrong{fill:var(--paper);font-weight:650}.picture .wrong-name{fill:var(--damage);font-weight:650}
    .steady{fill:var(--steady)}.whisker{stroke:var(--ink);stroke-width:1.4}
    .limit-line{stroke:var(--ink);stroke-width:2}.picture .limit-name{font-size:10px;font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px}
    .ghost{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:4 2}.picture .ghost-name,.picture .on-ghost{font-size:10px;fill:var(--soft)}
    .pole{stroke:var(--ink);stroke-width:1}.flag{fill:var(--ink)}
    .backlog{fill:var(--heal-pale)}.backlog-line{fill:none;stroke:var(--heal);stroke-width:1.5}
    .row{fill:var(--panel)}
    .hit{fill:var(--fault);fill-opacity:.3}
    .vm0{fill:var(--vm0)}.vm1{fill:var(--vm1)}.vm2{fill:var(--vm2)}.vm3{fill:var(--vm3)}
    .vm0{stroke:var(--vm0)}.vm1{stroke:var(--vm1)}.vm2{stroke:var(--vm2)}.vm3{stroke:var(--vm3)}
    .vm0,.vm1,.vm2,.vm3{stroke-width:0}
    .paused,.doubtful{fill:var(--paper);stroke-width:1.3}
    .paused{stroke-dasharray:3 2}
    .unknown,.lost-sight{fill:url(#hatch);stroke:var(--hatch);stroke-width:.5}
    .arrow{fill:none;stroke:var(--fail);stroke-width:2.5}
    @media screen and (max-width:820px){.columns{grid-template-columns:1fr}}
    @media screen and (max-width:700px){main{padding:24px 16px 48px}h1{font-size:25px}.verdict{padding:14px 18px}.mark+.plain,.items{font-size:17px}
    .wide{display:none}.narrow{display:block}th,td{padding-right:12px}
    .objectives thead{display:none}.objectives tr{display:grid;grid-template-columns:108px 1fr;gap:3px 12px;padding:12px 0;border-bottom:1px solid var(--line)}
    .objectives td{border:0;padding:0}.objectives td:nth-child(n+3){grid-column:2}.objectives td:empty{display:none}
    .state thead{display:none}.state tr{display:grid;grid-template-columns:108px 1fr;gap:3px 12px;padding:12px 0;border-bottom:1px solid var(--line)}
    .state td{border:0;padding:0;white-space:normal}.state td:nth-child(n+3){grid-column:2}.state .change:empty{display:none}
    .steps td:first-child{white-space:nowrap}.steps :is(td,th):nth-child(3){display:none}.scroll td{min-width:76px}.steps{font-size:13px}.swatch{margin-right:6px}.box{position:fixed;inset:auto 8px 8px!important;max-width:none}dl{grid-template-columns:1fr;gap:2px 0}dd{margin-bottom:8px}}
    @media print{@page{size:A4;margin:14mm 13mm}body{font-size:12px}main{max-width:none;padding:0}h1{font-size:23px;margin-bottom:14px}
    h2{margin-top:26px;font-size:16px}h3{margin-top:18px;font-size:12.5px}.verdict{padding:12px 18px}.mark+.plain,.items{font-size:14px}
    table,dl{font-size:10.5px}th{font-size:10px}small,.aside,figcaption,.chip,.environment td,code{font-size:9.5px}th,td{padding-top:3.5px;padding-bottom:3.5px;padding-right:10px}
    .chip{min-width:52px}.gauge,.gauge-head{width:120px;min-width:120px}figure{margin-top:20px}
    .wide{display:block}.narrow{display:none}.columns{grid-template-columns:1fr 1fr;gap:0 28px}
    figure,tr,.verdict,.notice{break-inside:avoid}h2,h3{break-after:avoid}.trial+.trial{break-before:page}.box,.hint,.hair,.range{display:none}a{text-decoration:none}.scroll{overflow:visible}}

    """
}
