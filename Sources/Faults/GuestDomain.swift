import FoundationEssentials
import Glibc
import Libvirt
import Linux
import Scenario

extension Step {
  /// The libvirt domain of the virtual machine that is the step's target.
  func domain(in fleet: Fleet) throws(StepRefused) -> String {
    guard case .vm(let name) = target, let vm = fleet.vm(name) else {
      throw StepRefused(self, "the target is not a virtual machine of the fleet file")
    }
    return vm.domain
  }
}

extension Instruments {
  /// A domain that runs on the host.
  ///
  /// - Throws: `DomainNotRunning`, or libvirt's error if there is no such domain.
  func runningDomain(_ name: String) throws -> Domain {
    let found = try hypervisor().domain(named: name)
    let state = try found.state()
    guard case .running = state else { throw DomainNotRunning(name: name, state: "\(state)") }
    return found
  }

  /// What the host lacks for a fault of this domain, a line each: a libvirt that is new enough and runs the domain, and
  /// what the body requires of the domain.
  func missing(for domain: String, _ body: (Domain) throws -> [String]) -> [String] {
    do {
      let old = HostRequirements.libvirt(try hypervisor().libvirtVersion())
      return try old + body(try runningDomain(domain))
    } catch let error as DomainNotRunning {
      return ["\(error)"]
    } catch {
      return ["domain \(domain): \(error)"]
    }
  }

  /// Queries or changes a domain; nil if it isn't on this host, or disappears before the answer.
  func whileHere<Value>(
    _ domain: UUID, _ body: (Domain) throws(LibvirtError) -> Value
  ) throws(LibvirtError) -> Value? {
    do {
      return try body(try hypervisor().domain(uuid: domain))
    } catch  where error.code == .noDomain {
      return nil
    }
  }
}

extension ProcessIdentity {
  /// The process of a domain, which libvirt's QEMU driver records in its state folder.
  init(ofDomain domain: String) throws {
    let file = "/run/libvirt/qemu/\(domain).pid"
    let text = String(decoding: try DurableFile.read(file), as: UTF8.self)
    guard let pid = Int32(text.prefix { $0.isNumber }) else { throw SystemError("read", file, errno: EPROTO) }
    try self.init(pid: pid)
  }
}

/// A fault can't hit a domain, because it doesn't run here.
package struct DomainNotRunning: Error, Equatable, Sendable, CustomStringConvertible {
  package var name: String
  /// Its state.
  package var state: String

  /// `domain web is shut off, not running: …`.
  package var description: String {
    "domain \(name) is \(state), not running: start it, or choose another target"
  }
}
