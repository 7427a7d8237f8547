/// The result of an observation of a fault's effect.
package enum EffectState: Equatable, Sendable {
  /// It is active, with the evidence.
  case active(evidence: String)
  /// It is not active, with what was found instead.
  case inactive(because: String)

  /// The evidence that it is active; nil if it is not.
  package var evidence: String? {
    if case .active(let evidence) = self { evidence } else { nil }
  }
}

/// Announcements that a fault's effect may have changed. An announcement triggers an observation; it proves nothing.
package enum EffectSignal: Hashable, Sendable {
  /// The kernel's notifications of links, RTNLGRP_LINK in rtnetlink(7).
  case links
  /// The kernel's notifications of changed rules, NFNLGRP_NFTABLES in linux/netfilter/nfnetlink.h.
  case nftables
  /// libvirt's lifecycle events of domains.
  case domains
}
