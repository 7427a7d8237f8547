import Journal
import Scenario
import Testing

@testable import Views

@Suite struct AlertmanagerTimerTests {
  private let webhook = ViewSpec(
    "webhook", ["listen": .string("10.77.2.1:9095"), "canary": .string("http://10.77.2.1:9093/")])
  private let alertmanager = ViewSpec("alertmanager", ["url": .string("http://10.77.2.1:9093")])

  /// As Alertmanager 0.25 answers, shortened.
  private static func status(rootWait: String = #"\n  group_wait: 1m30s"#) -> ViewAnswer {
    ViewAnswer(
      #"{"cluster":{"peers":[],"status":"disabled"},"config":{"original":"global:\n  resolve_timeout: 5m\nroute:\n  receiver: murphy\n  group_by:\n  - alertname\n  continue: false\n  routes:\n  - receiver: murphy\n    matchers:\n    - severity=\"page\"\n    continue: false\n    group_wait: 7s"#
        + rootWait
        + #"\n  group_interval: 5m\nreceivers:\n- name: murphy\n  group_wait: 9s\ntemplates: []\n"},"uptime":"2026-11-27T12:42:00.289Z"}"#
    )
  }

  @Test("The waiting time of the root route is read, and not that of another route or part")
  func groupWait() {
    let key = "alertmanager.http://10.77.2.1:9093.group-wait"
    #expect(webhook.fingerprint([Self.status()]) == [key: "1m30s"])
    #expect(alertmanager.fingerprint([Self.status()]) == [key: "1m30s"])
    #expect(webhook.fingerprint([Self.status(rootWait: "")]) == [key: "default"])
    #expect(webhook.fingerprint([ViewAnswer("<html>")]) == [:] && webhook.fingerprint([]) == [:])
    #expect(webhook.configurationURL == "http://10.77.2.1:9093/api/v2/status")
    #expect(alertmanager.configurationURL == webhook.configurationURL)
    #expect(ViewSpec("pacemaker").configurationURL == nil)
  }

  @Test("An alert is delivered within the waiting time, and within 30 s if none is set")
  func timers() {
    let timers = webhook.timers(webhook.fingerprint([Self.status()]))
    #expect(timers.map(\.reaction) == [.alertDelivered] && timers.map(\.most) == [.seconds(90)])
    #expect(timers.map(\.settings) == ["group_wait 90s"])
    let standard = webhook.timers(webhook.fingerprint([Self.status(rootWait: "")]))
    #expect(
      standard.map(\.most) == [.seconds(30)] && standard.map(\.settings) == ["group_wait 30s, the default"])
    // The view of Alertmanager itself shows the alert before it waits.
    #expect(alertmanager.timers(alertmanager.fingerprint([Self.status()])) == [])
    #expect(webhook.timers([:]) == [])
  }

  @Test("Durations are read as Prometheus writes them")
  func durations() {
    #expect(AlertmanagerTimers.duration("1h1m1s1ms") == .milliseconds(3_661_001))
    #expect(AlertmanagerTimers.duration("0s") == .zero)
    for text in ["", "5", "s", "5 s", "5x", "99999999999999999999s", "9223372036854775807w", "-1s"] {
      #expect(AlertmanagerTimers.duration(text) == nil, "\(text)")
    }
  }
}
