/// Rules that the kernel asks one after the other at a hook, until one gives a verdict.
///
/// A packet that no rule decides on is accepted, here; chains of other tables may still drop it.
package struct Chain: Sendable, Hashable {
  /// The chain's name.
  package var name: NftablesName
  /// Where packets meet the chain.
  package var hook: Hook
  /// The order among chains at one hook, lowest first. A chain at -500 comes before all of the usual
  /// ones (raw -300, mangle -150, filter 0), and before connection tracking (-200) too.
  package var priority: Int32
  /// The rules in their order.
  package var rules: [Rule]

  /// A chain.
  package init(_ name: NftablesName, at hook: Hook, priority: Int32, rules: [Rule]) {
    self.name = name
    self.hook = hook
    self.priority = priority
    self.rules = rules
  }

  /// Where packets meet a chain.
  package enum Hook: Sendable, Hashable {
    /// All packets that come in, for this host or to be forwarded, in a table of family inet.
    case prerouting
    /// Packets for this host, in a table of family inet.
    case input
    /// Packets that this host sends, in a table of family inet.
    case output
    /// All that comes in by a device, in a table of family netdev.
    case ingress(device: InterfaceName)
    /// All that goes out by a device, in a table of family netdev. Linux 5.16 or later.
    case egress(device: InterfaceName)
  }
}
