import Glibc
import Journal
import Linux
import NamespaceTesting
import Probes
import Scenario
import Testing
import ToolTesting
import Views

extension Tag {
  @Tag static var monitoring: Self
}

private let programs = ["/usr/bin/prometheus", "/usr/bin/prometheus-alertmanager", "/usr/bin/amtool"]

/// Debian's own Prometheus and Alertmanager, in a network namespace that ends with the test.
@Suite(
  .tags(.monitoring), .enabled(if: getuid() == 0, "needs root, to make a network namespace"),
  .enabled(
    if: TestTools.have(programs),
    "needs the Debian packages prometheus and prometheus-alertmanager"))
struct MonitoringSerialTests {
  private static let fleet = Fleet(
    name: "lab", hosts: [.init(name: "falco", ssh: "root@127.0.0.1", links: [:], aliases: ["127.0.0.1"])])
  private static let alertmanager = ViewSpec(
    "alertmanager", ["url": .string("http://127.0.0.1:9093")])

  private static func prometheus(_ query: String, unwell: String? = nil) -> ViewSpec {
    var spec = ViewSpec(
      "prometheus", ["url": .string("http://127.0.0.1:9090/"), "query": .string(query)])
    spec.parameters["unwell"] = unwell.map { .string($0) }
    return spec
  }

  private static func ask(_ spec: ViewSpec) throws -> Verdict {
    guard case .get(let url, _) = try spec.question() else { throw NotAsked() }
    let belief: Belief? =
      switch HTTPAnswer.get(url, timeout: .seconds(5)) {
      case .body(let text, let date): spec.belief([ViewAnswer(text, date: date)])
      case .failed(let reason): spec.belief(unknown: reason)
      }
    guard case .verdict(let verdict) = belief else { throw NotAsked() }
    return verdict
  }

  private struct NotAsked: Error {}

  /// Queries for at most a minute until the verdict is as expected; returns the last one.
  private static func ask(_ spec: ViewSpec, until isExpected: (Verdict) -> Bool) throws -> Verdict {
    let end = Clock.monotonic.now + 60_000_000_000
    while true {
      let verdict = try ask(spec)
      if isExpected(verdict) || Clock.monotonic.now > end { return verdict }
      usleep(200_000)
    }
  }

  @Test("A target that is down fires an alert that both views show, until it is silenced")
  func alert() async throws {
    let folder = "/tmp/murphy-monitoring-\(getpid())"
    _ = try ChildProcess.run(["mkdir", folder]).success()
    defer { _ = try? ChildProcess.run(["rm", "-rf", folder]) }
    let files = [
      "prometheus.yml": """
      global: {scrape_interval: 1s, evaluation_interval: 1s}
      rule_files: [\(folder)/rules.yml]
      alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:9093"]}]}]}
      scrape_configs:
        - {job_name: self, static_configs: [{targets: ["127.0.0.1:9090"]}]}
        - {job_name: node, static_configs: [{targets: ["127.0.0.1:9100"]}]}

      """,
      "rules.yml": """
      groups:
        - name: hosts
          rules: [{alert: HostDown, expr: up == 0}]

      """,
      "alertmanager.yml": "{route: {receiver: none, group_wait: 90s}, receivers: [{name: none}]}\n",
    ]
    for (name, text) in files { try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)") }
    try await inNetworkNamespace {
      _ = try ChildProcess.run(["ip", "link", "set", "lo", "up"]).success()
      #expect(try Self.ask(Self.alertmanager).unknown?.contains("refused") == true)
      let alertmanager = try ChildProcess([
        programs[1], "--config.file=\(folder)/alertmanager.yml", "--storage.path=\(folder)/alerts",
        "--web.listen-address=127.0.0.1:9093", "--cluster.listen-address=",
      ])
      let prometheus = try ChildProcess([
        programs[0], "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
        "--web.listen-address=127.0.0.1:9090",
      ])
      defer {
        alertmanager.kill()
        prometheus.kill()
      }
      let firing = try Self.ask(Self.alertmanager) { !$0.complaints.isEmpty }
      #expect(firing.words == "1 firing: HostDown (127.0.0.1:9100)")
      #expect(firing.isDown("falco", in: Self.fleet) == true)
      #expect(firing.age != nil)

      let url = try #require(Self.alertmanager.configurationURL)
      let answer = HTTPAnswer.get(url, timeout: .seconds(5))
      guard case .body(let status, _) = answer else { throw NotAsked() }
      #expect(
        Self.alertmanager.fingerprint([ViewAnswer(status)]) == [
          "alertmanager.http://127.0.0.1:9093.group-wait": "1m30s"
        ])

      let both = Self.prometheus("count(up)", unwell: "!= 2")
      #expect(try Self.ask(both) { $0.isWell }.words == "2")
      let query = #"up{job=~"node|self"}"#
      let down = try Self.ask(Self.prometheus(query, unwell: "< 1"))
      #expect(down.complaints.map(\.labels["instance"]) == ["127.0.0.1:9100"] && down.unknown == nil)
      // The samples of a selector have an age, and the value of every other expression has none.
      #expect(down.age != nil)
      #expect(try Self.ask(Self.prometheus("up == 0")).age == nil)
      #expect(try Self.ask(Self.prometheus(query)).isWell)
      #expect(try Self.ask(Self.prometheus("scalar(count(up))", unwell: "< 3")).complaints.count == 1)
      let refused = try Self.ask(Self.prometheus("up{"))
      #expect(refused.unknown?.contains("parse error") == true)
      #expect(try Self.ask(Self.prometheus("up[1m]")).unknown != nil)

      _ = try ChildProcess.run([
        programs[2], "--alertmanager.url=http://127.0.0.1:9093", "silence", "add", "--author=test",
        "--comment=test", "alertname=HostDown",
      ]).success()
      #expect(try Self.ask(Self.alertmanager) { $0.isWell }.words == "no alert fires")
    }
  }
}
