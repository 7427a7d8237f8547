/// A component of the platform: the programs it needs, the files that configure it, the services that it runs, and its
/// part of the fleet file. Every requirement that not all components need has a default.
package protocol LabComponent: Sendable {
  /// Its name in `murphy lab specs`.
  var name: String { get }

  /// The programs that it runs, by their Debian package.
  var programs: KeyValuePairs<String, [String]> { get }

  /// Further missing requirements of this machine: a line each, with how to meet it.
  func missing(for lab: Lab) -> [String]

  /// Shell, run in temporary namespaces: prints a line for each kernel feature that is missing. `lacks COMMAND`
  /// succeeds if the command fails.
  var trial: String { get }

  /// Folders, from a host's root, that are on the state folder's file system rather than in the overlay: nothing of
  /// the machine is visible there, and extended attributes work.
  var folders: [String] { get }

  /// Folders of the machine that hosts have read-only, by their place from a host's root.
  func mounts(in lab: Lab) -> [String: String]

  /// File systems that a host mounts over loop devices: the files of ``Lab/disk(_:of:)`` that contain them, by their
  /// place from the host's root. ``prepare(_:_:)`` makes them.
  func disks(on host: LabHost, in lab: Lab) -> [String: String]

  /// Contents by path from the host's root, written before the host's first boot.
  func files(on host: LabHost, in lab: Lab) -> [String: String]

  /// Addresses and names for every host's /etc/hosts.
  func names(in lab: Lab) -> [(address: String, name: String)]

  /// Creates the files that differ between labs (keys, images), before the lab starts.
  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError)

  /// Its services on a host, in start order.
  func services(on host: LabHost, in lab: Lab) -> [LabService]

  /// A service that runs once, on the host that its manager chooses.
  func sharedService(in lab: Lab) -> LabService?

  /// Set-ups that run once, after the lab's first start, while other parts start.
  func setup(in lab: Lab) -> LabSetup?

  /// Adds its keys to the fleet file.
  func add(to fleet: inout LabFleet, in lab: Lab)
}

extension LabComponent {
  package var programs: KeyValuePairs<String, [String]> { [:] }
  package func missing(for lab: Lab) -> [String] { [] }
  package var trial: String { "" }
  package var folders: [String] { [] }
  package func mounts(in lab: Lab) -> [String: String] { [:] }
  package func disks(on host: LabHost, in lab: Lab) -> [String: String] { [:] }
  package func files(on host: LabHost, in lab: Lab) -> [String: String] { [:] }
  package func names(in lab: Lab) -> [(address: String, name: String)] { [] }
  package func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {}
  package func services(on host: LabHost, in lab: Lab) -> [LabService] { [] }
  package func sharedService(in lab: Lab) -> LabService? { nil }
  package func setup(in lab: Lab) -> LabSetup? { nil }
  package func add(to fleet: inout LabFleet, in lab: Lab) {}
}
