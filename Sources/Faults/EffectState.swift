/// What a look at a fault's effect shows.
package enum EffectState: Equatable, Sendable {
  /// It is active: what shows that.
  case active(evidence: String)
  /// It is not active: what is there instead.
  case inactive(because: String)

  /// What shows that it is active; nil where it is not.
  package var evidence: String? {
    if case .active(let evidence) = self { evidence } else { nil }
  }
}

/// What announces that a fault's effect may have changed. An announcement is a reason to look, never a finding.
package enum EffectSignal: Hashable, Sendable {
  /// The kernel's notifications of links, RTNLGRP_LINK in rtnetlink(7).
  case links
  /// The kernel's notifications of changed rules, NFNLGRP_NFTABLES in linux/netfilter/nfnetlink.h.
  case nftables
  /// libvirt's lifecycle events of domains.
  case domains
}
