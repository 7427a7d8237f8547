import Nftables
import Scenario

/// The kernel's own deadline for what hangs on a set element: it lifts the fault if all of Murphy is gone.
package enum KernelTimeout {
  /// How long after the lease the kernel acts, so that where the agent lives, the agent does, and says so.
  package static let grace = Nanoseconds.seconds(1)

  static func after(_ lifetime: Nanoseconds) -> Duration { .nanoseconds((lifetime + grace).count) }
}
