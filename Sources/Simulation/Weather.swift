import Scenario

/// The quality of the network between the controller and the hosts.
struct Weather {
  /// The share of messages that never arrive.
  var lost = 0.0
  /// The share of messages that arrive twice.
  var doubled = 0.0
  /// The longest delay, in milliseconds.
  var delay: Int64 = 5
  /// Whether one message may overtake another.
  var reorders = false

  /// A quiet network.
  static let calm = Weather()
  /// Whether every message arrives once, in order and without a long delay.
  var isCalm: Bool { lost == 0 && doubled == 0 && delay <= 50 && !reorders }
}
