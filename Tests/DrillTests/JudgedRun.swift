import FoundationEssentials
import Linux
import Testing

/// What a test of a drill reads in the run's run.json.
struct JudgedRun: Decodable {
  struct Metrics: Decodable {
    var objectives: [Objective]
    var trials: [Trial]
  }
  struct Trial: Decodable { var failOvers: [Move] }
  struct Move: Decodable, Equatable {
    var vm: String
    var from: String?
    var to: String?
  }
  struct Objective: Decodable {
    var missed: Int
    var undecided: Int
  }
  var metrics: Metrics

  init(in folder: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(try DurableFile.read("\(folder)/run.json")))
  }

  /// No objective was missed, and the exit code is that of the verdict. While other tests use the machine, the prober may miss
  /// more than 1 % of the samples: then the objectives on a probe are undecided, and the exit code is 1.
  func expectNothingMissed(_ code: Int32?, _ comment: Comment? = nil) throws {
    #expect(!metrics.objectives.isEmpty && metrics.objectives.allSatisfy { $0.missed == 0 }, comment)
    #expect(code == (metrics.objectives.allSatisfy { $0.undecided == 0 } ? 0 : 1), comment)
  }
}
