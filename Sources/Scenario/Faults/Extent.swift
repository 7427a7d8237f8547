/// How long a fault is active.
package enum Extent: Hashable, Sendable {
  /// It is active for the time of its step's `for`. Then its lease is reverted.
  case held
  /// It happens at once, like a kill, and is never active. Its step has no `for`, and its lease ends with its effect.
  case instant
  /// It is instant with these values of a parameter, and held with the others.
  case instantWith(parameter: String, words: Set<String>)

  /// Whether a fault with these parameters, including defaults, is instant.
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

/// What happens to a fault's damage at the end of its lease. `Fault.undoing` describes this for display.
package enum Reversal: String, Codable, Hashable, Sendable {
  /// The host restores the earlier state.
  case restore
  /// Something other than Murphy repairs it.
  case restart
  /// Nothing repairs it. The host's policy must name the fault under `damage`.
  case damage
}
