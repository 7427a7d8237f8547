/// How much longer a candidate's value may be and still count as no regression: a share of the base value, and at
/// least an absolute amount.
package struct Margin: Equatable, Sendable {
  /// A share of the base value: 0.1 for 10 %.
  package var relative: Double
  /// In the unit of the values.
  package var absolute: Double

  package init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// The greatest value that is no regression against `value`.
  func above(_ value: Double) -> Double {
    value == .infinity ? .infinity : value + max(relative * value, absolute)
  }

  /// The least value that is no improvement on `value`.
  func below(_ value: Double) -> Double {
    value == .infinity ? .infinity : max(value - max(relative * value, absolute), 0)
  }
}
