internal import CLibvirt
import Dispatch

extension Domain {
  /// Resets the guest, as the button of a machine does, and waits until QEMU announces the reset. The guest loses what
  /// it has not written to its disks. Its process stays the same.
  ///
  /// - Parameter seconds: how long to wait for the announcement.
  /// - Returns: whether QEMU announced a reset. A guest that reboots by itself in the same moment is not distinguished.
  ///
  /// Source: `virDomainReset` in <https://libvirt.org/html/libvirt-libvirt-domain.html>.
  package func reset(awaiting seconds: Int) throws(LibvirtError) -> Bool {
    let announced = DispatchSemaphore(value: 0)
    let box = Unmanaged.passRetained(announced)
    let registration: CInt
    do throws(LibvirtError) {
      registration = try call("register for the resets of") {
        domain_reboot_register($0, wasReset, box.toOpaque(), releaseSemaphore)
      }
    } catch {
      box.release()
      throw error
    }
    let failure: LibvirtError?
    do throws(LibvirtError) {
      try call("reset") { virDomainReset($0, 0) }
      failure = nil
    } catch {
      failure = error
    }
    let isAnnounced = failure == nil && announced.wait(timeout: .now() + .seconds(seconds)) == .success
    try connection.call("deregister from the resets of a domain of") {
      virConnectDomainEventDeregisterAny($0, registration)
    }
    if let failure { throw failure }
    return isAnnounced
  }

  /// Sends a non-maskable interrupt to the guest's processors. The guest decides what follows.
  ///
  /// Source: `virDomainInjectNMI` in <https://libvirt.org/html/libvirt-libvirt-domain.html>.
  package func injectNMI() throws(LibvirtError) {
    try call("inject an NMI into") { virDomainInjectNMI($0, 0) }
  }

  /// libvirt's acts on what the guest does.
  package func eventActions() throws(LibvirtError) -> DomainEventActions {
    let root = try document()
    return DomainEventActions(
      onReboot: root.child("on_reboot")?.content ?? "restart",
      onCrash: root.child("on_crash")?.content ?? "destroy",
      reportsPanics: root.child("devices")?.child("panic") != nil)
  }
}

/// What libvirt does when a guest reboots or panics.
package struct DomainEventActions: Hashable, Sendable {
  /// `restart`, `destroy` or `preserve`.
  package let onReboot: String
  /// `destroy`, `restart`, `preserve`, `rename-restart`, `coredump-destroy` or `coredump-restart`.
  package let onCrash: String
  /// Whether the guest has a device by which it can report a panic. Without it, libvirt shows a
  /// guest that panicked as running.
  package let reportsPanics: Bool
}

/// libvirt calls this on the event loop's thread.
private func wasReset(_: OpaquePointer?, _: OpaquePointer?, box: UnsafeMutableRawPointer?) {
  guard let box else { return }
  Unmanaged<DispatchSemaphore>.fromOpaque(box).takeUnretainedValue().signal()
}

private func releaseSemaphore(_ box: UnsafeMutableRawPointer?) {
  guard let box else { return }
  Unmanaged<DispatchSemaphore>.fromOpaque(box).release()
}
