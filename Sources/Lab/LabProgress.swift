/// A piece of the platform that comes up, and answers, on its own.
public enum LabPart: String, Codable, CaseIterable, Sendable {
  /// The guest's kernel and initramfs in the cache; of the lab as a whole.
  case image
  /// The namespaces, root file system and links of a host.
  case host
  /// sshd, asked by a login with the lab's key.
  case ssh
  /// libvirtd on `qemu:///system`.
  case libvirt
  /// glusterd, with every peer connected.
  case gluster
  /// The replica-3 volume, mounted on the host.
  case volume
  /// Corosync, with quorum.
  case corosync
  /// Pacemaker, with the host as a member.
  case pacemaker
  /// The guest `web`, asked over HTTP; of the lab as a whole.
  case web
}

/// A part of the lab has got somewhere.
public struct LabProgress: Sendable, Equatable {
  /// Where a part stands.
  public enum State: Sendable, Equatable {
    /// Under way, or waited for.
    case starting
    /// It was asked, and answered.
    case up
    /// It did not answer in its time; the reason ends with the tail of its log.
    case failed(reason: String)
  }

  /// What has got somewhere.
  public let part: LabPart
  /// Its host, or nil for a part of the lab as a whole.
  public let host: String?
  /// Where it has got to.
  public let state: State
  /// Seconds since the call that reports.
  public let seconds: Double
}
