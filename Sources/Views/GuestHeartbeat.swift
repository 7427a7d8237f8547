import FoundationEssentials
import Journal
import Scenario

/// A virtual machine's own heartbeat: whether the QEMU guest agent in it answers a ping, through libvirt on the host that
/// runs it.
///
/// It needs no network of the guest, so it shows whether the guest executes at all: libvirt still reports a hung guest as
/// running. See https://www.qemu.org/docs/master/interop/qemu-ga-ref.html#command-QMP-qga.guest-ping.
package struct GuestHeartbeat: ViewKind {
  package let key = "guest"
  package let summary = "a guest's own heartbeat, by its libvirt domain: its guest agent answers a ping"
  package let parameter: ViewParameter? = ViewParameter(
    name: "domain", summary: "its libvirt domain", form: .text, isRequired: true)
  package let form = Belief.Form.verdict
  /// `RunCourse` queries the host that runs the domain.
  package let vantage = Vantage.anyHost

  package init() {}

  package func domain(_ spec: ViewSpec) -> String? { spec.text("domain") }

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    let domain = spec.text("domain") ?? ""
    guard let first = domain.unicodeScalars.first, first != "-",
      domain.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }), domain.utf8.count <= 255
    else { throw ViewRefused("guest: expected the name of a libvirt domain") }
    // The list shows why a ping is not answered: virsh writes its reason to stderr only.
    let virsh = ["virsh", "-q", "-c", "qemu:///system"]
    return .tools([
      virsh + ["list", "--name"],
      virsh + ["qemu-agent-command", domain, "--timeout", "3", #"{"execute":"guest-ping"}"#],
    ])
  }

  /// No answer at all means that no host runs the domain.
  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    let domain = spec.text("domain") ?? ""
    func complaint(_ words: String) -> Belief {
      .verdict(Verdict(words: words, complaints: [.init(name: words, labels: ["domain": domain])]))
    }
    if answers.isEmpty { return complaint("\(domain) runs on no host") }
    guard answers.count == 2 else { return Belief(form, unknown: "\(answers.count) answers instead of 2") }
    if let failure = answers.lazy.compactMap(\.failure).first {
      return Belief(form, unknown: "guest: virsh: \(failure)")
    }
    guard answers[0].exitCode == 0, let code = answers[1].exitCode else {
      return Belief(form, unknown: "guest: libvirt there doesn't list its domains")
    }
    // The domain may have been migrated since the host was chosen.
    guard answers[0].text.split(whereSeparator: \.isNewline).contains(where: { $0 == domain }) else {
      return Belief(form, unknown: "guest: \(domain) no longer runs there")
    }
    if code != 0 { return complaint("\(domain): its guest agent doesn't answer") }
    struct Answer: Decodable { var `return`: [String: String] }
    guard (try? JSONDecoder().decode(Answer.self, from: Data(answers[1].text.utf8))) != nil else {
      return Belief(form, unknown: "guest: not understood: \(answers[1].text.prefix(120))")
    }
    return .verdict(Verdict(words: "\(domain) answers"))
  }
}
