import Foundation
import Glibc
import Libvirt
import Linux
import Testing

@Suite(
  .serialized, .timeLimit(.minutes(2)),
  .enabled("needs root, libvirtd, qemu-system-x86_64, virsh and tini") { PrivateLibvirtd.isPossible })
struct RealGuestSerialTests {
  /// The guest needs no disk and no system: the firmware's boot loop is enough.
  static let guest = """
    <domain type='qemu'>
      <name>guest</name>
      <memory unit='MiB'>32</memory>
      <vcpu>1</vcpu>
      <os>
        <type arch='x86_64' machine='pc'>hvm</type>
      </os>
      <devices>
        <controller type='usb' model='none'/>
        <memballoon model='none'/>
      </devices>
    </domain>
    """

  @Test("A guest is started, suspended, resumed and destroyed, and its events arrive")
  func guestLivesFreezesAndEnds() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let connection = try Connection.open(libvirtd.uri)
      #expect(try connection.hostUUID() == PrivateLibvirtd.hostUUID)
      #expect(try connection.hypervisorVersion() > Version(major: 1, minor: 0, release: 0))
      #expect(try connection.isAlive())
      let events = try connection.domainEvents()

      let domain = try connection.createDomain(xml: Self.guest)
      #expect(try domain.state() == .running(.booted))
      #expect(try domain.id() != nil)
      #expect(libvirtd.guests().count == 1)
      #expect(try libvirtd.monitorStatus(of: "guest") == "VM status: running")

      try domain.suspend()
      #expect(try domain.state() == .paused(.user))
      #expect(try libvirtd.monitorStatus(of: "guest").hasPrefix("VM status: paused"))

      try domain.resume()
      #expect(try domain.state() == .running(.unpaused))
      #expect(try libvirtd.monitorStatus(of: "guest") == "VM status: running")

      try domain.destroy()
      let error = try #require(throws: LibvirtError.self) { _ = try connection.domain(named: "guest") }
      #expect(error.code == .noDomain)
      #expect(error.domain == .qemu)
      #expect(try connection.domains().isEmpty)
      try await eventually("QEMU ends") { libvirtd.guests().isEmpty }

      // QEMU may announce its shutdown after SIGTERM, or not.
      let seen = await events.through { $0.kind == .stopped }
      let kinds = seen.map(\.kind).filter { $0 != .shutdown }
      #expect(kinds == [.resumed, .started, .suspended, .resumed, .stopped])
      // 1 means destroyed.
      #expect(seen.last?.detail == 1)
      #expect(seen.allSatisfy { $0.name == "guest" && $0.uuid == domain.uuid })
    }
  }

  @Test("A defined guest whose process was killed is shut off and starts again")
  func definedGuestSurvivesTheDeathOfItsProcess() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let connection = try Connection.open(libvirtd.uri)
      let domain = try connection.defineDomain(xml: Self.guest)
      let events = try connection.domainEvents()
      let notRunning = try #require(throws: LibvirtError.self) { try domain.suspend() }
      #expect(notRunning.code == .operationInvalid)

      try domain.create()
      let running = try #require(throws: LibvirtError.self) { try domain.create() }
      #expect(running.code == .operationInvalid)
      kill(try #require(libvirtd.guests().first), SIGKILL)

      let seen = await events.first(3)
      #expect(seen.map(\.kind) == [.resumed, .started, .stopped])
      // 5 means failed: QEMU ended without a message.
      #expect(seen.last?.detail == 5)
      #expect(try domain.state() == .shutOff(.crashed))

      try domain.create()
      #expect(try domain.state() == .running(.booted))
      try domain.destroy(graceful: true)
      #expect(try domain.state() == .shutOff(.destroyed))
      try domain.undefine()
      #expect(try connection.domains().isEmpty)
    }
  }

  @Test("An interface loses its carrier and gets it back, and nothing else of it changes")
  func carrierOfAnInterface() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let connection = try Connection.open(libvirtd.uri)
      let mac = "52:54:00:00:00:0a"
      let domain = try connection.createDomain(
        xml: Self.guest.replacing(
          "<devices>",
          with: """
            <devices><interface type='user'><mac address='\(mac)'/><model type='virtio'/><rom enabled='no'/>
            </interface>
            """))
      let before = try domain.xmlDescription()
      #expect(try domain.interfaces().map(\.mac) == [mac])
      #expect(try domain.interfaces().map(\.link) == [nil])
      for link in [DomainInterface.Link.down, .down, .up] {
        try domain.setLink(link, of: mac)
        #expect(try domain.interfaces().map(\.link) == [link])
        #expect(try domain.interfaces().map(\.hasCarrier) == [link == .up])
      }
      try domain.setLink(.down, of: mac)
      try domain.setLink(nil, of: mac)
      #expect(try domain.xmlDescription() == before)
      try domain.setLink(.down, of: "52:54:00:00:00:0b")
      #expect(try domain.xmlDescription() == before, "another address changes nothing")
      try domain.destroy()
    }
  }

  @Test("A limit of all operations replaces separate limits, and QEMU has what was set")
  func limitsOfADisk() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let connection = try Connection.open(libvirtd.uri)
      let domain = try connection.createDomain(
        xml: Self.guest.replacing(
          "<devices>",
          with: """
            <devices><disk type='file' device='cdrom'><source file='/usr/share/seabios/bios-256k.bin'/>
            <target dev='hda' bus='ide'/><readonly/><iotune><read_iops_sec>500</read_iops_sec>
            <write_bytes_sec>1000</write_bytes_sec><write_bytes_sec_max>2000</write_bytes_sec_max></iotune></disk>
            <disk type='file' device='cdrom'><target dev='hdb' bus='ide'/><readonly/></disk>
            """))
      #expect(try domain.disks().map(\.target) == ["hda", "hdb"])
      #expect(try domain.disks().map(\.hasMedium) == [true, false])
      let before = try domain.limits(ofDisk: "hda")
      #expect(before.values["read_iops_sec"] == 500 && before.total(of: "iops") == 0)
      var during = before
      during.limit("iops", to: 10)
      #expect(during.values["read_iops_sec"] == 0 && during.values["write_bytes_sec"] == 1000)
      during.limit("bytes", to: 4096)
      for limits in [during, during, before] {
        try domain.setLimits(limits, ofDisk: "hda")
        let seen = try domain.limits(ofDisk: "hda")
        for resource in ["iops", "bytes"] { #expect(seen.total(of: resource) == limits.total(of: resource)) }
      }
      #expect(try domain.limits(ofDisk: "hda") == before)
      try domain.destroy()
    }
  }

  @Test("A reset is announced, and puts the processor at its first instruction; an NMI is accepted")
  func resetAndInterrupt() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let connection = try Connection.open(libvirtd.uri)
      let domain = try connection.createDomain(xml: Self.guest)
      let actions = try domain.eventActions()
      #expect(actions.onReboot == "restart" && actions.onCrash == "destroy" && !actions.reportsPanics)
      try domain.injectNMI()
      #expect(try domain.reset(awaiting: 30))
      #expect(try domain.state() == .running(.booted))
      // A suspended processor stays where the reset puts it.
      try domain.suspend()
      #expect(try domain.reset(awaiting: 30))
      let registers = try ChildProcess.run([
        "virsh", "-c", libvirtd.uri, "qemu-monitor-command", "guest", "--hmp", "info registers",
      ]).success()
      #expect(registers.contains("EIP=0000fff0"), "\(registers.prefix(200))")
      try domain.destroy()
      #expect(throws: LibvirtError.self) { try domain.reset(awaiting: 1) }
      #expect(throws: LibvirtError.self) { try domain.injectNMI() }
    }
  }

  @Test("A guest whose QEMU is stopped counts as running, and can be destroyed")
  func hungGuestCountsAsRunningAndEnds() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let connection = try Connection.open(libvirtd.uri)
      let domain = try connection.createDomain(xml: Self.guest)
      kill(try #require(libvirtd.guests().first), SIGSTOP)
      #expect(try domain.state() == .running(.booted))
      #expect(try domain.isActive())
      try domain.destroy()
      #expect(libvirtd.guests().isEmpty)
    }
  }

  @Test("A read-only connection refuses changes")
  func readOnlyConnectionsRefuseChanges() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let guest = try Connection.open(libvirtd.uri).createDomain(xml: Self.guest)
      let domain = try Connection.open(libvirtd.uri, access: .readOnly).domain(uuid: guest.uuid)
      #expect(try domain.state() == .running(.booted))
      let error = try #require(throws: LibvirtError.self) { try domain.suspend() }
      #expect(error.code == .operationDenied)
      #expect(try domain.state() == .running(.booted))
    }
  }

  @Test("An event stream ends when the daemon dies")
  func streamsEndWhenTheDaemonDies() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let connection = try Connection.open(libvirtd.uri)
      let domain = try connection.defineDomain(xml: Self.guest)
      let events = try connection.domainEvents()
      kill(try libvirtd.daemon(), SIGKILL)
      #expect(await events.first(1).isEmpty)
      #expect(try !connection.isAlive())
      #expect(throws: LibvirtError.self) { try domain.create() }
    }
  }

  @Test("Keepalive ends a call to a daemon that is stopped")
  func keepAliveFreesCallsFromAHungDaemon() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      let connection = try Connection.open(
        libvirtd.uri, keepAlive: Connection.KeepAlive(interval: 1, count: 1))
      let events = try connection.domainEvents()
      let daemon = try libvirtd.daemon()
      kill(daemon, SIGSTOP)
      // If keepalive fails to end the call, the daemon resumes, and the call succeeds.
      let rescue = DispatchWorkItem { kill(daemon, SIGCONT) }
      DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(60), execute: rescue)
      #expect(throws: LibvirtError.self) { try connection.domains() }
      rescue.cancel()
      #expect(await events.first(1).isEmpty)
      #expect(try !connection.isAlive())
      kill(daemon, SIGCONT)
      #expect(try Connection.open(libvirtd.uri).domains().isEmpty)
    }
  }

  /// The last reference to the connection is then released inside libvirt's own callback.
  @Test("A lost connection is closed even if libvirt's callback releases the last reference")
  func lostConnectionsCloseWithoutAReference() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      weak var observed: Connection?
      let events: AsyncStream<DomainEvent>
      do {
        let connection = try Connection.open(libvirtd.uri)
        observed = connection
        events = try connection.domainEvents()
      }
      #expect(observed != nil)
      kill(try libvirtd.daemon(), SIGKILL)
      #expect(await events.first(1).isEmpty)
      try await eventually("the connection closes") { observed == nil }
      // The event loop still runs.
      let other = try TestHost().connect()
      let others = try other.domainEvents()
      try other.domain(named: "web").suspend()
      #expect(await others.first(1).map(\.kind) == [.suspended])
    }
  }

  @Test("A connection that is released is closed at the daemon")
  func closedConnectionsLeaveTheDaemon() async throws {
    try await PrivateLibvirtd.run { libvirtd in
      try await eventually("the fixture's connection is closed") { try libvirtd.clients() == 0 }
      do {
        let connection = try Connection.open(libvirtd.uri)
        let events = try connection.domainEvents()
        let domain = try connection.defineDomain(xml: Self.guest)
        #expect(await events.first(1).map(\.kind) == [.defined])
        try domain.undefine()
        #expect(try libvirtd.clients() == 1)
      }
      try await eventually("the connection is closed") { try libvirtd.clients() == 0 }
    }
  }
}
