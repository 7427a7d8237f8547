import FoundationEssentials
import Scenario
import Testing

@testable import Runner

/// The hosts through which ssh reaches others, according to `ssh -G`.
@Suite struct JumpHostsTests {
  private let fleet = Fleet(
    name: "jumps",
    hosts: [
      .init(name: "dauntless", ssh: "root@10.77.2.11", links: [:], aliases: ["kvm1"]),
      .init(name: "excelsior", ssh: "root@excelsior", links: [:]),
      .init(name: "falco", ssh: "ssh://root@falco:2222", links: [:]),
    ])

  private func reachedThrough(_ answers: [String: String]) -> [String: [String]] {
    var hosts = JumpHosts(fleet) { answers[$0] ?? "user root\nhostname \($0)\nport 22\n" }
    return hosts.reachedThrough()
  }

  @Test("Hosts that ssh reaches directly are not listed") func direct() {
    #expect(reachedThrough([:]) == [:])
    #expect(reachedThrough(["root@excelsior": "hostname excelsior\nproxyjump none\n"]) == [:])
  }

  @Test(
    "A jump host is found by any of its names",
    arguments: [
      "dauntless", "root@kvm1", "kvm1:2222", "10.77.2.11", "ssh://root@10.77.2.11:22",
      "dauntless.example.org",
      "gate",
    ])
  func names(_ jump: String) {
    let found = reachedThrough([
      "root@excelsior": "user root\nhostname excelsior\nproxyjump \(jump)\n",
      "gate": "hostname 10.77.2.11\n",
    ])
    #expect(found == ["excelsior": ["dauntless"]])
  }

  @Test("Two aliases of one address are one host") func sameAddress() {
    let found = reachedThrough([
      "root@excelsior": "hostname 192.0.2.2\n", "gate": "hostname 192.0.2.2\n",
      "ssh://root@falco:2222": "hostname falco\nproxyjump gate\n",
    ])
    #expect(found == ["falco": ["excelsior"]])
  }

  @Test("A jump host outside the fleet is not listed") func outside() {
    #expect(reachedThrough(["root@excelsior": "hostname excelsior\nproxyjump bastion.example.org\n"]) == [:])
  }

  @Test("Jump hosts of jump hosts are included, and cycles end") func chains() {
    let answers = [
      "ssh://root@falco:2222": "hostname falco\nproxyjump bastion,excelsior\n",
      "bastion": "hostname bastion\nproxyjump dauntless\n",
      "dauntless": "hostname 10.77.2.11\nproxyjump bastion\n",
    ]
    #expect(reachedThrough(answers) == ["falco": ["dauntless", "excelsior"]])
  }

  @Test("The output of a real ssh is parsed") func realTool() throws {
    try withTemporaryFolder { folder in
      let text = """
        Host excelsior
          HostName 10.77.2.12
          ProxyJump root@kvm1:2222,[fd00::9]:22

        """
      let path = folder + "/config"
      #expect(FileManager.default.createFile(atPath: path, contents: Data(text.utf8)))
      var fleet = fleet
      fleet.sshConfig = path
      let found = try JumpHosts.ask(fleet)
      #expect(found == ["excelsior": ["dauntless"]])
    }
  }
}
