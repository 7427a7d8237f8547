import Journal
import Reports
import Scenario
import Testing

/// What reports show of a service's levels and of its requests' parts.
@Suite struct ServiceLevelReportTests {
  private func report(
    _ change: (inout RunBegan) -> Void = { _ in }, parts: RequestParts? = nil
  ) throws -> (markdown: String, page: String) {
    var journal = UnplugRun().journal
    for index in journal.entries.indices {
      guard case .runBegan(var began) = journal.entries[index].event else { continue }
      change(&began)
      journal.entries[index].event = .runBegan(began)
    }
    for index in journal.samples.indices where journal.samples[index].probe == "website" {
      journal.samples[index].parts = parts
    }
    let report = try Report(journal)
    return (
      String(decoding: report.markdown(), as: UTF8.self),
      String(decoding: try report.html(), as: UTF8.self).replacing("\u{A0}", with: " ")
    )
  }

  @Test("The used shares of the MTPD and of the error budget are on the first screen and in the tables")
  func shares() throws {
    let (markdown, page) = try report { began in
      began.scenario.services = [.init(probe: "website", availabilityPerMillion: 999_000)]
      began.scenario.objectives.append(
        Objective(subject: "website", metric: .disruption, relation: .max, limit: 900_000_000_000))
    }
    // 52.3 s of 900 s, and of 2,592 s.
    let sentence =
      "website used 5.8 % (5.6 to 5.9) of its MTPD (900 s), and 2.0 % (1.9 to 2.1) of the 43.2 min of a month at 99.9 %."
    for text in [markdown, page] {
      #expect(text.contains(sentence))
      #expect(text.contains("MTPD, 5.8 % (5.6 to 5.9) used"))
      #expect(text.contains("share of the error budget: 43.2 min of a month at 99.9 %"))
    }
    #expect(page.contains("website: available for 99.9 % of a month"))
  }

  @Test("The longest time below the MBCO is in the tables")
  func mbco() throws {
    let (markdown, page) = try report {
      $0.scenario.services = [.init(probe: "website", mbco: .milliseconds(500))]
    }
    for text in [markdown, page] {
      #expect(text.contains("longest time without an answer within 500 ms (MBCO)"))
      #expect(!text.contains("MTPD") && !text.contains("error budget"))
    }
  }

  @Test("A fleet without views has no lanes of views, and its report names no redundancy")
  func withoutViews() throws {
    let full = try report()
    let plain = try report {
      $0.fleet.views = []
      $0.scenario.steady.views = []
      $0.scenario.objectives.removeAll { $0.subject == "manager" || $0.subject == "storage" }
    }
    for (all, none) in [(full.markdown, plain.markdown), (full.page, plain.page)] {
      #expect(all.contains("Service and redundancy") && !none.contains("Service and redundancy"))
      #expect(none.contains("ran on no host, or was cut off from its clients"))
    }
    #expect(full.page.contains("copies, heal backlog") && !plain.page.contains("copies, heal backlog"))
  }

  @Test("The medians of a request's parts are shown by phase, if the probe reports them")
  func parts() throws {
    let (markdown, page) = try report(
      parts: RequestParts(
        connected: .milliseconds(1), secured: .milliseconds(4), firstByte: .milliseconds(5)))
    #expect(markdown.contains("website  steady    connect 1.0 ms  TLS 3.0 ms  first byte 1.0 ms  rest "))
    #expect(page.contains("Parts of a request (medians)"))
    let none = try report()
    #expect(!none.markdown.contains("Medians of the parts") && !none.page.contains("Parts of a request"))
  }
}
