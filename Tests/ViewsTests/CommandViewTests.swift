import Journal
import Scenario
import Testing
import Views

@Suite struct CommandViewTests {
  private func spec(_ command: [String], timeout: String? = nil) -> ViewSpec {
    var spec = ViewSpec("command", ["command": .array(command.map { .string($0) })])
    spec.parameters["timeout"] = timeout.map { .string($0) }
    return spec
  }

  private func verdict(_ answer: ViewAnswer) throws -> Verdict {
    guard case .verdict(let verdict) = try #require(spec(["check"]).belief([answer])) else {
      throw ViewRefusedAnswer()
    }
    return verdict
  }

  private struct ViewRefusedAnswer: Error {}

  @Test("A command's arguments are passed as they are written, without a shell")
  func question() throws {
    let command = ["/usr/lib/nagios/plugins/check_disk", "-w", "10 %", "$HOME; true", ""]
    #expect(try spec(command).question() == .command(command, within: .seconds(10)))
    #expect(try spec(["x"], timeout: "500ms").question() == .command(["x"], within: .milliseconds(500)))
  }

  @Test(
    "A command without a program, with a relative path or '..', or with a limit above 10 s is refused",
    arguments: [
      ([], nil), ([""], nil), (["./x"], nil), (["bin/x"], nil), (["/bin/../x"], nil), (["a\0b"], nil),
      (["x"], "11s"), (["x"], "0s"), (["x"], "soon"),
    ] as [([String], String?)])
  func refused(_ command: [String], _ timeout: String?) {
    #expect(throws: ViewRefused.self) { try spec(command, timeout: timeout).question() }
  }

  @Test("Exit code 0 is healthy, 1 a warning and 2 critical, and the first line is the report")
  func codes() throws {
    let text = "  DISK OK - 10% free | /=90%;80;90\n/ is full\n"
    let ok = try verdict(ViewAnswer(text, exitCode: 0))
    #expect(ok.isWell && ok.words == "DISK OK - 10% free")
    for (code, word) in [(Int32(1), "warning"), (2, "critical")] {
      let found = try verdict(ViewAnswer(text, exitCode: code))
      #expect(!found.isWell && found.unknown == nil && found.words == "\(word): DISK OK - 10% free")
      #expect(found.complaints == [.init(name: "DISK OK - 10% free")])
    }
    #expect(try verdict(ViewAnswer("", exitCode: 2)).words == "critical: exit code 2")
  }

  @Test(
    "Any other exit code, and a program that was killed, are unknown", arguments: [3, 4, 127, -1, nil])
  func unknown(_ code: Int32?) throws {
    let found = try verdict(
      ViewAnswer("OK", exitCode: code, failure: code == nil ? "ended with signal 9" : nil))
    #expect(found.unknown != nil && !found.isWell)
    #expect(
      try verdict(ViewAnswer("OK", exitCode: 0, failure: "no end within 10 s")).unknown
        == "no end within 10 s")
  }

  @Test("Control characters are removed from a program's output, and a long line is cut")
  func hostile() throws {
    let found = try verdict(
      ViewAnswer("\u{1B}[2Jgone\u{7}" + String(repeating: "x", count: 5000), exitCode: 0))
    #expect(found.words.hasPrefix("[2Jgone") && found.words.count <= 200)
  }

  @Test("A program is run without a shell, within its time, and its output is bounded")
  func programs() throws {
    func run(_ command: [String], _ limit: Nanoseconds = .seconds(20)) -> ViewAnswer {
      ViewAnswer(running: command, within: limit, outputLimit: 1000)
    }
    #expect(run(["printf", "%s", "$HOME"]) == ViewAnswer("$HOME", exitCode: 0))
    #expect(run(["sh", "-c", "echo bad; exit 2"]) == ViewAnswer("bad\n", exitCode: 2))
    #expect(run(["sh", "-c", "kill -9 $$"]).failure?.contains("signal 9") == true)
    #expect(run(["sleep", "60"], .milliseconds(50)).failure?.contains("no end within") == true)
    #expect(run(["yes"]).failure?.contains("1000 bytes") == true)
    #expect(run(["/nowhere/check"]).failure?.contains("errno 2") == true)
  }
}
