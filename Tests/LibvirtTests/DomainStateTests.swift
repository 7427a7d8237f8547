import Testing

@testable import Libvirt

@Suite struct DomainStateTests {
  // libvirt's numbers, from libvirt-domain.h: they are its ABI.
  @Test(
    "Libvirt's numbers for states and reasons are translated",
    arguments: [
      (0, 0, DomainState.noState, "no state"),
      (1, 1, .running(.booted), "running (booted)"),
      (1, 5, .running(.unpaused), "running (unpaused)"),
      (2, 0, .blocked, "blocked"),
      (3, 1, .paused(.user), "paused (user)"),
      (3, 5, .paused(.ioError), "paused (I/O error)"),
      (4, 1, .shuttingDown(.user), "in shutdown (user)"),
      (5, 2, .shutOff(.destroyed), "shut off (destroyed)"),
      (5, 3, .shutOff(.crashed), "shut off (crashed)"),
      (6, 1, .crashed(.panicked), "crashed (panicked)"),
      (7, 0, .pmSuspended, "pmsuspended"),
    ] as [(Int32, Int32, DomainState, String)])
  func readsLibvirtsNumbers(state: Int32, reason: Int32, expected: DomainState, text: String) {
    #expect(DomainState(state: state, reason: reason) == expected)
    #expect("\(expected)" == text)
  }

  @Test("An unknown state or reason keeps its number")
  func keepsNumbersThatItDoesNotKnow() {
    #expect(DomainState(state: 42, reason: 7) == .other(state: 42, reason: 7))
    #expect("\(DomainState(state: 42, reason: 7))" == "state 42 (reason 7)")
    guard case .paused(let reason) = DomainState(state: 3, reason: 99) else {
      Issue.record("an unknown reason changed the state")
      return
    }
    #expect(reason.rawValue == 99)
    #expect("\(reason)" == "reason 99")
  }

  @Test("Libvirt's numbers for events are translated")
  func readsEventNumbers() {
    let kinds = (Int32(0)...8).map(DomainEvent.Kind.init)
    #expect(
      kinds == [
        .defined, .undefined, .started, .suspended, .resumed, .stopped, .shutdown, .pmSuspended, .crashed,
      ])
    #expect(DomainEvent.Kind(99) == .other(99))
  }
}
