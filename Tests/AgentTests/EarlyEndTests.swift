import Faults
import HostTesting
import Scenario
import Testing

/// What another program can end must have a test in which another program ends it. The place of the test follows from what
/// torture needs for observing the fault. `Tests/lists.pl` also names a fault without any such test.
struct EarlyEndTests {
  @Test(
    "Every fault that lasts is ended by another program in a test of the agent",
    arguments: Catalogue.builtIn.cases.filter { tried in
      // Only their contract tests can end the others.
      !tried.isInstant && tried.needs != .host && tried.needs != .itsTests
    })
  func isEnded(tried: FaultCase) {
    let name = tried.fault.name
    let isEnded =
      switch tried.needs {
      case .namespace:
        EarlyEndSerialTests.hands.contains {
          $0.held.fault == name && $0.held.observed == tried.variant.observed
        }
      case .process: EarlyEndSerialTests.endedOnProcess.contains(name)
      case .domain where name == "vm.freeze":
        GuestFreezeSerialTests.hands.contains { $0.mode == tried.words["mode"] }
      case .domain: GuestFaultSerialTests.ended.contains(name)
      case .bmc: HostPowerSerialTests.ended.union(BMCLockoutSerialTests.ended).contains(name)
      case .host, .itsTests: false
      }
    #expect(isEnded, "add an act that ends \(tried) to the tests of the agent")
  }
}
