import Journal
import Scenario
import Testing
import Views

@Suite struct SMSGatewayTests {
  private static let fleet = Fleet(
    name: "lab",
    hosts: [.init(name: "falco", ssh: "root@10.77.1.13", links: [:], aliases: ["10.77.2.13:9100"])])

  private func spec(_ more: [String: String] = [:], sent: String = "/var/spool/sms/sent") -> ViewSpec {
    ViewSpec("sms", more.merging(["sent": sent]) { $1 }.mapValues { .string($0) })
  }

  private func verdict(_ answer: ViewAnswer, _ spec: ViewSpec) throws -> Verdict {
    guard case .verdict(let verdict) = try #require(spec.belief([answer])) else { throw NoVerdict() }
    return verdict
  }

  private struct NoVerdict: Error {}

  /// A message of smsd from Debian's smstools 3.1.21, in the output of grep.
  private func message(_ file: String, _ sent: String, _ text: String) -> String {
    [
      "To: 491701234567", "Modem: GSM1", "Sent: 26-11-27 \(sent)", "Sending_time: 2", "IMSI: ", "IMEI: ", "",
      text,
    ].map { "/var/spool/sms/sent/\(file)\0\($0)\n" }.joined()
  }

  @Test("The folder's files are read unchanged, and the folder must be an absolute path")
  func question() throws {
    #expect(
      try spec().question() == .command(["grep", "-raZ", "", "/var/spool/sms/sent"], within: .seconds(5)))
    for path in ["", "sent", "/a/../b", "-r"] {
      #expect(throws: ViewRefused.self) { try spec(sent: path).question() }
    }
    #expect(throws: ViewRefused.self) { try spec(["problem": ""]).question() }
  }

  @Test("The last text about a problem counts, by the time at which it was sent instead of the file's name")
  func last() throws {
    let firing = message("b", "09:16:06", "FIRING HostDown falco")
    let found = try verdict(ViewAnswer(firing, exitCode: 0), spec())
    #expect(found.complaints.map(\.name) == ["HostDown falco"] && found.words == "sent: HostDown falco")
    #expect(found.isDown("falco", in: Self.fleet) == true)
    let resolved = message("a", "09:17:40", "RESOLVED HostDown falco")
    #expect(try verdict(ViewAnswer(resolved + firing, exitCode: 0), spec()).isWell)
    let again = message("0", "09:18:00", "FIRING HostDown falco")
    #expect(!(try verdict(ViewAnswer(again + resolved + firing, exitCode: 0), spec()).isWell))
  }

  @Test("A problem and a recovery of one second are unknown, until a later text", arguments: ["a", "c"])
  func sameSecond(file: String) throws {
    let firing = message("b", "09:16:06", "FIRING HostDown falco")
    let resolved = message(file, "09:16:06", "RESOLVED HostDown falco")
    #expect(
      try verdict(ViewAnswer(firing + resolved, exitCode: 0), spec()).unknown
        == "sms: a problem and a recovery of 'HostDown falco' were both sent at 26-11-27 09:16:06")
    let later = message("d", "09:16:07", "RESOLVED HostDown falco")
    #expect(try verdict(ViewAnswer(firing + resolved + later, exitCode: 0), spec()).isWell)
    // Other problems, and repeated texts, have no order to know.
    let other = message("e", "09:16:06", "RESOLVED HostDown gale")
    let again = message("f", "09:16:06", "FIRING HostDown falco")
    let found = try verdict(ViewAnswer(firing + other + again, exitCode: 0), spec())
    #expect(found.complaints.map(\.name) == ["HostDown falco"])
  }

  @Test("The words that mark problems can be chosen; a canary and a text of neither kind are not a problem")
  func words() throws {
    let texts = [
      message("1", "09:16:06", "PROBLEM: web is CRITICAL"), message("2", "09:16:08", "hello"),
      message("3", "09:16:09", "PROBLEM MurphyCanary"),
      message("5", "09:16:10", "PROBLEM MurphyDrill monthly"),
    ]
    let other = spec(["problem": "PROBLEM", "recovery": "OK"])
    let found = try verdict(ViewAnswer(texts.joined(), exitCode: 0), other)
    #expect(found.complaints.map(\.name) == ["web is CRITICAL"])
    let over = texts.joined() + message("4", "09:20:00", "OK: web is CRITICAL")
    #expect(try verdict(ViewAnswer(over, exitCode: 0), other).isWell)
  }

  @Test("An empty folder is healthy, but a folder that can't be read is unknown")
  func unknown() throws {
    #expect(try verdict(ViewAnswer("", exitCode: 1), spec()).isWell)
    for answer in [ViewAnswer("", exitCode: 2), ViewAnswer("", failure: "no end within 5 s")] {
      #expect(try verdict(answer, spec()).unknown != nil)
    }
  }
}
