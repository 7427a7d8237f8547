/// For how long a fault is active.
package enum Extent: Hashable, Sendable {
  /// For the time that its step gives as `for`; then its lease reverts it.
  case held
  /// For no time: it happens at once, as a kill does. Its step has no `for`, and its lease ends with its effect.
  case instant
  /// Instant with these words of a parameter, held with its others.
  case instantWith(parameter: String, words: Set<String>)

  /// Whether a fault with these parameters, defaults filled in, is instant.
  package func isInstant(_ parameters: [String: ParameterValue]) -> Bool {
    switch self {
    case .held: return false
    case .instant: return true
    case .instantWith(let parameter, let words):
      guard case .word(let word)? = parameters[parameter] else { return false }
      return words.contains(word)
    }
  }

  /// The length of the lease of an instant fault: the time within which it must be injected and its effect verified.
  package static let instantLease = Nanoseconds.seconds(10)
}

/// What becomes of a fault's damage at the end of its lease. What it is in words is `Fault.undoing`.
package enum Reversal: String, Codable, Hashable, Sendable {
  /// The host restores what was.
  case restore
  /// Something other than Murphy brings it back.
  case restart
  /// Nothing brings it back. The host's policy must name the fault under `damage`.
  case damage
}
