import Linux

extension Lab {
  /// Cuts a host's power: the kernel ends every process of the host at once, guests included, and removes its links.
  /// Its disks stay.
  ///
  /// - Parameter withBMC: also cuts the power of the services beside the host.
  package func cutPower(host name: String, withBMC: Bool = false) async throws(LabError) {
    let host = try spec.host(named: name)
    try await locked { () throws(LabError) in
      let record = try aliveRecord()
      let beside = withBMC ? besides(host).compactMap { running($0, beside: host) } : []
      guard running(host) != nil || !beside.isEmpty else { throw .hostOff(name) }
      for identity in beside where identity.kill() { try await waitForEnd(of: identity) }
      try await power(host, "off", record)
    }
  }

  /// Shuts a host down through its PID 1, as its power button does, and returns once it is off.
  package func shutDown(host name: String) async throws(LabError) {
    let host = try spec.host(named: name)
    try await locked { () throws(LabError) in
      let record = try aliveRecord()
      guard let identity = running(host) else { throw .hostOff(name) }
      try await power(host, "shutdown", record)
      try await waitForEnd(of: identity, seconds: 120)
    }
  }

  /// Powers on a host and the services beside it, and returns once each of its parts answers again.
  package func boot(
    host name: String, progress: @escaping @Sendable (LabProgress) -> Void
  ) async throws(LabError) {
    let host = try spec.host(named: name)
    let reporter = Reporter(progress: progress)
    let record = try await locked { () throws(LabError) in
      let record = try aliveRecord()
      let wereOff = try await startBesides(host, record)
      guard running(host) == nil || wereOff else { throw .hostOn(name) }
      try await start(host, record, reporter)
      return record
    }
    var failures: [String] = []
    for service in host.services(in: self) {
      failures += await awaitService(service, of: host, record: record, reporter: reporter)
    }
    guard failures.isEmpty else { throw .partsFailed(failures) }
  }

  /// Starts a host's process tree, if it is off.
  func start(_ host: LabHost, _ record: LabRecord, _ reporter: Reporter) async throws(LabError) {
    reporter.report(.host, host, .starting)
    do {
      try await power(host, "on", record)
    } catch {
      reporter.report(.host, host, .failed(reason: error.description))
      throw error
    }
    reporter.report(.host, host, .up)
  }

  /// Starts the services beside a host that should run but don't. Returns whether there was such a service.
  @discardableResult
  func startBesides(_ host: LabHost, _ record: LabRecord) async throws(LabError) -> Bool {
    let missing = besides(host).filter { running($0, beside: host) == nil }
    for service in missing {
      try await Command.output(
        inPlatform(record, ["sh", "-c", service.start]),
        doing: "starting \(service.part.rawValue) of \(host.name)")
    }
    return !missing.isEmpty
  }

  private func besides(_ host: LabHost) -> [LabService] {
    host.services(in: self).filter { $0.place == .besideHost }
  }

  private func power(_ host: LabHost, _ act: String, _ record: LabRecord) async throws(LabError) {
    try await Command.output(
      inPlatform(record, ["sh", powerScript, host.name, act]), doing: "power \(act) of \(host.name)")
  }

  /// Waits for one part of one host; returns the failures.
  func awaitService(
    _ service: LabService, of host: LabHost, record: LabRecord, reporter: Reporter
  ) async -> [String] {
    let failure = await self.await(
      part: service.part, of: host, record: record, patience: service.patience,
      log: log(of: service, on: host),
      reporter: reporter
    ) {
      await ask(service, of: host, record: record)
    }
    return failure.map { [$0] } ?? []
  }

  /// Waits until the kernel has ended a process. A killed process can take long if it waits for a device.
  func waitForEnd(of identity: ProcessIdentity, seconds: Int = 30) async throws(LabError) {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while identity.isAlive {
      guard ContinuousClock.now < deadline else {
        throw .command("ending process \(identity.pid)", status: "still alive after \(seconds) s", output: "")
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
  }
}
