internal import CLibvirt

/// Why a domain is in its state: libvirt's number, with a name if it is known.
package protocol DomainStateReason: RawRepresentable<Int32>, Hashable, Sendable, CustomStringConvertible {
  init(rawValue: Int32)
  /// The names of the known reasons, as `virsh domstate --reason` prints them.
  static var names: [Self: String] { get }
}

extension DomainStateReason {
  /// The reason's name, or its number for reasons of newer libvirt versions.
  package var description: String { Self.names[self] ?? "reason \(rawValue)" }
}

extension DomainState {
  /// Why a guest runs (`virDomainRunningReason`).
  package struct RunningReason: DomainStateReason {
    package let rawValue: Int32

    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainRunningReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt has no reason.
    package static let unknown = Self(VIR_DOMAIN_RUNNING_UNKNOWN)
    /// It was started.
    package static let booted = Self(VIR_DOMAIN_RUNNING_BOOTED)
    /// It came from another host.
    package static let migrated = Self(VIR_DOMAIN_RUNNING_MIGRATED)
    /// It was restored from a file.
    package static let restored = Self(VIR_DOMAIN_RUNNING_RESTORED)
    /// It was restored from a snapshot.
    package static let fromSnapshot = Self(VIR_DOMAIN_RUNNING_FROM_SNAPSHOT)
    /// It was resumed.
    package static let unpaused = Self(VIR_DOMAIN_RUNNING_UNPAUSED)
    /// Its migration was cancelled.
    package static let migrationCanceled = Self(VIR_DOMAIN_RUNNING_MIGRATION_CANCELED)
    /// Saving it failed.
    package static let saveCanceled = Self(VIR_DOMAIN_RUNNING_SAVE_CANCELED)
    /// It woke from suspend.
    package static let wakeup = Self(VIR_DOMAIN_RUNNING_WAKEUP)
    /// It was resumed after a crash.
    package static let crashed = Self(VIR_DOMAIN_RUNNING_CRASHED)
    /// It is arriving by post-copy migration.
    package static let postcopy = Self(VIR_DOMAIN_RUNNING_POSTCOPY)
    /// Its post-copy migration failed.
    package static let postcopyFailed = Self(VIR_DOMAIN_RUNNING_POSTCOPY_FAILED)

    package static let names: [Self: String] = [
      .unknown: "unknown",
      .booted: "booted",
      .migrated: "migrated",
      .restored: "restored",
      .fromSnapshot: "from snapshot",
      .unpaused: "unpaused",
      .migrationCanceled: "migration canceled",
      .saveCanceled: "save canceled",
      .wakeup: "event wakeup",
      .crashed: "crashed",
      .postcopy: "post-copy",
      .postcopyFailed: "post-copy failed",
    ]
  }
}

extension DomainState {
  /// Why a guest is paused (`virDomainPausedReason`).
  package struct PausedReason: DomainStateReason {
    package let rawValue: Int32

    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainPausedReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt has no reason.
    package static let unknown = Self(VIR_DOMAIN_PAUSED_UNKNOWN)
    /// A user suspended it.
    package static let user = Self(VIR_DOMAIN_PAUSED_USER)
    /// It is being migrated.
    package static let migration = Self(VIR_DOMAIN_PAUSED_MIGRATION)
    /// It is being saved.
    package static let save = Self(VIR_DOMAIN_PAUSED_SAVE)
    /// Its memory is being dumped.
    package static let dump = Self(VIR_DOMAIN_PAUSED_DUMP)
    /// A disk failed.
    package static let ioError = Self(VIR_DOMAIN_PAUSED_IOERROR)
    /// Its watchdog fired.
    package static let watchdog = Self(VIR_DOMAIN_PAUSED_WATCHDOG)
    /// It was restored from a snapshot.
    package static let fromSnapshot = Self(VIR_DOMAIN_PAUSED_FROM_SNAPSHOT)
    /// It is shutting down.
    package static let shuttingDown = Self(VIR_DOMAIN_PAUSED_SHUTTING_DOWN)
    /// A snapshot is being made.
    package static let snapshot = Self(VIR_DOMAIN_PAUSED_SNAPSHOT)
    /// It crashed.
    package static let crashed = Self(VIR_DOMAIN_PAUSED_CRASHED)
    /// It is being started.
    package static let startingUp = Self(VIR_DOMAIN_PAUSED_STARTING_UP)
    /// It is being migrated by post-copy.
    package static let postcopy = Self(VIR_DOMAIN_PAUSED_POSTCOPY)
    /// Its post-copy migration failed.
    package static let postcopyFailed = Self(VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)

    package static let names: [Self: String] = [
      .unknown: "unknown",
      .user: "user",
      .migration: "migrating",
      .save: "saving",
      .dump: "dumping",
      .ioError: "I/O error",
      .watchdog: "watchdog",
      .fromSnapshot: "from snapshot",
      .shuttingDown: "shutting down",
      .snapshot: "creating snapshot",
      .crashed: "crashed",
      .startingUp: "starting up",
      .postcopy: "post-copy",
      .postcopyFailed: "post-copy failed",
    ]
  }
}

extension DomainState {
  /// Why a guest is shutting down (`virDomainShutdownReason`).
  package struct ShuttingDownReason: DomainStateReason {
    package let rawValue: Int32

    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainShutdownReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt has no reason.
    package static let unknown = Self(VIR_DOMAIN_SHUTDOWN_UNKNOWN)
    /// A user requested it.
    package static let user = Self(VIR_DOMAIN_SHUTDOWN_USER)

    package static let names: [Self: String] = [
      .unknown: "unknown",
      .user: "user",
    ]
  }
}

extension DomainState {
  /// Why a guest is shut off (`virDomainShutoffReason`).
  package struct ShutOffReason: DomainStateReason {
    package let rawValue: Int32

    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainShutoffReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt has no reason; also if the domain was never started since the daemon's start.
    package static let unknown = Self(VIR_DOMAIN_SHUTOFF_UNKNOWN)
    /// It shut down.
    package static let shutdown = Self(VIR_DOMAIN_SHUTOFF_SHUTDOWN)
    /// It was destroyed.
    package static let destroyed = Self(VIR_DOMAIN_SHUTOFF_DESTROYED)
    /// It, or its hypervisor's process, crashed.
    package static let crashed = Self(VIR_DOMAIN_SHUTOFF_CRASHED)
    /// It migrated to another host.
    package static let migrated = Self(VIR_DOMAIN_SHUTOFF_MIGRATED)
    /// It was saved to a file.
    package static let saved = Self(VIR_DOMAIN_SHUTOFF_SAVED)
    /// Its start failed.
    package static let failed = Self(VIR_DOMAIN_SHUTOFF_FAILED)
    /// It was reverted to a snapshot that was shut off.
    package static let fromSnapshot = Self(VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT)
    /// The daemon killed it while reconnecting to it.
    package static let daemon = Self(VIR_DOMAIN_SHUTOFF_DAEMON)

    package static let names: [Self: String] = [
      .unknown: "unknown",
      .shutdown: "shutdown",
      .destroyed: "destroyed",
      .crashed: "crashed",
      .migrated: "migrated",
      .saved: "saved",
      .failed: "failed",
      .fromSnapshot: "from snapshot",
      .daemon: "daemon",
    ]
  }
}

extension DomainState {
  /// Why a guest crashed (`virDomainCrashedReason`).
  package struct CrashedReason: DomainStateReason {
    package let rawValue: Int32

    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainCrashedReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt has no reason.
    package static let unknown = Self(VIR_DOMAIN_CRASHED_UNKNOWN)
    /// Its kernel panicked.
    package static let panicked = Self(VIR_DOMAIN_CRASHED_PANICKED)

    package static let names: [Self: String] = [
      .unknown: "unknown",
      .panicked: "panicked",
    ]
  }
}
