import Glibc

extension Fleet {
  /// The host to which a part of the platform gives this name: a cluster node, a peer or a brick's host of a storage
  /// pool, an ssh jump host. Nil if the fleet has none, or if several match.
  ///
  /// Conditions, quorum, detections, pictures and reports map names only by this function. The first rule that finds
  /// a host decides:
  /// 1. the host's name, one of its aliases, or the host of its ssh destination, compared without case;
  /// 2. the same names up to their first dot, so that `kvm3` and `kvm3.example.org` match; this doesn't apply to
  /// addresses.
  package func host(called name: String) -> Host? {
    let wanted = PlatformName(name)
    func only(_ condition: (PlatformName) -> Bool) -> Host? {
      let found = hosts.filter { $0.platformNames.contains(where: condition) }
      return found.count == 1 ? found.first : nil
    }
    if let host = host(name) ?? only({ $0 == wanted }) { return host }
    guard let label = wanted.label else { return nil }
    return only { $0.label == label }
  }

  /// The virtual machine to which a manager gives this name, if the fleet has it.
  package func vm(called name: String) -> VirtualMachine? {
    vm(name) ?? vms.first { $0.names.contains(name) }
  }
}

extension Fleet.Host {
  /// The host of its ssh destination, without user and port: see ssh(1).
  package var sshHost: String {
    let prefix = "ssh://"
    let isURL = ssh.lowercased().hasPrefix(prefix)
    let destination = isURL ? ssh.dropFirst(prefix.count) : ssh[...]
    let host = destination.split(separator: "@").last ?? destination
    return String(isURL ? host.prefix { $0 != ":" && $0 != "/" } : host)
  }

  /// The user of its ssh destination; nil if the client's configuration decides.
  package var sshUser: String? {
    let prefix = "ssh://"
    let destination = ssh.lowercased().hasPrefix(prefix) ? ssh.dropFirst(prefix.count) : ssh[...]
    // A user name may contain an @, a host name can't.
    return destination.lastIndex(of: "@").map { String(destination[..<$0]) }
  }

  fileprivate var platformNames: [PlatformName] {
    ([name, sshHost] + (aliases ?? [])).map { PlatformName($0) }
  }
}

/// A host's name or address in a comparable form.
private struct PlatformName: Equatable {
  private let text: String
  private let isAddress: Bool

  init(_ name: String) {
    if let address = Self.address(name) {
      (text, isAddress) = (address, true)
    } else {
      let name = name.hasSuffix(".") ? name.dropLast() : name[...]
      (text, isAddress) = (name.lowercased(), false)
    }
  }

  /// The name up to its first dot; nil for an address.
  var label: Substring? { isAddress ? nil : text.prefix { $0 != "." } }

  /// An address as inet_ntop(3) prints it; nil for everything that inet_pton(3) refuses.
  private static func address(_ text: String) -> String? {
    var bytes = in6_addr()
    var written = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    for family in [AF_INET, AF_INET6] where inet_pton(family, text, &bytes) == 1 {
      inet_ntop(family, &bytes, &written, socklen_t(written.count))
      return String(decoding: written.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return nil
  }
}
