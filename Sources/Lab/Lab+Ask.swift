import Linux
import Subprocess

extension Lab {
  /// An answer, or the reason why there is none.
  enum Answer: Sendable, Equatable {
    case said(String)
    case silent(String)
  }

  /// Asks a part of a host once, for at most 8 s.
  func ask(_ service: HostService, of host: LabHost, record: LabRecord) async -> Answer {
    guard let identity = record.running(host) else { return .silent("\(host.name) has no power") }
    switch service.part {
    case .ssh:
      return await answer(
        onPlatformNetwork(record, ["timeout", "8", "ssh", "-F", sshConfigFile, host.name, "uname -n"]))
    default:
      return await answer(inHost(identity, ["timeout", "8", "sh", "-c", service.ask, "ask", host.name]))
    }
  }

  /// Asks the guest for its page, over the external network.
  func askWeb(record: LabRecord) async -> Answer {
    // bash's own sockets: Debian's static busybox has a wget that can crash in its resolver.
    let get = "exec 3<>/dev/tcp/$0/80 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && grep ^boot= <&3"
    let page = await answer(onPlatformNetwork(record, ["timeout", "3", "bash", "-c", get, Guest.address]))
    guard case .silent = page else { return page }
    // The manager knows best why there is no guest yet, or none any more.
    for host in LabHost.allCases {
      guard let identity = record.running(host) else { continue }
      let command = ["timeout", "8", "crm_mon", "--one-shot", "--include=none,resources,failures"]
      if case .said(let said) = await answer(inHost(identity, command)) {
        return .silent("no HTTP answer; \(host.name)'s Pacemaker says \(said)")
      }
    }
    return .silent("no HTTP answer, and no host's Pacemaker answers")
  }

  private func answer(_ argv: [String]) async -> Answer {
    do {
      let command = try await Command.run(argv)
      if command.succeeded {
        return .said(command.output.split(whereSeparator: \.isNewline).joined(separator: "; "))
      }
      if case .exited(124) = command.status { return .silent("no answer in time") }
      return .silent(command.message.isEmpty ? "\(command.status)" : command.message)
    } catch {
      return .silent(error.description)
    }
  }

  /// Asks until there is an answer, patience ends, or the lab does; nil is success, text is the reason for failure.
  func await(
    part: LabPart, of host: LabHost?, record: LabRecord, patience: Double, log: String, reporter: Reporter,
    asking ask: () async -> Answer
  ) async -> String? {
    reporter.report(part, host, .starting)
    let deadline = ContinuousClock.now + .seconds(patience)
    while true {
      switch await ask() {
      case .said:
        reporter.report(part, host, .up)
        return nil
      case .silent(let reason):
        guard ContinuousClock.now < deadline, !Task.isCancelled, record.platform.isAlive else {
          let end = tail(of: log)
          let whole = end.isEmpty ? reason : "\(reason) (log: \(end))"
          reporter.report(part, host, .failed(reason: whole))
          return "\([host?.name, part.rawValue].compactMap(\.self).joined(separator: " ")): \(whole)"
        }
      }
      // Cancelled: asked once more above, and given up.
      try? await Task.sleep(for: .milliseconds(300))
    }
  }
}

/// Tells a caller where parts have got to, with the time since its call.
struct Reporter: Sendable {
  let progress: @Sendable (LabProgress) -> Void
  let begin = ContinuousClock.now

  func report(_ part: LabPart, _ host: LabHost?, _ state: LabProgress.State) {
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    progress(LabProgress(part: part, host: host?.name, state: state, seconds: seconds))
  }
}
