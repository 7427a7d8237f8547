import FoundationEssentials
import ProductTesting

@testable import Lab

/// A lab with a random name in its own folder. It is always stopped and removed.
func withLab(spec: LabSpec? = nil, _ body: (Lab) async throws -> Void) async throws {
  let id = String(UUID().uuidString.prefix(8)).lowercased()
  let root = "/var/tmp/murphy-lab-\(id)"
  let lab = try Lab(
    name: "t-\(id)", spec: spec, stateRoot: root, agent: "/bin/true", append: TestProducts.append)
  let outcome: Result<Void, any Error>
  do {
    outcome = .success(try await body(lab))
  } catch {
    outcome = .failure(error)
  }
  _ = try await lab.down()
  try? FileManager.default.removeItem(atPath: root)
  try outcome.get()
}
