internal import CLibvirt
import FoundationEssentials

/// A change in a domain's lifecycle, as libvirt reported it.
package struct DomainEvent: Hashable, Sendable {
  /// What changed (`virDomainEventType`).
  package enum Kind: Hashable, Sendable {
    /// The domain was defined, or its definition changed.
    case defined
    /// The domain's definition was removed.
    case undefined
    /// The guest was started, or arrived by migration.
    case started
    /// The guest's CPUs were stopped.
    case suspended
    /// The guest's CPUs run again. QEMU's driver also reports this on a start, before ``started``.
    case resumed
    /// The guest ended, for any reason: see ``DomainEvent/detail``.
    case stopped
    /// The guest shut down, or QEMU got the command to end; ``stopped`` follows.
    case shutdown
    /// The guest suspended itself by its power management.
    case pmSuspended
    /// The guest reported a crash.
    case crashed
    /// An event that this binding doesn't have, with libvirt's number.
    case other(Int32)
  }

  package let name: String
  package let uuid: UUID
  package let kind: Kind
  /// The reason, by libvirt's number: `virDomainEvent…DetailType` of ``kind`` in `libvirt/libvirt-domain.h`. For
  /// ``Kind/stopped``: 0 shut down, 1 destroyed, 2 crashed, 3 migrated, 4 saved, 5 failed, 6 from snapshot.
  package let detail: Int32
  /// When this process received it: nanoseconds of this host's `CLOCK_MONOTONIC`.
  ///
  /// libvirt doesn't report when it happened.
  package let monotonicNanoseconds: UInt64
}

extension DomainEvent.Kind {
  init(_ event: Int32) {
    switch UInt32(bitPattern: event) {
    case VIR_DOMAIN_EVENT_DEFINED.rawValue: self = .defined
    case VIR_DOMAIN_EVENT_UNDEFINED.rawValue: self = .undefined
    case VIR_DOMAIN_EVENT_STARTED.rawValue: self = .started
    case VIR_DOMAIN_EVENT_SUSPENDED.rawValue: self = .suspended
    case VIR_DOMAIN_EVENT_RESUMED.rawValue: self = .resumed
    case VIR_DOMAIN_EVENT_STOPPED.rawValue: self = .stopped
    case VIR_DOMAIN_EVENT_SHUTDOWN.rawValue: self = .shutdown
    case VIR_DOMAIN_EVENT_PMSUSPENDED.rawValue: self = .pmSuspended
    case VIR_DOMAIN_EVENT_CRASHED.rawValue: self = .crashed
    default: self = .other(event)
    }
  }
}
