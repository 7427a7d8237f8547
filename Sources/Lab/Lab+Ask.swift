import Linux

extension Lab {
  /// An answer, or the reason why there is none.
  enum Answer: Sendable, Equatable {
    case answered(String)
    case none(reason: String)
  }

  /// Asks a service of a host once, for at most 8 s.
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

  /// Asks a service that runs on any host.
  func ask(shared service: LabService, record: LabRecord) async -> Answer {
    guard case .fromController(let argv) = service.ask else {
      return .none(reason: "\(service.part.rawValue) can't be asked inside a host: it may run on any")
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
    return .none(reason: "\(reason), and no host can explain it")
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

  /// Asks until there is an answer, patience ends, or the lab does; nil is success, a text is the reason for failure.
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
      // Cancelled: asked once more above, and given up.
      try? await Task.sleep(for: .milliseconds(300))
    }
  }
}

/// Reports how far parts have come, with the time since the caller's call.
package struct Reporter: Sendable {
  let progress: @Sendable (LabProgress) -> Void
  let begin = ContinuousClock.now

  func report(_ part: LabPart, _ host: LabHost?, _ state: LabProgress.State) {
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    progress(LabProgress(part: part, host: host?.name, state: state, seconds: seconds))
  }
}
