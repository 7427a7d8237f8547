import Foundation
import Linux
import ProductTesting
import Testing

/// Two whole controllers, each the built `murphy`, start at once on one fleet, over a real ssh.
@Suite(
  .serialized, .timeLimit(.minutes(10)),
  .enabled(if: SSHBed.isPossible, "needs root, and unshare, nsenter, tini, sshd, sudo, csh and fish"))
struct TwoControllersSerialTests {
  /// How a controller ended.
  private struct Ended {
    var code: Int
    /// The name of its run.
    var run: String
    var errors: String
  }

  /// Starts `murphy` twice at the same time, and waits for both.
  private func atOnce(_ bed: SSHBed, _ one: String, _ two: String) throws -> [Ended] {
    let outcome = try bed.shell(
      """
      cd /root
      \(TestProducts.murphy) \(one) > one.out 2> one.errors & first=$!
      \(TestProducts.murphy) \(two) > two.out 2> two.errors & second=$!
      code=0; wait $first || code=$?; echo $code >> one.out
      code=0; wait $second || code=$?; echo $code >> two.out
      """)
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try ["one", "two"].map { name in
      let errors = try bed.shell("cat /root/\(name).errors").output
      // The folder of the run, and the exit code.
      let lines = try bed.shell("cat /root/\(name).out").output.split(separator: "\n").suffix(2)
      let code = try #require(lines.last.flatMap { Int($0) }, "\(errors)")
      let folder = try #require(lines.count == 2 ? lines.first : nil, "\(errors)")
      let run = try #require(folder.split(separator: "/").last)
      return Ended(code: code, run: String(run), errors: errors)
    }
  }

  /// Expects that exactly one of them ran, and that the other was refused with its name.
  ///
  /// - Returns: the one that ran, and the one that was refused.
  private func expectOneRan(_ ended: [Ended]) throws -> (ran: Ended, refused: Ended) {
    let refused = ended.filter { $0.code == 3 }
    try #require(refused.count == 1, "\(ended)")
    let ran = try #require(ended.first { $0.code != 3 })
    // Without a hypervisor, residue of domains is not known, so the exit code may be 1.
    #expect([0, 1].contains(ran.code), "\(ran.errors)")
    #expect(ran.errors.contains("reverted, by deadline"), "\(ran.errors)")
    #expect(
      refused[0].errors.contains("falco: run \(ran.run) has this host; wait for it"), "\(refused[0].errors)")
    #expect(!refused[0].errors.contains("phase steady"), "\(refused[0].errors)")
    return (ran, refused[0])
  }

  /// The rows of the history of a folder that have a run, without the day.
  private func rows(_ bed: SSHBed, of reports: String) throws -> [String] {
    let history = try bed.shell("\(TestProducts.murphy) history --reports \(reports) --out /root/pages")
    try #require(history.code == 0, "\(history.errors)")
    return try bed.shell("cat /root/pages/cut@bed.html").output.components(separatedBy: "<tr><td>20")
      .dropFirst()
      .compactMap { $0.components(separatedBy: "</tr>").first }
  }

  /// Expects that a row is the one of a refused run, with the name of the run that had the host.
  private func expectRefusal(_ row: String?, of refused: Ended, by ran: Ended) {
    #expect(row?.contains(">\(refused.run)<") == true, "\(row ?? "no row")")
    #expect(row?.contains(">refused</span>") == true, "\(row ?? "no row")")
    #expect(row?.contains("run \(ran.run) has this host") == true, "\(row ?? "no row")")
  }

  @Test(
    "Of two runs that start at once, one is made, the other is refused with its name, and the history has both"
  )
  func runs() async throws {
    try await SSHBed.run { bed in
      try bed.prepare("ssh: root@10.9.0.1", lasting: "10s")
      let run = "run cut.yaml --fleet fleet.yaml --out /root/runs"
      let (ran, refused) = try expectOneRan(try atOnce(bed, run, run))
      let rows = try rows(bed, of: "/root/runs")
      #expect(rows.count == 2 && rows.contains { $0.contains(">\(ran.run)<") }, "\(rows)")
      expectRefusal(rows.first { $0.contains(">\(refused.run)<") }, of: refused, by: ran)
    }
  }

  @Test(
    "Of two schedules that are due at once, each with its own reports, one runs and the other has its refusal in its history"
  )
  func schedules() async throws {
    try await SSHBed.run { bed in
      try bed.prepare("ssh: root@10.9.0.1", lasting: "10s")
      let now = Int(Clock.realtime.now / 1_000_000_000)
      let minute = min(now % 86_400 / 60, 23 * 60 + 54)
      let from = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
      for name in ["one", "two"] {
        _ = try bed.shell("mkdir /root/\(name)")
        try bed.write(
          """
          schedule: \(name)
          scenario: cut.yaml
          fleet: fleet.yaml
          reports: \(name)
          every: day
          window: {from: "\(from)", to: "24:00"}
          timezone: UTC

          """, to: "/root/\(name).yaml")
        // Watched since midnight, since a start before the first run-due is not due.
        try bed.write(
          #"{"at":\#(now / 86_400 * 86_400),"event":"watched","fleet":"bed","scenario":"cut","schedule":"\#(name)"}"#
            + "\n", to: "/root/\(name)/schedule.jsonl")
      }
      let ended = try atOnce(bed, "schedule run-due one.yaml", "schedule run-due two.yaml")
      let (ran, refused) = try expectOneRan(ended)
      let isFirst = ended[0].run == ran.run
      let (made, kept) = isFirst ? ("one", "two") : ("two", "one")
      let one = try rows(bed, of: "/root/\(made)")
      #expect(one.contains { $0.contains(">\(ran.run)<") }, "\(one)")
      let other = try rows(bed, of: "/root/\(kept)")
      expectRefusal(other.first { $0.contains(">\(refused.run)<") }, of: refused, by: ran)
      let records = try bed.shell("cat /root/\(kept)/schedule.jsonl").output
      #expect(records.contains(#""event":"ran""#) && records.contains(#""exitCode":3"#), "\(records)")
    }
  }
}
