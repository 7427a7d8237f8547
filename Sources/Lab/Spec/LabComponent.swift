/// A piece of the platform: the programs it needs, the files that configure it, the services that it runs, and what
/// it adds to the fleet file. What a component has no use for has a default.
package protocol LabComponent: Sendable {
  /// Its name in `murphy lab specs`.
  var name: String { get }

  /// The programs that it runs, by the Debian package that has them.
  var programs: KeyValuePairs<String, [String]> { get }

  /// What else this machine lacks for it: a line each, with what to do.
  func missing(for lab: Lab) -> [String]

  /// Shell, run in namespaces that end with it: prints a line for each kernel feature that is missing. `lacks COMMAND`
  /// succeeds if the command fails.
  var trial: String { get }

  /// Folders, from a host's root, that are on the state folder's file system rather than in the overlay: nothing of
  /// the machine shows through, and extended attributes work.
  var folders: [String] { get }

  /// Folders of the machine that hosts see read-only, by their place from a host's root.
  func mounts(in lab: Lab) -> [String: String]

  /// Contents by path from the host's root, written before the host's first boot.
  func files(on host: LabHost, in lab: Lab) -> [String: String]

  /// Addresses and names for every host's /etc/hosts.
  func names(in lab: Lab) -> [(address: String, name: String)]

  /// Makes what isn't the same in every lab (keys, images), before anything is started.
  func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError)

  /// What it runs on a host, in the order of its start.
  func services(on host: LabHost, in lab: Lab) -> [LabService]

  /// What it runs once, on whichever host its manager has chosen.
  func sharedService(in lab: Lab) -> LabService?

  /// What is done once, after the lab's first start, while other parts come up.
  func setup(in lab: Lab) -> LabSetup?

  /// Adds what a controller has to know of it.
  func add(to fleet: inout LabFleet, in lab: Lab)
}

extension LabComponent {
  package var programs: KeyValuePairs<String, [String]> { [:] }
  package func missing(for lab: Lab) -> [String] { [] }
  package var trial: String { "" }
  package var folders: [String] { [] }
  package func mounts(in lab: Lab) -> [String: String] { [:] }
  package func files(on host: LabHost, in lab: Lab) -> [String: String] { [:] }
  package func names(in lab: Lab) -> [(address: String, name: String)] { [] }
  package func prepare(_ lab: Lab, _ reporter: Reporter) async throws(LabError) {}
  package func services(on host: LabHost, in lab: Lab) -> [LabService] { [] }
  package func sharedService(in lab: Lab) -> LabService? { nil }
  package func setup(in lab: Lab) -> LabSetup? { nil }
  package func add(to fleet: inout LabFleet, in lab: Lab) {}
}
