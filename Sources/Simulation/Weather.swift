import Scenario

/// What becomes of messages between the controller and the hosts.
struct Weather {
  /// The share that never arrives.
  var lost = 0.0
  /// The share that arrives twice.
  var doubled = 0.0
  /// The longest delay, in milliseconds.
  var delay: Int64 = 5
  /// Whether one message may overtake another.
  var reorders = false

  /// As on a quiet network.
  static let calm = Weather()
  /// Whether every message arrives, once, in order and soon.
  var isCalm: Bool { lost == 0 && doubled == 0 && delay <= 50 && !reorders }
}
