import Foundation
import Libvirt

/// A host of libvirt's test driver. It has its own file, so that no other connection shares it.
struct TestHost: ~Copyable {
  private let file: URL

  /// A host with one running domain of this name and UUID.
  init(domain name: String = "web", uuid: UUID = UUID()) throws {
    file = FileManager.default.temporaryDirectory.appending(path: "libvirt-test-host-\(UUID()).xml")
    let xml = "<node>\n\(TestHost.xml(domain: name, uuid: uuid))\n</node>\n"
    try Data(xml.utf8).write(to: file)
  }

  deinit {
    try? FileManager.default.removeItem(at: file)
  }

  var uri: String { "test://\(file.path)" }

  func connect(_ access: Connection.Access = .readWrite) throws -> Connection {
    try Connection.open(uri, access: access)
  }

  static func xml(domain name: String, uuid: UUID = UUID()) -> String {
    """
    <domain type='test'>
      <name>\(name)</name>
      <uuid>\(uuid)</uuid>
      <memory unit='MiB'>32</memory>
      <vcpu>2</vcpu>
      <os><type>hvm</type></os>
    </domain>
    """
  }
}
