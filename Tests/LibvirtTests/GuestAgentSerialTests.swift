import Foundation
import Journal
import Libvirt
import Linux
import Scenario
import Testing
import ToolTesting
import Views

private let guestAgent = "/usr/sbin/qemu-ga"

/// The view `guest` with a real guest, whose initramfs runs Debian's qemu-ga.
@Suite(
  .serialized, .timeLimit(.minutes(5)),
  .enabled("needs root, libvirtd, QEMU, virsh, tini, qemu-guest-agent, and the programs of the guest's image")
  {
    PrivateLibvirtd.isPossible
      && TestTools.have([guestAgent, "/usr/bin/zstd", "/usr/bin/cpio", "/usr/bin/busybox"])
  })
struct GuestAgentSerialTests {
  private static let view = ViewSpec("guest", ["domain": .string("beating")])

  private static func xml(in folder: String) -> String {
    """
    <domain type='qemu'>
      <name>beating</name>
      <memory unit='MiB'>512</memory>
      <vcpu>1</vcpu>
      <os>
        <type arch='x86_64' machine='pc'>hvm</type>
        <kernel>\(folder)/vmlinuz</kernel>
        <initrd>\(folder)/initrd</initrd>
        <cmdline>console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on murphy.guest-agent</cmdline>
      </os>
      <cpu mode='custom'><model>Nehalem</model></cpu>
      <devices>
        <controller type='usb' model='none'/>
        <memballoon model='none'/>
        <serial type='file'><source path='\(folder)/console'/></serial>
        <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
      </devices>
    </domain>
    """
  }

  /// The belief, from the view's own commands at this libvirtd.
  private static func ask(_ libvirtd: PrivateLibvirtd) throws -> Verdict {
    guard case .tools(let commands) = try view.question() else {
      throw NeverHappened(description: "no tools")
    }
    let answers = commands.map { command in
      ViewAnswer(
        running: command.map { $0 == "qemu:///system" ? libvirtd.uri : $0 }, within: .seconds(8),
        outputLimit: 1 << 16)
    }
    guard case .verdict(let verdict) = try #require(view.belief(answers)) else {
      throw NeverHappened(description: "no verdict")
    }
    return verdict
  }

  @Test("A guest's heartbeat is there while its agent runs, and missing while it is suspended or hung")
  func heartbeat() async throws {
    let image = "\(#filePath)/../../GuestTests/Image/build.sh"
    let cache = "\(#filePath)/../../../.build/guest"
    try await PrivateLibvirtd.run { libvirtd in
      let built = try ChildProcess.run(
        [image, cache, guestAgent, libvirtd.shared].map { URL(filePath: $0).standardized.path },
        within: .seconds(300))
      if built.end.code == 4 { try Test.cancel("\(built.errorText)") }
      try #require(built.end.isSuccess, "\(built.outputText)\(built.errorText)")
      let connection = try Connection.open(libvirtd.uri)
      let domain = try connection.createDomain(xml: Self.xml(in: libvirtd.shared))
      // The agent isn't connected before the guest has booted.
      #expect(try Self.ask(libvirtd).complaints.map(\.labels) == [["domain": "beating"]])
      try await eventually("the guest's agent answers") { try Self.ask(libvirtd).isWell }
      #expect(try Self.ask(libvirtd).words == "beating answers")
      try domain.suspend()
      #expect(try Self.ask(libvirtd).complaints.map(\.name) == ["beating: its guest agent doesn't answer"])
      try domain.resume()
      try await eventually("the agent answers again") { try Self.ask(libvirtd).isWell }
      try domain.destroy()
      #expect(try Self.ask(libvirtd).unknown != nil)
    }
  }
}
