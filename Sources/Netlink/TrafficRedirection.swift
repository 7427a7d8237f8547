import CNetlink

/// The links to which the tc filters of a link may send frames. Such frames bypass the netfilter hooks of the normal
/// path.
package struct TrafficRedirection: Sendable, Hashable {
  /// The indexes of the links that an action names.
  package var targets: Set<Int32> = []
  /// True if a filter's target can't be read: a BPF program may redirect to any link.
  package var mayBeAnywhere = false

  package var isEmpty: Bool { targets.isEmpty && !mayBeAnywhere }

  /// The filters that process a frame before netfilter does.
  package enum Hook: UInt32, Sendable {
    /// TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) of linux/pkt_sched.h; the qdisc `ingress` accepts it too.
    case ingress = 0xFFFF_FFF2
    /// TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS).
    case egress = 0xFFFF_FFF3
  }
}

extension RouteSocket {
  /// The targets to which the filters of a link redirect or mirror. The link must have a qdisc with filters for the
  /// hook.
  package func redirection(
    of link: Int32, _ hook: TrafficRedirection.Hook
  ) throws(NetlinkError) -> TrafficRedirection {
    var header = tcmsg()
    header.tcm_ifindex = link
    header.tcm_parent = hook.rawValue
    let request = RequestMessage(RTM_GETTFILTER, flags: NLM_F_DUMP, header: header)
    let found = try dump(
      request, type: RTM_NEWTFILTER, Purpose(operation: "list", object: "filters of link #\(link)")
    ) { TrafficRedirection(filter: $0.attributes(after: tcmsg.self)) }
    return found.reduce(into: TrafficRedirection()) { all, one in
      all.targets.formUnion(one.targets)
      all.mayBeAnywhere = all.mayBeAnywhere || one.mayBeAnywhere
    }
  }
}

extension TrafficRedirection {
  /// Reads a filter, or an action in it. Each kind of filter nests its actions elsewhere, so they are searched at any
  /// depth: an action is a sequence of attributes that begins with TCA_ACT_KIND, a name, and TCA_ACT_OPTIONS.
  init(filter attributes: AttributeList, depth: Int = 0) {
    let kind = attributes.first { $0.type == TCA_KIND }?.text
    // Both a filter and an action may be a program.
    if kind == "bpf" { mayBeAnywhere = true }
    if kind == "mirred" {
      // TCA_MIRRED_PARMS: struct tc_mirred of linux/tc_act/tc_mirred.h, its last word the link, or 0 for a block of links.
      let settings = attributes.first { $0.type == TCA_OPTIONS }?.nested.first { $0.type == 2 }?.payload
      if let settings, settings.count >= 28 {
        let link = settings.loadUnaligned(fromByteOffset: 24, as: Int32.self)
        if link > 0 { targets.insert(link) } else { mayBeAnywhere = true }
      } else {
        mayBeAnywhere = true
      }
      return
    }
    guard depth < Self.deepest else { return }
    for attribute in attributes where attribute.payload.count > MemoryLayout<nlattr>.size {
      let inner = TrafficRedirection(filter: attribute.nested, depth: depth + 1)
      targets.formUnion(inner.targets)
      mayBeAnywhere = mayBeAnywhere || inner.mayBeAnywhere
    }
  }

  private static let deepest = 8
}

extension Qdisc {
  /// The hooks whose filters the qdisc holds.
  package var filterHooks: [TrafficRedirection.Hook] {
    switch kind {
    case "ingress": [.ingress]
    case "clsact": [.ingress, .egress]
    default: []
    }
  }
}
