import Linux

extension Lab {
  /// An answer, or the reason why there is none.
  enum Answer: Sendable, Equatable {
    case answered(String)
    case none(reason: String)
  }

  /// Queries a service of a host once, for at most 8 s.
  func ask(_ service: LabService, of host: LabHost, record: LabRecord) async -> Answer {
    let identity = running(host)
    if identity == nil, service.place == .inHost { return .none(reason: "\(host.name) has no power") }
    switch service.ask {
    case .inHost(let script):
      guard let identity else { return .none(reason: "\(host.name) has no power") }
      return await answer(inHost(identity, ["timeout", "8", "sh", "-c", script, "ask", host.name]))
    case .fromController(let argv):
      return await answer(onPlatformNetwork(record, argv))
    }
  }

  /// Queries a service that may run on any host.
  func ask(shared service: LabService, record: LabRecord) async -> Answer {
    guard case .fromController(let argv) = service.ask else {
      return .none(reason: "\(service.part.rawValue) can't be queried inside a host: it may run on any host")
    }
    let answer = await answer(onPlatformNetwork(record, argv))
    guard case .none(let reason) = answer, let explain = service.explain else { return answer }
    for host in spec.hosts {
      guard let identity = running(host) else { continue }
      if case .answered(let why) = await self.answer(inHost(identity, ["timeout", "8", "sh", "-c", explain]))
      {
        return .none(reason: "\(reason); \(host.name) reports: \(why)")
      }
    }
    return .none(reason: "\(reason), and no host reports a reason")
  }

  private func answer(_ argv: [String]) async -> Answer {
    do {
      let command = try await Command.run(argv)
      if command.end.isSuccess {
        return .answered(command.outputText.split(whereSeparator: \.isNewline).joined(separator: "; "))
      }
      if command.end == .exited(124) { return .none(reason: "no answer in time") }
      return .none(reason: command.message.isEmpty ? "\(command.end)" : command.message)
    } catch {
      return .none(reason: error.description)
    }
  }

  /// Queries until there is an answer, the service's time limit is over, or the lab ends. Nil means success; a text
  /// is the reason for the failure.
  func await(
    part: LabPart, of host: LabHost?, record: LabRecord, patience: Double, log: String, reporter: Reporter,
    asking ask: () async -> Answer
  ) async -> String? {
    reporter.report(part, host, .starting)
    let deadline = ContinuousClock.now + .seconds(patience)
    while true {
      switch await ask() {
      case .answered:
        reporter.report(part, host, .up)
        return nil
      case .none(let reason):
        guard ContinuousClock.now < deadline, !Task.isCancelled, record.platform.isAlive else {
          let end = tail(of: log)
          let whole = end.isEmpty ? reason : "\(reason) (log: \(end))"
          reporter.report(part, host, .failed(reason: whole))
          return "\([host?.name, part.rawValue].compactMap(\.self).joined(separator: " ")): \(whole)"
        }
      }
      // On cancellation: one more query above, then it fails.
      try? await Task.sleep(for: .milliseconds(300))
    }
  }
}

/// Reports progress of parts, with the time since the call began.
package struct Reporter: Sendable {
  let progress: @Sendable (LabProgress) -> Void
  let begin = ContinuousClock.now

  func report(_ part: LabPart, _ host: LabHost?, _ state: LabProgress.State) {
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    progress(LabProgress(part: part, host: host?.name, state: state, seconds: seconds))
  }
}
