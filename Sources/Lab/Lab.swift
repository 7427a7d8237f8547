import Linux
import FoundationEssentials

/// The rehearsal platform: the hosts, networks and components of a ``LabSpec``, on one machine, inside namespaces of
/// their own.
///
/// A lab is one process tree. Its root is PID 1 of a pid namespace, so the end of that one process, at any
/// moment and for any reason, makes the kernel take the rest along: processes, namespaces, links, mounts.
/// Nothing of a lab has a name on the machine; only its state folder remains, which ``down()`` deletes.
package struct Lab: Sendable {
  /// What distinguishes this lab from others on the machine.
  package let name: String
  /// The folder of everything this lab keeps, on a file system that can hold an overlay's upper layer.
  package let state: String

  /// Of what it consists.
  package let spec: LabSpec

  let stateRoot: String
  let cacheRoot: String
  let agent: String
  let append: String

  /// Describes a lab; nothing is started.
  ///
  /// - Parameters:
  ///   - name: 1 to 32 lower-case letters, digits and inner hyphens.
  ///   - spec: nil takes that of the lab of this name, or ``LabSpec/threeHosts`` if there is no such lab.
  ///   - stateRoot: the folder that holds a folder for each lab; absolute.
  ///   - cacheRoot: where the guest's kernel and initramfs are kept between labs; absolute.
  ///   - agent: the `murphy-agent` binary, which each host gets as `/usr/local/bin/murphy-agent`.
  ///   - append: the statically linked append service for the guest; nil takes `GuestAppend` beside the agent.
  /// - Throws: ``LabError/invalidName(_:)``, ``LabError/invalidPath(_:)``, or ``LabError/unknownSpec(_:known:)``, if the
  ///   lab of this name was made by another version.
  package init(
    name: String = "lab", spec: LabSpec? = nil, stateRoot: String = "/var/lib/murphy/labs",
    cacheRoot: String = "/var/cache/murphy",
    agent: String, append: String? = nil
  ) throws(LabError) {
    guard Lab.isValid(name: name) else { throw .invalidName(name) }
    for path in [stateRoot, cacheRoot] where !Lab.isValid(path: path) { throw .invalidPath(path) }
    self.name = name
    self.stateRoot = stateRoot
    self.cacheRoot = cacheRoot
    self.agent = agent
    self.append = append ?? Lab.sibling(of: agent, named: "GuestAppend")
    state = "\(stateRoot)/\(name)"
    if let spec {
      self.spec = spec
    } else if let record = Lab.record(state: state) {
      self.spec = try .named(record.specName)
    } else {
      self.spec = .threeHosts
    }
  }

  /// The fleet file that ``up(progress:)`` writes for this lab.
  package var fleetFile: String { "\(state)/fleet.yaml" }

  /// The client configuration with which `ssh -F` reaches the lab's hosts, from within its network namespace.
  package var sshConfigFile: String { "\(state)/ssh_config" }

  /// The labs under `stateRoot` whose process tree is alive, healthy or not, by name.
  ///
  /// They can be looked at, entered and taken down; `up` on one of them needs an agent, hence a lab made with
  /// ``init(name:stateRoot:cacheRoot:agent:append:)``.
  package static func running(stateRoot: String = "/var/lib/murphy/labs") -> [Lab] {
    // No folder means that there has never been a lab here.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: stateRoot)) ?? []
    return names.sorted().compactMap { name in
      guard let lab = try? Lab(name: name, stateRoot: stateRoot, agent: ""),
        lab.record?.platform.isAlive == true
      else { return nil }
      return lab
    }
  }

  private static func sibling(of path: String, named name: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return name }
    return path[...slash] + name
  }
}
