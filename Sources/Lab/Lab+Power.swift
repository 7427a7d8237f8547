import Linux

extension Lab {
  /// Cuts a host's power, as a pulled plug does: SIGKILL to its PID 1, and the kernel ends every process of the
  /// host, guests included, and removes its cables. Its disks stay.
  package func cutPower(host name: String) async throws(LabError) {
    let host = try spec.host(named: name)
    try await locked { () throws(LabError) in
      guard let identity = try aliveRecord().running(host), identity.kill() else { throw .hostOff(name) }
      try await waitForEnd(of: identity)
    }
  }

  /// Gives a host its power back, and returns once every part of it answers again.
  package func boot(
    host name: String, progress: @escaping @Sendable (LabProgress) -> Void
  ) async throws(LabError) {
    let host = try spec.host(named: name)
    let reporter = Reporter(progress: progress)
    let record = try await locked { () throws(LabError) in
      var record = try aliveRecord()
      guard record.running(host) == nil else { throw .hostOn(name) }
      try await start(host, record: &record, reporter: reporter)
      return record
    }
    var failures: [String] = []
    for service in host.services(in: self) {
      failures += await awaitService(service, of: host, record: record, reporter: reporter)
    }
    guard failures.isEmpty else { throw .partsFailed(failures) }
  }

  /// Starts a host's process tree inside the lab's, plugs in its cables, and records it before it lives.
  func start(_ host: LabHost, record: inout LabRecord, reporter: Reporter) async throws(LabError) {
    reporter.report(.host, host, .starting)
    let home = folder(of: host)
    let before = record
    let argv =
      Platform.unshare
      + [
        "tini", "-s", "--", "sh", "\(home)/host.sh",
      ]
    let birth: Birth
    do {
      birth = try await raise(
        inPlatform(before, ["setsid", "-f"] + argv), log: "\(home)/log", doing: "starting host \(host.name)"
      ) { birth throws(LabError) in
        var after = before
        after.hosts[host.name] = birth.identity
        try save(after)
        try await Command.output(
          inPlatform(after, ["sh", "-c", host.plugScript(spec), "plug", "\(birth.identity.pid)"]),
          doing: "plugging in the cables of \(host.name)")
      }
    } catch {
      reporter.report(.host, host, .failed(reason: error.description))
      throw error
    }
    record.hosts[host.name] = birth.identity
    reporter.report(.host, host, .up)
  }

  /// Waits for one part of one host; the failures, if any.
  func awaitService(
    _ service: LabService, of host: LabHost, record: LabRecord, reporter: Reporter
  ) async -> [String] {
    let failure = await self.await(
      part: service.part, of: host, record: record, patience: service.patience,
      log: own(service.log, of: host),
      reporter: reporter
    ) {
      await ask(service, of: host, record: record)
    }
    return failure.map { [$0] } ?? []
  }

  /// Waits until the kernel has ended a process tree whose PID 1 was killed; at most 30 s, since a process that
  /// waits for a device can take long.
  func waitForEnd(of identity: ProcessIdentity) async throws(LabError) {
    let deadline = ContinuousClock.now + .seconds(30)
    while identity.isAlive {
      guard ContinuousClock.now < deadline else {
        throw .command("ending process \(identity.pid)", status: "still alive after 30 s", output: "")
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
  }
}
