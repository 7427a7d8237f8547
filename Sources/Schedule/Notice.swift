/// A message to the channels of a schedule. Times are in seconds since 1970.
package struct Notice: Equatable, Sendable {
  /// Is the same for each attempt to deliver it, and unique among the notices of all schedules of a folder.
  package var id: String
  package var event: Event
  /// One line, with the verdict first.
  package var line: String
  package var schedule: String
  package var scenario: String
  package var fleet: String
  package var occasion: String
  /// When it happened.
  package var at: Int
  /// The start that the schedule states.
  package var planned: Int?
  /// When the run began.
  package var began: Int?
  /// The name of the run's folder.
  package var run: String?
  package var exitCode: Int32?

  package enum Event: String, Sendable {
    /// A run is planned.
    case announced
    case began
    /// A run ended, with its result.
    case ended
    /// A planned run was not made.
    case notMade = "not-made"
    /// No person acknowledged a result in time.
    case escalated
    /// A person tries the channels.
    case test

    /// Nil for what is sent regardless of the channel's topics.
    var topic: Topic? {
      switch self {
      case .announced: .announced
      case .began: .began
      case .ended, .notMade: .result
      case .escalated, .test: nil
      }
    }
  }

  /// What a channel can be limited to.
  package enum Topic: String, CaseIterable, Sendable {
    case announced, began, result
  }

  package init(
    id: String, event: Event, line: String, schedule: String, scenario: String, fleet: String,
    occasion: String, at: Int, planned: Int? = nil, began: Int? = nil, run: String? = nil,
    exitCode: Int32? = nil
  ) {
    self.id = id
    self.event = event
    self.line = line.split(whereSeparator: \.isNewline).joined(separator: " ")
    self.schedule = schedule
    self.scenario = scenario
    self.fleet = fleet
    self.occasion = occasion
    self.at = at
    self.planned = planned
    self.began = began
    self.run = run
    self.exitCode = exitCode
  }
}

extension Channel {
  /// Whether it receives a notice.
  package func takes(_ event: Notice.Event, in notification: Notification) -> Bool {
    switch event {
    case .escalated: notification.escalate.contains(name)
    case .test: true
    case .announced, .began, .ended, .notMade: event.topic.map(topics.contains) ?? false
    }
  }
}
