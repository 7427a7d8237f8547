import Agent
import AgentProtocol
import Scenario
import Testing

@testable import Runner

/// The conclusions from an ssh's output and end.
struct AgentTranscriptTests {
  private static let root = Fleet.Host(name: "falco", ssh: "root@falco", links: [:])
  private static let ann = Fleet.Host(name: "falco", ssh: "ann@falco", become: .sudo, links: [:])

  private func transcript(
    _ host: Fleet.Host = root, _ purpose: AgentCommand.Purpose = .session, output: String = "",
    errors: String = ""
  ) -> (AgentTranscript, [AgentConnection.Arrival]) {
    var transcript = AgentTranscript(host, purpose, configuration: nil)
    let arrivals = transcript.takeOutput(Array(output.utf8))
    transcript.takeErrors(Array(errors.utf8))
    return (transcript, arrivals)
  }

  private static let greeting =
    #"{"murphy-agent":{"protocol":\#(Greeting.current.protocol),"version":"0.2.0"}}"# + "\n"

  @Test("A banner of 100 KB doesn't hide the last lines of stderr")
  func banner() {
    var (transcript, _) = transcript()
    for _ in 0..<2000 { transcript.takeErrors(Array("AUTHORISED USE ONLY. All access is logged.\n".utf8)) }
    transcript.takeErrors(Array("\u{1B}[1mmurphy-agent: not root\u{1B}[0m\r\n\n".utf8))
    let end = transcript.end(code: 3)
    #expect(end.errors.count == 5 && end.errors.last == "^[[1mmurphy-agent: not root^[[0m")
    #expect(end.cause == .refused && end.reason.hasSuffix("; ^[[1mmurphy-agent: not root^[[0m"))
  }

  @Test("An agent's own refusal is reported without other output")
  func refusal() {
    let (transcript, arrivals) = transcript(
      output: Self.greeting + #"{"notice":{"_0":{"refused":{"_0":"not root"}}}}"# + "\n", errors: "a banner\n"
    )
    #expect(arrivals.isEmpty)
    let end = transcript.end(code: 3)
    #expect(end.cause == .refusedByAgent && end.reason == "not root" && end.isAnswered && end.code == 3)
  }

  @Test(
    "Each exit code before an answer has its cause",
    arguments: [
      (255, root, .noConnection), (127, root, .noAgent), (127, ann, .noSudo),
      (126, root, .agentNotExecutable),
      (1, ann, .sudoRefused), (1, root, .endedSilently), (0, ann, .endedSilently), (2, root, .otherVersion),
      (3, root, .refused),
    ] as [(Int32, Fleet.Host, AgentConnection.End.Cause)])
  func exitCodes(_ code: Int32, _ host: Fleet.Host, _ cause: AgentConnection.End.Cause) {
    let (transcript, _) = transcript(host, output: "Hi", errors: "why\n")
    let end = transcript.end(code: code)
    #expect(end.cause == cause, "\(end.reason)")
    // The words of other programs are part of the reason.
    #expect(end.errors == ["why"] && end.reason.hasSuffix(": why; the login shell printed: Hi"))
    #expect(!end.isAnswered && end.code == code)
  }

  @Test(
    "The suggested line for sudoers names the user of the destination",
    arguments: [
      ("ann@falco", "ann"), ("ssh://ann@falco:2222", "ann"), ("ann@corp.example@falco", "ann@corp.example"),
      ("falco", "USER"), ("ssh://falco", "USER"),
    ])
  func sudoers(_ destination: String, _ user: String) {
    let host = Fleet.Host(name: "falco", ssh: destination, become: .sudo, links: [:])
    let reason = transcript(host).0.end(code: 1).reason
    #expect(
      reason.contains(" /etc/sudoers.d/murphy: \(user) ALL=(root) NOPASSWD: /usr/local/bin/murphy-agent"))
  }

  @Test("The suggested ssh command names the configuration that was used")
  func configuration() {
    let end = AgentTranscript(Self.root, .session, configuration: "/etc/lab").end(code: 255)
    #expect(end.cause == .noConnection && end.reason.contains("ssh -v -F /etc/lab root@falco"))
  }

  @Test("An ssh that ends after an answer gives its own reason")
  func endAfterAnswer() {
    #expect(transcript(output: Self.greeting, errors: "reset\n").0.end(code: 255).reason == "reset")
    for code in [255, 0] as [Int32] {
      let end = transcript(output: Self.greeting, errors: "a banner\n").0.end(code: code)
      #expect(end.cause == .endedAfterAnswer && end.code == code && end.reason.hasSuffix("a banner"))
    }
  }

  @Test("A shell's output is reported once, before the first message")
  func noiseOnce() {
    let reply = #"{"reply":{"_1":{"done":{}},"id":7}}"# + "\n"
    var (transcript, arrivals) = transcript(output: "Hi\n\u{1B}]0;x\u{07}" + Self.greeting + reply)
    guard arrivals.count == 2, case .printed("Hi; ^[]0;x^G") = arrivals[0], case .line = arrivals[1] else {
      Issue.record("\(arrivals)")
      return
    }
    arrivals = transcript.takeOutput(Array(("more\n" + reply).utf8))
    #expect(arrivals.count == 1)
  }

  @Test("A shell that prints endlessly is killed")
  func endless() {
    var (transcript, _) = transcript(errors: "warned\n")
    for _ in 0..<20_000 where transcript.verdict == nil {
      _ = transcript.takeOutput([UInt8](repeating: 0x79, count: 99) + [0x0A])
    }
    let end = transcript.end(code: -1)
    #expect(end.cause == .thisSide && end.code == nil && end.reason.contains("1048576"))
  }

  @Test("A shell that waits for input is killed, and its output is reported")
  func silent() {
    var (transcript, _) = transcript(output: "Choose a project: ")
    #expect(!transcript.isAnswered)
    transcript.giveUp(after: .seconds(15))
    let end = transcript.end(code: -1)
    #expect(end.cause == .thisSide && end.code == nil && end.reason.hasSuffix("Choose a project: "))
  }

  @Test("A session with an agent of another protocol is ended, and a call continues")
  func skew() {
    let other = #"{"murphy-agent":{"protocol":9,"version":"9.1.0"}}"# + "\n"
    let verdict = transcript(output: other).0.verdict
    #expect(verdict == AgentLine.skew("version 9.1.0 (protocol 9)"))
    #expect(transcript(Self.root, .call("recover"), output: other).0.verdict == nil)
    // The agent sent no greeting. A warning from it proves nothing, but a reply does.
    let warning = #"{"notice":{"_0":{"warning":{"_0":"careful"}}}}"# + "\n"
    var (old, arrivals) = transcript(output: warning)
    #expect(old.verdict == nil && arrivals.count == 1)
    arrivals = old.takeOutput(
      Array(#"{"reply":{"_1":{"welcome":{"_0":{"boot":"b","strangers":[],"version":"0.1.0"}}},"id":1}}"#.utf8)
        + [
          0x0A
        ])
    #expect(old.verdict == AgentLine.skew("version 0.1.0 (protocol 1)") && arrivals.isEmpty)
  }
}

/// The arguments of ssh.
struct AgentCommandTests {
  private func arguments(
    _ host: Fleet.Host, configuration: String? = nil, _ purpose: AgentCommand.Purpose = .session
  ) -> [String] {
    AgentCommand.arguments(for: host, configuration: configuration, purpose, connectTimeout: 7)
  }

  @Test("Options come before the destination, and the agent's arguments after it")
  func order() throws {
    let root = Fleet.Host(name: "falco", ssh: "root@falco", links: [:])
    let words = arguments(root, configuration: "/etc/ssh_config")
    #expect(words.suffix(5) == ["-F", "/etc/ssh_config", "--", "root@falco", "murphy-agent"])
    #expect(words.contains("ConnectTimeout=7") && words.contains("ControlPath=none"))
    #expect(
      arguments(root, .call("hold")).suffix(4)
        == ["--", "root@falco", "murphy-agent", "hold", "--json"].suffix(4))
  }

  @Test("sudo is called without prompts, and passes SSH_CONNECTION on")
  func sudo() {
    let ann = Fleet.Host(name: "falco", ssh: "ann@falco", become: .sudo, links: [:])
    #expect(
      arguments(ann).suffix(6)
        == ["ann@falco", "sudo", "-n", "murphy-agent", "--connection", "\"$SSH_CONNECTION\""])
    #expect(
      arguments(ann, .call("recover")).suffix(6)
        == ["ann@falco", "sudo", "-n", "murphy-agent", "recover", "--json"])
  }

  @Test("A host that answered slowly gets a longer timeout next time, up to a limit")
  func patience() {
    for (took, connect) in [(0, 3), (900_000_000, 3), (2_600_000_000, 6), (60_000_000_000, 10)]
      as [(Int64, Int)]
    {
      #expect(AgentConnection.Patience.again(first: took).connect == connect)
    }
  }
}

struct VisibleTextTests {
  @Test("Control characters are shown, not sent to the terminal")
  func controls() {
    #expect(visibleText(Array("a\u{1B}[2J\u{7F}\u{9B}\u{202E}ü\t".utf8)) == "a^[[2J^?\\u{9b}\\u{202e}ü^I")
    #expect(visibleText([0x61, 0xFF]) == "a\u{FFFD}")
    #expect(visibleLines(Array("\n  one\r\n\t \ntwo".utf8)) == ["one", "two"])
    #expect(visibleLines(Array("12345".utf8), length: 3) == ["1…45"])
  }

  @Test("An error behind a long banner without a newline is shown")
  func longLine() throws {
    let line = try #require(visibleLines([UInt8](repeating: 0, count: 4000) + Array("not root".utf8)).first)
    #expect(line.hasSuffix("not root"))
  }
}
