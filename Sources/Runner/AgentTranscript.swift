import AgentProtocol
import Scenario

/// The output of an ssh to an agent so far, and the conclusions from it.
struct AgentTranscript {
  private let host: Fleet.Host
  private let isHere: Bool
  private let purpose: AgentCommand.Purpose
  /// The arguments of `ssh` to reach the host by hand.
  private let destination: String
  private var output = AgentOutput()
  private var errors: [UInt8] = []
  private var hasAnswered = false
  private var isNoiseReported = false
  private var refusal: String?
  /// Why this side must end the connection; nil if it may continue.
  private(set) var verdict: String?

  /// How many bytes of stderr are kept, from its end. A banner comes before the error.
  private static let errorsKept = 16 << 10
  /// How many bytes a login shell may print before the agent's first message.
  private static let noiseAllowed = 1 << 20
  /// How many lines of stderr are shown.
  private static let errorLines = 5

  /// - Parameter isHere: whether the agent runs on this machine, as the controller's own, without ssh.
  init(
    _ host: Fleet.Host, _ purpose: AgentCommand.Purpose, configuration: String?, isHere: Bool = false
  ) {
    self.isHere = isHere
    self.host = host
    self.purpose = purpose
    destination = (configuration.map { "-F \($0) " } ?? "") + host.ssh
  }

  /// Whether the agent has sent its first message, or the connection doesn't wait for it any more.
  var isAnswered: Bool { hasAnswered || verdict != nil }

  /// Takes bytes of stdout; returns the messages in them.
  mutating func takeOutput(_ bytes: some Collection<UInt8>) -> [AgentConnection.Arrival] {
    var lines: [AgentLine] = []
    var failure: String?
    do throws(LineBuffer.LineTooLong) {
      try output.add(bytes) { lines.append($0) }
    } catch {
      failure = "from the agent: \(error): the connection ends"
    }
    var arrivals: [AgentConnection.Arrival] = []
    for line in lines where verdict == nil {
      if !hasAnswered, case .session = purpose { verdict = line.skew }
      if verdict != nil { break }
      switch line {
      case .greeting:
        hasAnswered = true
        if line.versionDifference != nil { arrivals.append(.line(line)) }
      case .notice(.refused(let reason)): refusal = reason
      case .notice, .reply, .refusal: arrivals.append(.line(line))
      }
    }
    if !hasAnswered, output.noiseCount > Self.noiseAllowed {
      failure =
        "the login shell printed \(Self.noiseAllowed) bytes and murphy-agent did not answer" + evidence
    }
    verdict = verdict ?? failure
    if hasAnswered, !isNoiseReported, output.noiseCount > 0 {
      isNoiseReported = true
      arrivals.insert(.printed(visibleLines(output.printed).joined(separator: "; ")), at: 0)
    }
    return arrivals
  }

  /// Takes bytes of stderr.
  mutating func takeErrors(_ bytes: some Collection<UInt8>) {
    errors += bytes
    if errors.count > 2 * Self.errorsKept { errors.removeFirst(errors.count - Self.errorsKept) }
  }

  private var lastErrors: [String] {
    Array(visibleLines(errors.suffix(Self.errorsKept)).suffix(Self.errorLines))
  }

  /// The time limit for the first message is over.
  mutating func giveUp(after patience: Nanoseconds) {
    verdict =
      "no answer from murphy-agent \(isHere ? "here" : "over ssh \(host.ssh)") within \(patience)" + evidence
  }

  /// The end of the connection.
  ///
  /// - Parameter code: ssh's exit code, which is the remote command's, or 255 if ssh itself failed.
  func end(code: Int32) -> AgentConnection.End {
    AgentConnection.End(
      code: verdict == nil ? code : nil, isAnswered: hasAnswered, cause: cause(code), reason: reason(code),
      errors: lastErrors)
  }

  private func cause(_ code: Int32) -> AgentConnection.End.Cause {
    if verdict != nil { return .thisSide }
    if refusal != nil { return .refusedByAgent }
    if hasAnswered { return .endedAfterAnswer }
    if isHere { return .endedSilently }
    let isSudo = host.become == .sudo
    return switch code {
    case 255: .noConnection
    case 127: isSudo ? .noSudo : .noAgent
    case 126: .agentNotExecutable
    case 1 where isSudo: .sudoRefused
    case 2: .otherVersion
    case 3: .refused
    default: .endedSilently
    }
  }

  private func reason(_ code: Int32) -> String {
    if let reason = verdict ?? refusal { return reason }
    let cause = cause(code)
    if cause == .endedAfterAnswer, code == 255 { return errorText.isEmpty ? "ssh ended with 255" : errorText }
    let what =
      switch cause {
      case .thisSide, .refusedByAgent, .endedAfterAnswer: "murphy-agent ended with exit code \(code)"
      case .noConnection: "no connection by ssh \(host.ssh); ssh -v \(destination) shows each step"
      case .noSudo: "sudo was not found there (exit code 127): install it, or remove become: sudo"
      case .noAgent:
        "murphy-agent can't be started there (exit code 127): put it into root's PATH (murphy deploy does), with the "
          + "libraries that it needs (make agent names them)"
      case .agentNotExecutable:
        "murphy-agent can't be executed there (exit code 126): chmod 755 it; is it built for that machine?"
      case .sudoRefused:
        "sudo didn't start murphy-agent there (exit code 1). It needs murphy-agent in secure_path (/usr/local/bin is, on "
          + "Debian), no requiretty for \(host.sshUser ?? "USER"), and in /etc/sudoers.d/murphy: "
          + "\(host.sudoersLine(for: AgentDeployment.place)) (/usr/bin/murphy-agent with the package)"
      case .otherVersion: AgentLine.skew("of another version: it doesn't accept its arguments (exit code 2)")
      case .refused: "murphy-agent refused there (exit code 3)"
      case .endedSilently where isHere:
        "murphy-agent ended here with exit code \(code), and did not answer"
      case .endedSilently: "the login shell ended there with \(code), and murphy-agent did not answer"
      }
    return what + evidence
  }

  /// The printed text, unparsed: it is prose.
  private var evidence: String {
    let printed = visibleLines(output.printed).joined(separator: "; ")
    return (errorText.isEmpty ? "" : "; stderr: \(errorText)")
      + (printed.isEmpty ? "" : "; the login shell printed: \(printed)")
  }

  private var errorText: String { lastErrors.joined(separator: "; ") }
}
