import CNetlink
import Glibc

/// What netem does to the packets that a link sends; see tc-netem(8). Shares are in millionths.
package struct NetworkEmulation: Codable, Hashable, Sendable {
  package var delayMicroseconds: Int32 = 0
  package var jitterMicroseconds: Int32 = 0
  package var loss: Int = 0
  package var duplication: Int = 0
  package var reordering: Int = 0
  package var corruption: Int = 0

  package init() {}
}

extension Qdisc {
  /// A token bucket filter, which sends at most so many bytes per second; see tc-tbf(8).
  ///
  /// - Parameters:
  ///   - burst: how many bytes may be sent at once after a pause. A longer packet is dropped.
  ///   - queueMicroseconds: how long a packet may wait before it is dropped.
  package static func tokenBucket(
    bytesPerSecond: Int32, burst: Int32, queueMicroseconds: Int32, handle: TrafficControlHandle,
    parent: TrafficControlHandle = .root
  ) throws(NetlinkError) -> Qdisc {
    try built("tbf", handle, parent) { qdisc in
      rtnl_qdisc_tbf_set_rate(qdisc, bytesPerSecond, burst, 0)
      return rtnl_qdisc_tbf_set_limit_by_latency(qdisc, queueMicroseconds)
    }
  }

  /// A network emulator; see tc-netem(8).
  package static func emulator(
    _ emulation: NetworkEmulation, handle: TrafficControlHandle, parent: TrafficControlHandle = .root
  ) throws(NetlinkError) -> Qdisc {
    try built("netem", handle, parent) { qdisc in
      // Enough packets for a delay of 100 ms at 1 Gbit/s.
      rtnl_netem_set_limit(qdisc, 10_000)
      rtnl_netem_set_delay(qdisc, emulation.delayMicroseconds)
      rtnl_netem_set_jitter(qdisc, emulation.jitterMicroseconds)
      rtnl_netem_set_loss(qdisc, probability(emulation.loss))
      rtnl_netem_set_duplicate(qdisc, probability(emulation.duplication))
      // libnl refuses a reordering without a delay, even of nothing.
      if emulation.reordering > 0 {
        rtnl_netem_set_reorder_probability(qdisc, probability(emulation.reordering))
      }
      if emulation.corruption > 0 {
        rtnl_netem_set_corruption_probability(qdisc, probability(emulation.corruption))
      }
      return 0
    }
  }

  /// libnl takes the kernel's fraction of 2^32 as a signed number.
  private static func probability(_ millionths: Int) -> Int32 {
    Int32(truncatingIfNeeded: min(millionths, 1_000_000) * Int(UInt32.max) / 1_000_000)
  }

  /// Reads the options from libnl's request, since this module sends its requests itself.
  private static func built(
    _ kind: String, _ handle: TrafficControlHandle, _ parent: TrafficControlHandle,
    _ set: (OpaquePointer) -> Int32
  ) throws(NetlinkError) -> Qdisc {
    // Any index: the request isn't sent.
    let link: Int32 = 1
    guard let qdisc = rtnl_qdisc_alloc() else { throw failure(kind, handle, ENOMEM) }
    defer { rtnl_qdisc_put(qdisc) }
    rtnl_tc_set_ifindex(qdisc, link)
    rtnl_tc_set_handle(qdisc, handle.rawValue)
    rtnl_tc_set_parent(qdisc, parent.rawValue)
    guard rtnl_tc_set_kind(qdisc, kind) == 0 else { throw failure(kind, handle, EOPNOTSUPP) }
    var message: OpaquePointer?
    guard set(qdisc) == 0, rtnl_qdisc_build_add_request(qdisc, NLM_F_CREATE, &message) == 0, let message,
      let header = nlmsg_hdr(message)
    else { throw failure(kind, handle, EINVAL) }
    defer { nlmsg_free(message) }
    let payload = UnsafeRawBufferPointer(start: nlmsg_data(header), count: Int(nlmsg_datalen(header)))
    guard let made = Qdisc(payload: payload, link: link) else { throw failure(kind, handle, EBADMSG) }
    return made
  }

  private static func failure(_ kind: String, _ handle: TrafficControlHandle, _ code: Int32) -> NetlinkError {
    NetlinkError(operation: "build", object: "qdisc \(kind) \(handle)", code: code)
  }

  /// The settings of a tbf or netem that the kernel lists exactly as they were requested; empty for another kind.
  package var settings: [UInt32] {
    guard let bytes = options?.bytes else { return [] }
    return bytes.withUnsafeBytes { bytes in
      switch kind {
      case "tbf":
        // struct tc_tbf_qopt in TCA_TBF_PARMS: the rate is the third word, the limit the seventh.
        let parameters = AttributeList(bytes: bytes).first { $0.type == 1 }?.payload
        return [8, 24].map { parameters?.word(at: $0) ?? 0 }
      case "netem":
        // struct tc_netem_qopt: latency, limit, loss, gap, duplicate, jitter; then attributes.
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(24))
        let attributes = [3, 4].map { type in AttributeList(bytes: rest).first { $0.type == type }?.payload }
        return [0, 8, 16, 20].map { bytes.word(at: $0) } + attributes.map { $0?.word(at: 0) ?? 0 }
      default: return []
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// 0 beyond the end.
  fileprivate func word(at offset: Int) -> UInt32 {
    offset + 4 <= count ? loadUnaligned(fromByteOffset: offset, as: UInt32.self) : 0
  }
}
