import Linux
import FoundationEssentials

/// The rehearsal platform: the hosts, networks and components of a ``LabSpec``, on one machine, in namespaces.
///
/// A lab is one process tree. Its root is PID 1 of a pid namespace. When that process ends, at any moment and for any
/// reason, the kernel ends the rest: processes, namespaces, links, mounts. The only thing that stays on the machine
/// is its state folder, which ``down()`` deletes.
package struct Lab: Sendable {
  /// Identifies this lab on the machine.
  package let name: String
  /// The folder with all files of this lab, on a file system that supports an overlay's upper layer.
  package let state: String

  package let spec: LabSpec

  let stateRoot: String
  let cacheRoot: String
  let agent: String
  let append: String

  /// Describes a lab; starts nothing.
  ///
  /// - Parameters:
  ///   - name: 1 to 32 lower-case letters, digits and inner hyphens.
  ///   - spec: nil means the spec of the existing lab of this name, or ``LabSpec/threeHosts`` if there is none.
  ///   - stateRoot: the folder that contains a folder for each lab; absolute.
  ///   - cacheRoot: where the guest's kernel and initramfs are kept between labs; absolute.
  ///   - agent: the `murphy-agent` binary, which each host gets as `/usr/local/bin/murphy-agent`.
  ///   - append: the statically linked append service for the guest; nil means `GuestAppend` beside the agent.
  /// - Throws: ``LabError/invalidName(_:)``, ``LabError/invalidPath(_:)``, or ``LabError/unknownSpec(_:known:)`` if
  ///   another version made the lab of this name.
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
    let record = spec == nil ? Lab.record(state: state) : nil
    if let spec {
      self.spec = spec
    } else if let options = record?.options {
      self.spec = LabSpec(options)
    } else if let record {
      self.spec = try .named(record.specName)
    } else {
      self.spec = .threeHosts
    }
  }

  /// The fleet file that ``up(progress:)`` writes for this lab.
  package var fleetFile: String { "\(state)/fleet.yaml" }

  /// The OpenSSH client configuration for the lab's hosts, used with `ssh -F` in the lab's network namespace.
  package var sshConfigFile: String { "\(state)/ssh_config" }

  /// The labs under `stateRoot` whose process tree is alive, healthy or not, by name.
  ///
  /// They can be queried, entered and taken down. `up` needs an agent, so it needs a lab made with
  /// ``init(name:stateRoot:cacheRoot:agent:append:)``.
  package static func running(stateRoot: String = "/var/lib/murphy/labs") -> [Lab] {
    // No folder means that no lab was ever made here.
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
