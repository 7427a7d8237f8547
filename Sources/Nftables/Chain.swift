/// Rules that the kernel evaluates in order at a hook, until one gives a verdict.
///
/// This chain accepts a packet that no rule decides on; chains of other tables may still drop it.
package struct Chain: Sendable, Hashable {
  package var name: NftablesName
  package var hook: Hook
  /// The order among chains at one hook, lowest first. A chain at -500 precedes all of the usual ones (raw -300, mangle
  /// -150, filter 0) and connection tracking (-200).
  package var priority: Int32
  package var rules: [Rule]

  package init(_ name: NftablesName, at hook: Hook, priority: Int32, rules: [Rule]) {
    self.name = name
    self.hook = hook
    self.priority = priority
    self.rules = rules
  }

  /// The hook at which a chain sees packets.
  package enum Hook: Sendable, Hashable {
    /// All packets that arrive, for this host or to be forwarded, in a table of family inet.
    case prerouting
    /// Packets for this host, in a table of family inet.
    case input
    /// Packets that this host sends, in a table of family inet.
    case output
    /// All packets that arrive on a device, in a table of family netdev.
    case ingress(device: InterfaceName)
    /// All packets that leave through a device, in a table of family netdev. Linux 5.16 or later.
    case egress(device: InterfaceName)
  }
}
