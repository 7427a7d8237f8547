/// Which notices must be delivered now, as a function of the time and of the schedule's log.
///
/// An announcement is due until the planned start, a result for a day, an escalation for a week. A failed delivery is
/// tried again at growing intervals until then. A failure changes nothing in the schedule.
package struct NoticeCourse: Sendable {
  package let course: ScheduleCourse
  private let isAcknowledged: @Sendable (String) -> Bool

  /// - Parameter isAcknowledged: whether a person acknowledged or signed a run, by the name of its folder.
  package init(_ course: ScheduleCourse, isAcknowledged: @escaping @Sendable (String) -> Bool) {
    self.course = course
    self.isAcknowledged = isAcknowledged
  }

  /// A notice for a channel.
  package struct Dispatch: Equatable, Sendable {
    package var notice: Notice
    package var channel: Channel
    /// The number of earlier attempts.
    package var attempts: Int

    package init(_ notice: Notice, _ channel: Channel, attempts: Int = 0) {
      self.notice = notice
      self.channel = channel
      self.attempts = attempts
    }
  }

  private var schedule: Schedule { course.schedule }
  private var log: ScheduleLog { course.log }

  /// In seconds.
  static let resultLifetime = 86_400
  static let escalationLifetime = 7 * 86_400

  /// The deliveries that are due, in the order of their events.
  package func due(now: Int) -> [Dispatch] {
    let notices =
      results(now).sorted { $0.at < $1.at } + escalations(now) + (announcement(now).map { [$0] } ?? [])
    return notices.flatMap { notice in
      schedule.notification.channels.compactMap { channel -> Dispatch? in
        guard channel.takes(notice.event, in: schedule.notification) else { return nil }
        guard let earlier = log.deliveries[Delivery.Key(notice.id, channel.name)] else {
          return Dispatch(notice, channel)
        }
        return earlier.isSent || earlier.next > now
          ? nil : Dispatch(notice, channel, attempts: earlier.attempts)
      }
    }
  }

  /// The notice of a run that begins now.
  package func start(_ attempt: ScheduleCourse.Attempt, at now: Int) -> Notice {
    var notice = notice(
      "began/\(attempt.planned)", .began, attempt.occasion.name, at: now,
      "Began: \(subject), \(attempt.occasion.name)")
    (notice.planned, notice.began) = (attempt.planned, now)
    return notice
  }

  /// A notice by which a person tries the channels.
  package func test(at now: Int) -> Notice {
    let occasion = schedule.every.occasion(of: schedule.zone.day(of: now)).name
    return notice(
      "test/\(now)", .test, occasion, at: now, "Test: \(subject). No run is planned by this message")
  }

  private var subject: String { "\(course.scenario) on \(course.fleet), schedule \(schedule.name)" }

  private func notice(
    _ key: String, _ event: Notice.Event, _ occasion: String, at: Int, _ line: String
  ) -> Notice {
    Notice(
      id: "\(schedule.name)/\(occasion)/\(key)", event: event, line: line, schedule: schedule.name,
      scenario: course.scenario, fleet: course.fleet, occasion: occasion, at: at)
  }

  /// The announcement of the next run, with the shortest lead that has begun: a controller that was off sends no two.
  private func announcement(_ now: Int) -> Notice? {
    guard log.watched != nil else { return nil }
    for (occasion, answer) in course.upcoming(2, from: now) {
      guard case .start(let planned) = answer, planned > now else { continue }
      guard let lead = schedule.notification.leads.filter({ planned - $0 <= now }).min() else { return nil }
      var notice = notice(
        "announced/\(planned)/\(lead)", .announced, occasion.name, at: now,
        "Planned for \(schedule.zone.text(planned)): \(subject)")
      notice.planned = planned
      return notice
    }
    return nil
  }

  private func results(_ now: Int) -> [Notice] {
    log.outcomes.compactMap { entry in
      guard now < entry.at + Self.resultLifetime, let occasion = entry.occasion else { return nil }
      let isRun = entry.event == .ran && entry.exitCode.map { !OccasionState.retried.contains($0) } ?? true
      var notice = notice(
        "\(entry.event.rawValue)/\(entry.at)", isRun ? .ended : .notMade, occasion, at: entry.at,
        "\(Self.verdict(of: entry)) (schedule \(schedule.name), \(occasion))")
      (notice.scenario, notice.fleet) = (entry.scenario, entry.fleet)
      (notice.planned, notice.run, notice.exitCode) = (entry.planned, entry.run, entry.exitCode)
      notice.began = entry.event == .ran ? log.began(occasion, before: entry.at) : nil
      return notice
    }
  }

  /// `Missed: unplug-host on tdf: …`, as the run's result shows it.
  private static func verdict(of entry: ScheduleEntry) -> String {
    let subject = "\(entry.scenario) on \(entry.fleet)"
    if let result = entry.result { return result }
    let reason = entry.reason.map { ": \($0)" } ?? ""
    switch entry.event {
    case .ran:
      guard let code = entry.exitCode else { return "Interrupted: \(subject)\(reason)" }
      let isRefused = OccasionState.retried.contains(code)
      return "\(isRefused ? "Not made" : "Ended with exit code \(code)"): \(subject)\(reason)"
    case .skipped: return "Skipped: \(subject)\(reason)"
    default: return "Not made: \(subject)\(reason)"
    }
  }

  private func escalations(_ now: Int) -> [Notice] {
    if schedule.notification.escalate.isEmpty { return [] }
    return log.occasions.compactMap { occasion in
      guard let ended = occasion.ended, occasion.needsAcknowledgement, !occasion.isAcknowledged else {
        return nil
      }
      let due = schedule.escalation(of: ended)
      guard due <= now, now < due + Self.escalationLifetime else { return nil }
      if let run = occasion.runs.last, isAcknowledged(run) { return nil }
      let what =
        occasion.result ?? log.outcomes.last { $0.occasion == occasion.name }.map(Self.verdict(of:))
        ?? "Not made"
      var notice = notice(
        "escalated/\(ended)", .escalated, occasion.name, at: now,
        "Not acknowledged since \(schedule.zone.day(of: ended)): \(what) (schedule \(schedule.name), \(occasion.name))"
      )
      (notice.run, notice.exitCode) = (occasion.runs.last, occasion.exitCode)
      return notice
    }
  }
}

extension ScheduleLog {
  /// When the occasion's last run before a time was started; nil without one.
  fileprivate func began(_ occasion: String, before time: Int) -> Int? {
    starts[occasion]?.last { $0 <= time }
  }
}

extension OccasionState {
  /// Whether its end must be read by a person: a run that is not met or worse than before, or no run.
  package var needsAcknowledgement: Bool {
    switch end {
    case .made: exitCode != 0 || isWorse
    case .interrupted, .notMade: true
    case .skipped, nil: false
    }
  }
}
