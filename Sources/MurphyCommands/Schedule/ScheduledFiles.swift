import Faults
import Files
import Scenario
import Schedule

/// The scenario and the fleet of a schedule, read before an attempt, so that a mistake in them is its reason.
struct ScheduledFiles {
  /// Their names; nil if they can't be read.
  private(set) var scenario: String?
  private(set) var fleet: String?
  /// The first mistake; nil if there is none.
  private(set) var refusal: String?

  init(_ schedule: Schedule) {
    do throws(FileRefused) {
      let fleet = try FleetFile.read(path: schedule.fleet).value
      self.fleet = fleet.name
      scenario = try ScenarioFile.read(
        path: schedule.scenario, fleet: fleet, catalogue: Catalogue.builtIn
      ).value.name
    } catch {
      refusal = error.diagnostics.first { $0.severity == .error }?.description ?? error.description
    }
  }
}
