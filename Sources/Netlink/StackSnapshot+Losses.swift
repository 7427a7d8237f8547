extension StackSnapshot {
  /// The parts of the stack that couldn't be restored, one line each. A cut that would lose them is refused.
  package var losses: [String] {
    routes.filter { isLost($0) && !$0.followsFromAddresses }.compactMap { route in
      route.loss.map { "route \(route.words(naming: name)) would be lost: \($0)" }
    }
      + nextHops.compactMap { object in
        object.loss.map { "nexthop \(object.words(naming: name)) would be lost: \($0)" }
      }
  }
}

extension Route {
  /// Why the kernel would not accept the route back; nil if it would.
  fileprivate var loss: String? {
    if let unknownAttributes {
      let numbers = unknownAttributes.map(String.init).joined(separator: ", ")
      return "it has attributes that this version does not support (\(numbers))"
    }
    return nextHops.lazy.compactMap {
      Netlink.loss(ofEncapsulation: $0.attributes, Attribute.encapsulationType, Attribute.encapsulation)
    }.first
  }
}

extension NextHopObject {
  /// Why the kernel would not accept the object back; nil if it would.
  fileprivate var loss: String? {
    Netlink.loss(ofEncapsulation: attributes, Attribute.encapsulationType, Attribute.encapsulation)
  }
}

/// The part of an encapsulation that can't be read back: the kernel reports the name of a BPF program, but requires a
/// descriptor.
private func loss(ofEncapsulation attributes: [RawAttribute], _ type: Int, _ settings: Int) -> String? {
  let program = "it runs a BPF program, which can't be read back"
  switch attributes.first(where: { $0.type == type })?.payload.integer {
  // LWTUNNEL_ENCAP_BPF of linux/lwtunnel.h.
  case 6: return program
  // LWTUNNEL_ENCAP_SEG6_LOCAL, with SEG6_LOCAL_BPF of linux/seg6_local.h.
  case 7:
    let bytes = attributes.first { $0.type == settings }?.payload.bytes ?? []
    return bytes.withUnsafeBytes { AttributeList(bytes: $0).contains { $0.type == 8 } } ? program : nil
  default: return nil
  }
}
