import Foundation
import Glibc
import Linux
import NamespaceTesting
import Testing
import ToolTesting

/// README's gates that ask the platform's monitoring, as `murphy schedule run-due` decides about them, with the real
/// receivers in a network namespace.
@Suite(.enabled(if: getuid() == 0, "needs root, to make a network namespace"))
struct GateSerialTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let alertmanager = "/usr/bin/prometheus-alertmanager"
  private static let prometheus = "/usr/bin/prometheus"

  /// The lines of a gate in README's schedule.
  private static func lines(ofGate name: String) throws -> String {
    let lines = String(decoding: try DurableFile.read("\(root)/README.md"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(
      lines.firstIndex { $0.hasPrefix("      \(name):") }, "README has no gate \(name)")
    let rest = lines[(first + 1)...].prefix { $0.hasPrefix("        ") }
    return ([lines[first]] + rest).map { "\($0.dropFirst(4))\n" }.joined()
  }

  /// Why a gate of README is closed for a run that is due now; nil if it is open.
  private static func reason(_ gate: String) throws -> String? {
    try withTemporaryFolder { folder in
      let now = Int(Clock.realtime.now / 1_000_000_000)
      let minute = min(now % 86_400 / 60, 23 * 60 + 54)
      let from = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
      let schedule = """
        schedule: due
        scenario: unplug.yaml
        fleet: fleet.yaml
        every: day
        window: {from: "\(from)", to: "24:00"}
        timezone: UTC
        gates:
        \(try lines(ofGate: gate))
        """
      // Watched since midnight, since a start before the first run-due is not due.
      let since =
        #"{"at":\#(now / 86_400 * 86_400),"event":"watched","fleet":"tdf","scenario":"unplug","schedule":"due"}"#
      try DurableFile.makeFolder("\(folder)/reports")
      for (name, text) in [
        ("schedule.yaml", schedule), ("unplug.yaml", StandInSSH.scenario), ("fleet.yaml", StandInSSH.fleet),
        ("reports/schedule.jsonl", since + "\n"),
      ] {
        try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)")
      }
      let ssh = "#!/bin/sh\necho 'ssh: connect: No route to host' >&2\nexit 255\n"
      try DurableFile.write(Array(ssh.utf8), to: "\(folder)/ssh", mode: 0o700)
      let outcome = try MurphyProgram.run(
        ["schedule", "run-due", "\(folder)/schedule.yaml"], tools: folder)
      // The hosts refuse a run whose gate was open.
      try #require(outcome.code == 3, "\(outcome.output)\(outcome.errors)")
      let records = String(decoding: try DurableFile.read("\(folder)/reports/schedule.jsonl"), as: UTF8.self)
      if records.contains(#""event":"started""#) { return nil }
      try #require(outcome.errors.contains("gate \(gate): "), "\(outcome.errors)")
      return outcome.errors
    }
  }

  /// Runs a body in a network namespace with a folder, beside a server that answers at an address.
  private static func withServer(
    _ command: @escaping @Sendable (String) -> [String], answering url: String,
    in folder: String, _ body: () throws -> Void
  ) throws {
    let server = try ChildProcess(command(folder), output: .null, errors: .null)
    defer { server.kill() }
    let end = Clock.monotonic.now + 60_000_000_000
    while try !ChildProcess.run(["curl", "-s", "-f", "-o", "/dev/null", url]).end.isSuccess {
      try #require(Clock.monotonic.now < end, "\(command(folder)[0]) does not answer")
      usleep(100_000)
    }
    try body()
  }

  @Test(
    "README's gate alerts is open without an alert and with Murphy's own, and closed by another one and without an answer",
    .enabled("needs the Debian package prometheus-alertmanager") {
      TestTools.have([alertmanager, "/usr/bin/amtool"])
    })
  func alerts() async throws {
    try await inNetworkNamespace {
      _ = try ChildProcess.run(["ip", "link", "set", "lo", "up"]).success()
      try withTemporaryFolder { folder in
        let silent = try Self.reason("alerts")
        #expect(silent != nil, "an Alertmanager that doesn't answer opened the gate")
        try DurableFile.write(
          Array("{route: {receiver: none, group_wait: 90s}, receivers: [{name: none}]}\n".utf8),
          to: "\(folder)/alertmanager.yml")
        let api = "http://127.0.0.1:9093/api/v2"
        try Self.withServer(
          {
            [
              Self.alertmanager, "--config.file=\($0)/alertmanager.yml", "--storage.path=\($0)/alerts",
              "--web.listen-address=127.0.0.1:9093", "--cluster.listen-address=",
            ]
          }, answering: "\(api)/status", in: folder
        ) {
          func post(_ name: String) throws {
            _ = try ChildProcess.run([
              "curl", "-sS", "-f", "-H", "Content-Type: application/json", "-d",
              #"[{"labels":{"alertname":"\#(name)"}}]"#, "\(api)/alerts",
            ]).success()
          }
          #expect(try Self.reason("alerts") == nil)
          try post("MurphyDrillResult")
          #expect(try Self.reason("alerts") == nil)
          try post("HostDown")
          #expect(try Self.reason("alerts") != nil)
        }
      }
    }
  }

  /// The past of a platform, as Prometheus has it.
  private enum Past: CaseIterable {
    case steady, alerted, unrecorded, tooShort

    /// OpenMetrics of 25 hours, with a sample a minute. Murphy's alert and a pending one don't count.
    func metrics(until now: Int) -> String {
      let times = stride(from: now - 90_000, to: now, by: 60).filter { time in
        switch self {
        case .steady, .alerted: true
        case .unrecorded: !(now - 40_000..<now - 38_000).contains(time)
        case .tooShort: time > now - 50_000
        }
      }
      let some = stride(from: now - 30_000, to: now - 29_000, by: 60)
      let alerts =
        [("MurphyDrill", "firing"), ("DiskSlow", "pending")]
        + (self == .alerted ? [("HostDown", "firing")] : [])
      let lines =
        ["# TYPE up gauge"] + times.map { "up{job=\"node\"} 1 \($0)" } + ["# TYPE ALERTS gauge"]
        + alerts.flatMap { name, state in
          some.map { "ALERTS{alertname=\"\(name)\",alertstate=\"\(state)\"} 1 \($0)" }
        } + ["# EOF"]
      return lines.joined(separator: "\n") + "\n"
    }
  }

  @Test(
    "README's gate steady is open after a day without an alert that Prometheus has recorded, and closed otherwise",
    .enabled("needs the Debian package prometheus") { TestTools.have([prometheus, "/usr/bin/promtool"]) })
  func steady() async throws {
    try await inNetworkNamespace {
      _ = try ChildProcess.run(["ip", "link", "set", "lo", "up"]).success()
      let silent = try Self.reason("steady")
      #expect(silent != nil, "a Prometheus that doesn't answer opened the gate")
      for past in Past.allCases {
        try withTemporaryFolder { folder in
          let now = Int(Clock.realtime.now / 1_000_000_000)
          try DurableFile.write(Array(past.metrics(until: now).utf8), to: "\(folder)/past")
          try DurableFile.write(Array("global: {}\n".utf8), to: "\(folder)/prometheus.yml")
          try DurableFile.makeFolder("\(folder)/data")
          _ = try ChildProcess.run([
            "promtool", "tsdb", "create-blocks-from", "openmetrics", "\(folder)/past", "\(folder)/data",
          ]).success()
          try Self.withServer(
            {
              [
                Self.prometheus, "--config.file=\($0)/prometheus.yml", "--storage.tsdb.path=\($0)/data",
                "--web.listen-address=127.0.0.1:9090",
              ]
            }, answering: "http://127.0.0.1:9090/-/ready", in: folder
          ) {
            let reason = try Self.reason("steady")
            #expect((reason == nil) == (past == .steady), "\(past): \(reason ?? "open")")
          }
        }
      }
    }
  }
}
