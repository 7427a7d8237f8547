import FoundationEssentials
import Testing

@testable import Lab

@Suite struct LabStatusTests {
  private func status(phase: LabStatus.Phase = .up, pid: Int32? = 7, answer: String? = "yes") -> LabStatus {
    let part = LabStatus.Part(
      part: .libvirt, running: true, answer: answer, reason: answer == nil ? "no" : nil)
    let web = LabStatus.Part(part: .web, running: true, answer: "boot=x", reason: nil)
    return LabStatus(
      lab: "a", phase: phase, pid: 6, hosts: [.init(name: "falco", pid: pid, parts: [part])],
      parts: [web])
  }

  @Test("A lab is healthy only if every part of every host answers")
  func isHealthyOnlyIfEveryPartOfEveryHostAnswers() {
    #expect(status().isHealthy)
    #expect(!status(phase: .starting).isHealthy)
    #expect(!status(pid: nil).isHealthy)
    #expect(!status(answer: nil).isHealthy)
  }

  @Test("A status is decoded as it was encoded")
  func readsBackWhatItWrites() throws {
    for status in [status(), status(pid: nil), status(answer: nil)] {
      #expect(try JSONDecoder().decode(LabStatus.self, from: JSONEncoder().encode(status)) == status)
    }
  }

  @Test("A lab that never existed is down")
  func aLabThatNeverWasIsDown() async throws {
    let lab = try Lab(name: "none", stateRoot: "/nonexistent", agent: "/bin/true")
    #expect(await lab.status().phase == .down)
    #expect(try await lab.down().isEmpty)
    #expect(Lab.running(stateRoot: "/nonexistent").isEmpty)
  }
}
