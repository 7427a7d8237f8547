import Comparison
import FoundationEssentials
import Journal
import Linux
import Metrics
import Reports
import Scenario
import Testing

@Suite struct PageTests {
  /// The page, with plain spaces in place of those that keep a figure and its unit together.
  func html(_ run: UnplugRun) throws -> String {
    String(decoding: try Report(run.journal).html(), as: UTF8.self).replacing("\u{A0}", with: " ")
  }

  /// Whether a text is on the page. The result is a Bool, so that a failure doesn't print the page.
  func has(_ page: String, _ text: String) -> Bool { page.contains(text) }

  @Test("The page needs no other file and no server, and its policy names its only script and style")
  func thePageNeedsNothingElse() throws {
    let page = try html(UnplugRun())
    #expect(page.split(separator: "<script").count == 2 && page.split(separator: "<style").count == 2)
    #expect(!has(page, " style=") && !has(page, " onclick="))
    #expect(has(page, "content=\"default-src &#39;none&#39;; style-src &#39;sha256-"))
    for (element, source) in [("style", "style-src"), ("script", "script-src")] {
      let text = try #require(page.firstRange(of: "<\(element)>")).upperBound
      let end = try #require(page[text...].firstRange(of: "</\(element)>")).lowerBound
      // Another program computes the digest, as a browser does.
      let hash = try ChildProcess.run(
        ["sh", "-c", "openssl dgst -sha256 -binary | base64"], input: Array(page[text..<end].utf8))
      let base64 = hash.outputText.filter { $0 != "\n" }
      #expect(has(page, "\(source) &#39;sha256-\(base64)&#39;"), "\(element)")
    }
    for word in ["<link", "<img", "@import", "src=", "url(http", "href="] {
      #expect(!has(page, word), "\(word)")
    }
    // The only addresses are those of the probes, as text.
    #expect(
      page.split(separator: "http://").count - 1 == page.split(separator: "http://10.77.2.101/").count - 1)
  }

  @Test("Pages have one head, with the policy, and their style and script are values that the policy names")
  func eachPageHasThePolicy() throws {
    let sources = (#filePath.split(separator: "/").dropLast(3) + ["Sources"]).joined(separator: "/")
    var heads: [Substring] = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: "/\(sources)")
    where name.hasSuffix(".swift") {
      let text = String(decoding: try Data(contentsOf: URL(filePath: "/\(sources)/\(name)")), as: UTF8.self)
      heads += text.split(separator: "<!DOCTYPE html>").dropFirst()
      for script in text.split(separator: "<script", omittingEmptySubsequences: false).dropFirst() {
        #expect(script.hasPrefix(">{{{script}}}</script>"), "\(name)")
      }
    }
    #expect(heads.count == 1)
    let head = try #require(heads.first)
    #expect(head.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"{{policy}}\">"))
    #expect(head.contains("<style>{{{style}}}</style>"))
  }

  @Test("Page and report.md show both sides of a disagreement, if there is one")
  func hostsThatDisagree() throws {
    let run = UnplugRun(trials: [.init(hostsDisagree: true)])
    let page = try html(run)
    let text = String(decoding: try Report(run.journal).markdown(), as: UTF8.self)
    for words in ["dauntless offline, excelsior offline, no quorum", "falco offline"] {
      #expect(has(page, words) && has(text, words), "\(words)")
    }
    #expect(has(page, "Hosts that contradicted each other") && has(page, "on manager"))
    #expect(has(page, "differs from the belief that the run used"))
    #expect(has(page, "not known: falco doesn&#39;t answer") || has(page, "not known: falco doesn't answer"))
    let plain = try html(UnplugRun())
    #expect(!has(plain, "contradicted") && !has(plain, "on manager"))
  }

  @Test("Texts from users, hosts and services are escaped")
  func whatUsersWroteIsEscaped() throws {
    var run = UnplugRun(title: "</title><script>alert('\"&')</script>")
    let hostile = "<b>&\"'</b>\u{1}"
    run.entries = run.entries.map { entry in
      var entry = entry
      switch entry.event {
      case .leaseEffective(var effect):
        effect.evidence = hostile
        entry.event = .leaseEffective(effect)
      case .leaseRequested(var request):
        request.object = hostile
        entry.event = .leaseRequested(request)
      case .residueAudited("falco", _, _):
        entry.event = .residueAudited(
          host: "falco",
          differences: StateDifference.Author.allCases.map {
            StateDifference(.new, hostile, by: $0, because: hostile)
          }, uncompared: [hostile])
      case .domainSeen(var seen):
        seen.what = hostile
        entry.event = .domainSeen(seen)
      default: break
      }
      return entry
    }
    run.samples = run.samples.map { sample in
      var sample = sample
      if sample.verdict == .fail { sample.status = hostile }
      return sample
    }
    let page = try html(run)
    #expect(page.split(separator: "<script").count == 2 && !has(page, "<b>"))
    #expect(has(page, "&lt;b&gt;&amp;"))
    let junit = String(decoding: try Report(run.journal).junit(), as: UTF8.self)
    #expect(!has(junit, "<b>") && !has(junit, "\u{1}"))
    #expect(has(junit, "&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;\u{FFFD}"))
  }

  @Test("The verdict consists of plain sentences")
  func theVerdictIsOneOfPlainSentences() throws {
    let page = try html(UnplugRun())
    #expect(has(page, "website was down for 52.3 s (51.2 to 53.2); objective (at most 60 s) met."))
    #expect(
      has(
        page,
        "Missed: storage.time-to-full-redundancy was 141.1 s (140.0 to 141.1), required is at most 120 s."))
    #expect(has(page, "<p class=\"plain\">No acknowledged write was lost (1,103 checked).</p>"))
  }

  @Test("A fault that another program ended is reported as such, and its trial is void")
  func shorterFault() throws {
    let run = UnplugRun(trials: [.init(endsEarly: true)])
    let reason = "host.unplug on falco was active for 6.0 s of 90 s: ended by something else, link eth1 is up"
    let page = try html(run)
    #expect(has(page, "<p class=\"mark\">") && has(page, "Void"))
    #expect(has(page, "The trial is void: \(reason)."))
    #expect(has(page, "<td class=\"nowrap\">6.0 s of 90 s</td>"))
    #expect(has(page, "<td>ended by something else: link eth1 is up</td>"))
    #expect(has(page, "voids its trial for every objective, unless the scenario has shorter-fault: counts"))
    // The shade ends with the fault, before the lease ends.
    #expect(has(page, "effective from 0 to 6.0 s, ended by something else: link eth1 is up"))
    for stayed in ["stayed up", "met."] { #expect(!has(page, stayed), "\(stayed)") }
    let report = try Report(run.journal)
    let markdown = String(decoding: report.markdown(), as: UTF8.self)
    #expect(markdown.contains("active 6.0 s of 90 s  ended by something else: link eth1 is up"))
    #expect(markdown.contains("Void: \(reason)."))
    let junit = String(decoding: report.junit(), as: UTF8.self)
    #expect(junit.contains("<error type=\"void\" message=\"void: \(reason)\"/>"))
    #expect(!junit.contains("errors=\"0\""))
  }

  @Test("If a scenario accepts a shorter fault, its objectives are judged, and the report states it")
  func shorterFaultThatCounts() throws {
    let run = UnplugRun(trials: [.init(endsEarly: true)], shorterFault: .counts)
    let page = try html(run)
    #expect(has(page, "ended by something else, link eth1 is up; the scenario accepts that."))
    #expect(has(page, "website was down for 52.3 s"))
    #expect(has(page, "is accepted here: the scenario has shorter-fault: counts"))
  }

  @Test("Lost writes, a machine on two hosts and residue are reported")
  func damageIsReported() throws {
    let page = try html(
      UnplugRun(trials: [
        .init(
          lost: 100...106,
          residue: [
            StateDifference(
              nil, "qdisc on eth1: fq_codel before, none after", by: .perhapsMurphy, because: "")
          ], runsTwice: true)
      ]))
    #expect(has(page, "7 acknowledged writes were lost."))
    #expect(has(page, "web ran on two hosts at once for 51.8 s (51.7 to 51.9)."))
    #expect(has(page, "Residue: 1 difference on falco."))
    #expect(has(page, "qdisc on eth1: fq_codel before, none after"))
  }

  static let left = [
    StateDifference(
      .missing, "route 10.9.0.0/16 via 10.77.1.254 dev eth1 table main proto static scope global",
      by: .perhapsMurphy, because: "lease 3f9a_1 held eth1"),
    StateDifference(
      .new, "nft table netdev murphy_3f9a_1", by: .murphy, because: "the table has the name of a lease"),
  ]
  static let others = [
    StateDifference(
      .new, "address eth0 10.77.2.101/24 scope global", by: .others,
      because: "another program added 10.77.2.101; no fault changes IPv4 addresses"),
    StateDifference(
      .new, "mount /mnt/backup nfs4 rw from filer:/backup", by: .others,
      because: "no fault mounts or unmounts"
    ),
  ]

  @Test("Every format reports each line of residue with its cause")
  func residueIsReportedLineByLineWithItsCause() throws {
    let run = UnplugRun(trials: [.init(residue: Self.left + Self.others)])
    let page = try html(run)
    #expect(has(page, "Residue: 2 differences on falco."))
    #expect(
      has(page, "<h3>Residue on the hosts</h3>") && has(page, "<h3>Changed by something else meanwhile</h3>"))
    for line in Self.left + Self.others {
      #expect(has(page, line.line) && has(page, "<small>\(line.because)</small>"), "\(line)")
    }
    let report = try Report(run.journal)
    let junit = String(decoding: report.junit(), as: UTF8.self)
    let markdown = String(decoding: report.markdown(), as: UTF8.self)
    let json = String(decoding: try report.json(), as: UTF8.self)
    for line in Self.left + Self.others {
      for text in [junit, markdown, json, report.terminalLines.joined(separator: "\n")] {
        #expect(has(text, line.line) && has(text, line.because), "\(line)")
      }
    }
    #expect(has(junit, "<failure type=\"missed\" message=\"2: falco: missing: route 10.9.0.0/16"))
    #expect(has(junit, "; not counted: falco: new: address eth0"))
    #expect(report.terminalLines.suffix(6).first == "different from before:")
  }

  @Test("Changes by others are reported, and no objective fails because of them")
  func whatOthersChangedIsNotCounted() throws {
    let run = UnplugRun(trials: [.init(residue: Self.others)])
    let page = try html(run)
    #expect(has(page, "No residue on any host."))
    #expect(!has(page, "Residue on the hosts") && has(page, "Changed by something else meanwhile"))
    let junit = String(decoding: try Report(run.journal).junit(), as: UTF8.self)
    #expect(has(junit, "<system-out>0; not counted: falco: new: address eth0"))
    #expect(
      try Report(UnplugRun().journal).terminalLines.last == "  No residue on any host.")
  }

  @Test("A host that wasn't compared is never reported as clean")
  func whatWasNotComparedIsNeverClean() throws {
    let reason = "the host has rebooted since its state was read: its earlier state belongs to another boot"
    let run = UnplugRun(trials: [.init(uncompared: [reason])])
    let page = try html(run).replacing("&#39;", with: "'")
    #expect(has(page, "Not known whether there is residue: falco: \(reason)."))
    #expect(!has(page, "No residue on any host."))
    #expect(has(page, "<code>\(reason)</code>") && has(page, ">not compared</span>"))
    let report = try Report(run.journal)
    #expect(
      has(
        String(decoding: report.junit(), as: UTF8.self),
        "<error type=\"void\" message=\"void: falco: the host"))
    #expect(report.terminalLines.suffix(2).first == "different from before:")
    let both = try html(UnplugRun(trials: [.init(residue: Self.left, uncompared: [reason])]))
    #expect(has(both, "Residue: 2 differences on falco."))
    #expect(has(both, "Not all of falco was compared with the state before."))
  }

  @Test("Each trial has a picture")
  func everyTrialHasItsPicture() throws {
    let page = try html(UnplugRun(trials: [.init(), .init(neverBack: true), .init()]))
    // One more picture has all trials.
    #expect(page.split(separator: "<svg class=\"picture wide\"").count == 5)
    #expect(has(page, "Objectives over 3 trials"))
    #expect(has(page, "end not observed"))
  }

  @Test("A fault that the controller injects is drawn at the host that it hits")
  func faultByTheController() throws {
    var run = UnplugRun()
    let drawn = "active on falco: eth0, eth1"
    let plain = try html(run)
    #expect(has(plain, "host.unplug falco") && has(plain, drawn))
    for (index, entry) in run.entries.enumerated() {
      guard case .leaseRequested(var request) = entry.event else { continue }
      request.host = Site.controller.name
      run.entries[index].event = .leaseRequested(request)
    }
    let page = try html(run)
    #expect(has(page, "host.unplug falco") && has(page, drawn) && !has(page, "host.unplug the controller"))
  }

  @Test(
    "A lane shows the wrong beliefs of views with their durations; without a wrong belief there is no such lane"
  )
  func disagreement() throws {
    let page = try html(UnplugRun())
    #expect(has(page, ">falco not shown as failed for 2.9 s</text>"))
    #expect(has(page, ">web shown down, was up for "))
    #expect(has(page, "class=\"wrong\"") && has(page, ">disagreement</text>"))
    #expect(!has(try html(UnplugRun().withoutViews()), ">disagreement</text>"))
  }

  @Test(
    "The same lane shows for how long monitoring was blind, and for how long it complained without a reason")
  func monitoring() throws {
    var run = UnplugRun()
    guard case .runBegan(var began)? = run.entries.first?.event else { throw NotBegun() }
    began.fleet.views.append(.init(name: "alerts", kind: .init("alertmanager", ["url": .string("http://a")])))
    began.scenario.steady.views.append("alerts")
    run.entries[0].event = .runBegan(began)
    let complaint = Verdict.Complaint(name: "HostDown", labels: ["instance": "falco:9100"])
    for (at, verdict) in [(2, Verdict()), (31, Verdict(complaints: [complaint]))] as [(Int64, Verdict)] {
      run.entries.append(
        Entry(at: .seconds(at), trial: 1, event: .viewSeen(view: "alerts", .verdict(verdict))))
    }
    run.entries.sort { $0.at < $1.at }
    let page = try html(run)
    // The website was down from 13.1 s on. Storage was whole again at 154.1 s, and the observation ended at 164.3 s.
    #expect(has(page, ">reported OK while down for 17.9 s</text>"))
    #expect(has(page, ">complained while all was well for 10.2 s</text>"))
    #expect(has(page, "alerts reported that all is well for 17.9 s"), "on the first screen")
  }

  private struct NotBegun: Error {}

  @Test("Limits are lines in their lanes, and milestones are flags with their times in seconds")
  func limits() throws {
    let page = try html(UnplugRun())
    for text in [
      "allowed 60 s", "stable by 90 s", "detect by 15 s", "fail over by 60 s", "whole by 120 s",
      "detected 2.9 s", "failed over, service back, stable 52.4 s to 52.8 s", "fault over 90.0 s",
    ] { #expect(has(page, ">\(text)</text>"), "\(text)") }
  }

  @Test("Without a manager, a machine that is started again is called so in page, report.md and comparison")
  func withoutManager() throws {
    let run = UnplugRun().withoutManager()
    let page = try html(run)
    #expect(has(page, ">VM restarted, service back, stable 52.4 s to 52.8 s</text>"))
    #expect(has(page, ">restart by 60 s</text>"))
    #expect(has(page, "was waiting for the VM’s restart"))
    let markdown = String(decoding: try Report(run.journal).markdown(), as: UTF8.self)
    #expect(markdown.contains("    VM restarted "), "\(markdown)")
    for text in [page, markdown] {
      for word in ["failover", "failed over", "fail over by"] { #expect(!has(text, word), "\(word)") }
    }

    let trials = UnplugRun(trials: [.init(), .init(), .init()])
    #expect(try comparison(trials, trials).contains("| failed over |"))
    for other in [trials, trials.withoutManager()] {
      let compared = try comparison(trials.withoutManager(), other)
      #expect(compared.contains("| VM restarted |") && !compared.contains("failed over"), "\(compared)")
    }
  }

  /// `comparison.md` of two runs.
  private func comparison(_ base: UnplugRun, _ candidate: UnplugRun) throws -> String {
    let sides = try [base, candidate].map { run in
      let began = try #require(run.journal.began)
      return ComparedSide(
        label: began.run,
        runs: [try ComparedRun(began, surveys: run.journal.allSurveys, RunMetrics(run.journal))])
    }
    let compared = SideComparison(sides[0], sides[1], factors: [])
    return String(decoding: ComparisonReport([compared]).markdown(), as: UTF8.self)
  }

  @Test("What came before an outage long after the fault does not count as a part of it")
  func lateOutage() throws {
    var run = UnplugRun()
    let website = run.samples.indices.filter { run.samples[$0].probe == "website" }
    let first = try #require(website.first { run.samples[$0].verdict == .fail })
    let begin = run.samples[first].scheduled
    let answered = run.samples[website[0]]
    for index in website where run.samples[index].verdict == .fail {
      let since = run.samples[index].scheduled - begin
      if since >= .seconds(30), since < .seconds(31) { continue }
      run.samples[index].sent = run.samples[index].scheduled
      run.samples[index].completed = run.samples[index].scheduled + answered.latency
      run.samples[index].verdict = .ok
      run.samples[index].status = answered.status
    }
    let screen = try html(run).components(between: "<header>", and: "</header>")
    #expect(has(screen, "website was down for 1.0 s"), "\(screen)")
    #expect(!has(screen, "Of it ") && !has(screen, "failover 49.5 s"), "\(screen)")
  }

  @Test("A service that came back only after the fault's end was brought back by no reaction of the platform")
  func endedWithTheFault() throws {
    var run = UnplugRun()
    let first = try #require(run.samples.first { $0.verdict == .fail }).scheduled
    for index in run.samples.indices {
      let sample = run.samples[index]
      guard sample.scheduled >= first, sample.scheduled < first + .seconds(91) else { continue }
      (run.samples[index].verdict, run.samples[index].status) = (.fail, "timeout")
      (run.samples[index].boot, run.samples[index].completed) = (nil, sample.scheduled + .seconds(1))
    }
    let markdown = String(decoding: try Report(run.journal).markdown(), as: UTF8.self)
    #expect(
      markdown.contains(
        "Of it 87.1 s passed until the fault’s end: no reaction of the platform brought website back before."),
      "\(markdown)")
  }

  @Test("The first screen shows the parts of the lost time, and the limits of a single trial")
  func lostTime() throws {
    let page = try html(UnplugRun())
    let screen = page.components(between: "<header>", and: "</header>")
    #expect(has(screen, "Of it 49.5 s was waiting for failover"))
    #expect(has(screen, "aria-label=\"detection 2.9 s, failover 49.5 s\""))
    #expect(has(screen, ">website allowed 60 s</text>"))
    #expect(has(screen, "1 trial shows what can happen, not how often."))
    let several = try html(UnplugRun(trials: [.init(), .init()]))
    #expect(
      has(several, "Of the longest, in trial 1, 49.5 s was waiting for failover")
        && !has(several, "1 trial shows"))
    #expect(has(several, "<h2>All trials</h2>") && !has(page, "<h2>All trials</h2>"))
  }

  @Test("A page doesn't depend on the manager's names for hosts and machines")
  func aliases() throws {
    let plain = UnplugRun()
    var renamed = plain
    let names = [
      "dauntless": "kvm1.example.org", "excelsior": "kvm2.example.org", "falco": "kvm3.example.org",
    ]
    func other(_ name: String) -> String { names[name] ?? name }
    renamed.entries = plain.entries.map { entry in
      var entry = entry
      switch entry.event {
      case .runBegan(var began):
        for (index, host) in began.fleet.hosts.enumerated() {
          began.fleet.hosts[index].aliases = [other(host.name)]
        }
        began.fleet.vms[0].aliases = ["vm_web"]
        entry.event = .runBegan(began)
      case .viewSeen(let view, .manager(var state), _, _):
        state.nodes = Dictionary(uniqueKeysWithValues: state.nodes.map { (other($0), $1) })
        if var web = state.resources.removeValue(forKey: "web") {
          web.nodes = web.nodes.map(other)
          state.resources["vm_web"] = web
        }
        entry.event = .viewSeen(view: view, .manager(state))
      default: break
      }
      return entry
    }
    #expect(renamed.entries != plain.entries)
    let page = try html(plain)
    #expect(has(page, "the manager believes falco to be"))
    #expect(try html(renamed) == page)
  }

  @Test("A run that is interrupted after any entry has a report")
  func anInterruptedRunIsReported() throws {
    let journal = UnplugRun().journal
    for count in stride(from: 1, through: journal.entries.count, by: 1) {
      let cut = RunJournal(
        entries: Array(journal.entries.prefix(count)),
        samples: journal.samples.filter { $0.completed <= journal.entries[count - 1].at })
      let page = String(decoding: try Report(cut).html(), as: UTF8.self)
      // No heading is without content.
      let isSurveyed = cut.entries.contains { if case .hostSurveyed = $0.event { true } else { false } }
      #expect(page.contains("<h2>Environment</h2>") == isSurveyed, "after \(count) entries")
    }
  }
}
