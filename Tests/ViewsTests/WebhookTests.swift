import Journal
import Scenario
import Testing
import Views

@Suite struct WebhookTests {
  private let spec = ViewSpec(
    "webhook",
    [
      "listen": .string("10.77.2.250:9095"), "canary": .string("http://10.77.2.250:9093/"),
      "labels": .array([.string("severity=page")]),
    ])

  private func channel(_ listen: String, labels: [String] = []) throws -> AlertChannel {
    let spec = ViewSpec(
      "webhook",
      [
        "listen": .string(listen), "canary": .string("http://10.77.2.250:9093/"),
        "labels": .array(labels.map { .string($0) }),
      ])
    guard case .delivery(let channel) = try spec.question() else { throw NotDelivered() }
    return channel
  }

  private struct NotDelivered: Error {}

  private func verdict(_ notifications: [String]) throws -> Verdict {
    guard case .verdict(let verdict) = try #require(spec.belief(notifications.map { ViewAnswer($0) })) else {
      throw NotDelivered()
    }
    return verdict
  }

  /// The format of Alertmanager 0.25.
  private static func notification(_ alerts: (status: String, labels: String)...) -> String {
    let alerts = alerts.map {
      #"{"status":"\#($0.status)","labels":{\#($0.labels)},"annotations":{},"startsAt":"2026-11-27T03:29:51.044Z","#
        + #""endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"95fa4c401c2ab267"}"#
    }
    return
      #"{"receiver":"murphy","status":"firing","alerts":[\#(alerts.joined(separator: ","))],"groupLabels":{},"#
      + #""commonLabels":{},"commonAnnotations":{},"externalURL":"http://lab:9093","version":"4","#
      + #""groupKey":"{}:{}","truncatedAlerts":0}"#
  }

  private static let falco = #""alertname":"HostDown","host":"falco","instance":"10.77.2.13:9100""#
  private static let excelsior = #""alertname":"HostDown","host":"excelsior","instance":"10.77.2.12:9100""#

  @Test("An alert that was delivered as firing fires until it is delivered as resolved")
  func lastStatusCounts() throws {
    #expect(try verdict([]).isWell)
    let first = Self.notification(("firing", Self.falco))
    let both = Self.notification(("firing", Self.falco), ("firing", Self.excelsior))
    let one = Self.notification(("resolved", Self.falco), ("firing", Self.excelsior))
    #expect(try verdict([first]).words == "1 firing: HostDown (10.77.2.13:9100)")
    #expect(
      try verdict([first, both]).words == "2 firing: HostDown (10.77.2.12:9100), HostDown (10.77.2.13:9100)")
    #expect(try verdict([first, both, one]).words == "1 firing: HostDown (10.77.2.12:9100)")
    #expect(
      try verdict([both, Self.notification(("resolved", Self.falco), ("resolved", Self.excelsior))]).isWell)
  }

  @Test("The same alerts give the same belief, in any order, by webhook and by API")
  func order() throws {
    let one = Self.notification(("firing", Self.falco), ("firing", Self.excelsior))
    let other = Self.notification(("firing", Self.excelsior), ("firing", Self.falco))
    let alertmanager = ViewSpec("alertmanager", ["url": .string("http://10.77.2.250:9093/")])
    for _ in 0..<20 {
      #expect(try verdict([one]) == verdict([other]))
      #expect(
        alertmanager.belief([ViewAnswer("[{\"labels\":{\(Self.falco)}},{\"labels\":{\(Self.excelsior)}}]")])
          == alertmanager.belief([
            ViewAnswer("[{\"labels\":{\(Self.excelsior)}},{\"labels\":{\(Self.falco)}}]")
          ]))
    }
  }

  @Test("A canary is not a complaint, and proves the channel for its own run only")
  func canary() throws {
    let delivered = Self.notification(("firing", #""alertname":"MurphyCanary","run":"run-1""#))
    #expect(try verdict([delivered]).isWell)
    let notification = try #require(AlertNotification(delivered))
    #expect(notification.proves("run-1") && !notification.proves("run-2"))
    let alertmanager = ViewSpec("alertmanager", ["url": .string("http://10.77.2.250:9093/")])
    #expect(
      alertmanager.belief([ViewAnswer(#"[{"labels":{"alertname":"MurphyCanary","run":"run-1"}}]"#)])?.unwell()
        == nil)
    #expect(
      try channel("10.77.2.250:9095", labels: ["severity=page"]).canary(
        of: "run-1", end: "2026-11-27T03:31:51Z")
        == #"[{"annotations":{"summary":"Murphy checks that alerts are delivered before it injects a fault. "#
        + #"No action is needed."},"endsAt":"2026-11-27T03:31:51Z","labels":{"alertname":"MurphyCanary","#
        + #""run":"run-1","severity":"page"}}]"#)
  }

  @Test(
    "The alerts of a schedule's notices are not complaints", arguments: ["MurphyDrill", "MurphyDrillResult"])
  func drill(_ name: String) throws {
    let labels = "\"alertname\":\"\(name)\",\"schedule\":\"monthly\""
    #expect(try verdict([Self.notification(("firing", labels))]).isWell)
    let alertmanager = ViewSpec("alertmanager", ["url": .string("http://10.77.2.250:9093/")])
    let both = alertmanager.belief([ViewAnswer("[{\"labels\":{\(labels)}},{\"labels\":{\(Self.falco)}}]")])
    guard case .verdict(let found) = both else {
      Issue.record("no verdict")
      return
    }
    #expect(found.complaints.count == 1)
  }

  @Test("A delivery that can't be read is unknown, not healthy")
  func unreadable() throws {
    #expect(try verdict(["{}"]).unknown == "webhook: not understood: {}")
  }

  @Test("The listen address is IPv4 or IPv6 with a port")
  func addresses() throws {
    #expect(try channel("10.77.2.250:9095").address == "10.77.2.250")
    let six = try channel("[fd77::1]:9095")
    #expect(six.address == "fd77::1" && six.port == 9095)
    #expect(six.alertsURL == "http://10.77.2.250:9093/api/v2/alerts")
    for wrong in ["10.77.2.250", "9095", ":9095", "monitoring:9095", "10.77.2.250:0", "10.77.2.250:70000"] {
      #expect(throws: ViewRefused.self) { try channel(wrong) }
    }
    #expect(throws: ViewRefused.self) { try channel("10.77.2.250:9095", labels: ["severity"]) }
  }
}
