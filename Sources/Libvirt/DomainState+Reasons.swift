internal import CLibvirt

/// Why a domain is in its state: libvirt's number, with a name where it is known.
public protocol DomainStateReason: RawRepresentable<Int32>, Hashable, Sendable, CustomStringConvertible {
  /// A reason by libvirt's number.
  init(rawValue: Int32)
  /// The names of the known reasons, in libvirt's words (`virsh domstate --reason`).
  static var names: [Self: String] { get }
}

extension DomainStateReason {
  /// The reason's name, or its number where a newer libvirt made it up.
  public var description: String { Self.names[self] ?? "reason \(rawValue)" }
}

extension DomainState {
  /// Why a guest runs (`virDomainRunningReason`).
  public struct RunningReason: DomainStateReason {
    /// libvirt's number.
    public let rawValue: Int32

    /// A reason by libvirt's number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainRunningReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt doesn't know why.
    public static let unknown = Self(VIR_DOMAIN_RUNNING_UNKNOWN)
    /// It was started.
    public static let booted = Self(VIR_DOMAIN_RUNNING_BOOTED)
    /// It came from another host.
    public static let migrated = Self(VIR_DOMAIN_RUNNING_MIGRATED)
    /// It was restored from a file.
    public static let restored = Self(VIR_DOMAIN_RUNNING_RESTORED)
    /// It was restored from a snapshot.
    public static let fromSnapshot = Self(VIR_DOMAIN_RUNNING_FROM_SNAPSHOT)
    /// It was resumed.
    public static let unpaused = Self(VIR_DOMAIN_RUNNING_UNPAUSED)
    /// Its migration was called off.
    public static let migrationCanceled = Self(VIR_DOMAIN_RUNNING_MIGRATION_CANCELED)
    /// Saving it failed.
    public static let saveCanceled = Self(VIR_DOMAIN_RUNNING_SAVE_CANCELED)
    /// It woke from its power management's sleep.
    public static let wakeup = Self(VIR_DOMAIN_RUNNING_WAKEUP)
    /// It was resumed after a crash.
    public static let crashed = Self(VIR_DOMAIN_RUNNING_CRASHED)
    /// It arrives by post-copy migration.
    public static let postcopy = Self(VIR_DOMAIN_RUNNING_POSTCOPY)
    /// Its post-copy migration failed.
    public static let postcopyFailed = Self(VIR_DOMAIN_RUNNING_POSTCOPY_FAILED)

    /// The known reasons' names.
    public static let names: [Self: String] = [
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
  public struct PausedReason: DomainStateReason {
    /// libvirt's number.
    public let rawValue: Int32

    /// A reason by libvirt's number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainPausedReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt doesn't know why.
    public static let unknown = Self(VIR_DOMAIN_PAUSED_UNKNOWN)
    /// Somebody suspended it.
    public static let user = Self(VIR_DOMAIN_PAUSED_USER)
    /// It migrates.
    public static let migration = Self(VIR_DOMAIN_PAUSED_MIGRATION)
    /// It is being saved.
    public static let save = Self(VIR_DOMAIN_PAUSED_SAVE)
    /// Its memory is being dumped.
    public static let dump = Self(VIR_DOMAIN_PAUSED_DUMP)
    /// A disk failed.
    public static let ioError = Self(VIR_DOMAIN_PAUSED_IOERROR)
    /// Its watchdog fired.
    public static let watchdog = Self(VIR_DOMAIN_PAUSED_WATCHDOG)
    /// It was restored from a snapshot.
    public static let fromSnapshot = Self(VIR_DOMAIN_PAUSED_FROM_SNAPSHOT)
    /// It is shutting down.
    public static let shuttingDown = Self(VIR_DOMAIN_PAUSED_SHUTTING_DOWN)
    /// A snapshot is being made.
    public static let snapshot = Self(VIR_DOMAIN_PAUSED_SNAPSHOT)
    /// It crashed.
    public static let crashed = Self(VIR_DOMAIN_PAUSED_CRASHED)
    /// It is being started.
    public static let startingUp = Self(VIR_DOMAIN_PAUSED_STARTING_UP)
    /// It migrates by post-copy.
    public static let postcopy = Self(VIR_DOMAIN_PAUSED_POSTCOPY)
    /// Its post-copy migration failed.
    public static let postcopyFailed = Self(VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)

    /// The known reasons' names.
    public static let names: [Self: String] = [
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
  public struct ShuttingDownReason: DomainStateReason {
    /// libvirt's number.
    public let rawValue: Int32

    /// A reason by libvirt's number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainShutdownReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt doesn't know why.
    public static let unknown = Self(VIR_DOMAIN_SHUTDOWN_UNKNOWN)
    /// Somebody asked for it.
    public static let user = Self(VIR_DOMAIN_SHUTDOWN_USER)

    /// The known reasons' names.
    public static let names: [Self: String] = [
      .unknown: "unknown",
      .user: "user",
    ]
  }
}

extension DomainState {
  /// Why a guest is shut off (`virDomainShutoffReason`).
  public struct ShutOffReason: DomainStateReason {
    /// libvirt's number.
    public let rawValue: Int32

    /// A reason by libvirt's number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainShutoffReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt doesn't know why; also never started since the daemon did.
    public static let unknown = Self(VIR_DOMAIN_SHUTOFF_UNKNOWN)
    /// It shut down.
    public static let shutdown = Self(VIR_DOMAIN_SHUTOFF_SHUTDOWN)
    /// It was destroyed.
    public static let destroyed = Self(VIR_DOMAIN_SHUTOFF_DESTROYED)
    /// It, or its hypervisor's process, crashed.
    public static let crashed = Self(VIR_DOMAIN_SHUTOFF_CRASHED)
    /// It went to another host.
    public static let migrated = Self(VIR_DOMAIN_SHUTOFF_MIGRATED)
    /// It was saved to a file.
    public static let saved = Self(VIR_DOMAIN_SHUTOFF_SAVED)
    /// It didn't start.
    public static let failed = Self(VIR_DOMAIN_SHUTOFF_FAILED)
    /// It was reverted to a snapshot that was shut off.
    public static let fromSnapshot = Self(VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT)
    /// The daemon killed it while reconnecting to it.
    public static let daemon = Self(VIR_DOMAIN_SHUTOFF_DAEMON)

    /// The known reasons' names.
    public static let names: [Self: String] = [
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
  public struct CrashedReason: DomainStateReason {
    /// libvirt's number.
    public let rawValue: Int32

    /// A reason by libvirt's number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ reason: virDomainCrashedReason) {
      rawValue = Int32(reason.rawValue)
    }

    /// libvirt doesn't know why.
    public static let unknown = Self(VIR_DOMAIN_CRASHED_UNKNOWN)
    /// Its kernel panicked.
    public static let panicked = Self(VIR_DOMAIN_CRASHED_PANICKED)

    /// The known reasons' names.
    public static let names: [Self: String] = [
      .unknown: "unknown",
      .panicked: "panicked",
    ]
  }
}
