@testable import Evidence
import FoundationEssentials
import Linux
import Testing

struct VerificationTests {
  private let statement = Manifest.Statement(role: .accepted, name: "Jane Doe", at: "2026-11-27T12:00:00Z")

  private func note(_ text: String) -> ReviewEntry {
    ReviewEntry(at: "2026-11-27T11:00:00Z", by: "jane", content: .note(text: text, moment: nil))
  }

  @Test("An unchanged folder is whole; without a manifest nothing is recorded")
  func whole() throws {
    try withRunFolder { run in
      #expect(try run.folder.verify() == Verification(recorded: nil, reviewFault: nil, signed: []))
      try run.folder.recordManifest()
      let verification = try run.folder.verify()
      #expect(verification.recorded?.map(\.state) == [.same, .same])
      #expect(verification.isWhole)
    }
  }

  @Test("A recorded file that was changed or removed is named", arguments: ["events.jsonl", "samples.bin"])
  func changed(_ name: String) throws {
    try withRunFolder { run in
      try run.folder.recordManifest()
      try run.write("{\"at\":1}\n", to: name)
      let changed = try run.folder.verify()
      #expect(!changed.isWhole)
      #expect(changed.recorded?.filter { $0.state != .same } == [.init(name: name, state: .changed)])
      try FileManager.default.removeItem(atPath: "\(run.path)/\(name)")
      #expect(
        try run.folder.verify().recorded?.filter { $0.state != .same } == [.init(name: name, state: .missing)]
      )
    }
  }

  @Test("A signature covers every file, with whose it is, and allows later notes and signatures")
  func signed() throws {
    try withRunFolder { run in
      let key = try run.makeKey()
      try run.folder.append { _ in note("before") }
      let file = try run.folder.sign(statement, key: key)
      #expect(file == "signatures/1-accepted.sha256")
      try run.folder.append { _ in note("after") }
      var reviewed = statement
      reviewed.role = .reviewed
      _ = try run.folder.sign(reviewed, key: key)
      let unknown = try run.folder.verify()
      #expect(unknown.isWhole)
      #expect(unknown.signed.map(\.check) == [.intact, .intact])
      let known = try run.folder.verify(allowedSigners: key + ".allowed")
      #expect(known.isWhole)
      #expect(
        known.signed.map(\.check) == [.by(identity: "jane@example.org"), .by(identity: "jane@example.org")])
      #expect(known.signed.map(\.statement) == [statement, reviewed])
    }
  }

  @Test("A file, a note or a statement that was changed after the signature is named")
  func changedAfterSignature() throws {
    try withRunFolder { run in
      let key = try run.makeKey()
      try run.folder.append { _ in note("true") }
      let file = try run.folder.sign(statement, key: key)
      try run.write("<html>!", to: "report.html")
      #expect(try run.folder.verify().signed[0].differing == [.init(name: "report.html", state: .changed)])
      try run.write("<html>", to: "report.html")
      #expect(try run.folder.verify().isWhole)

      let review = try run.read("review.jsonl")
      try run.write(review.replacing("true", with: "false"), to: "review.jsonl")
      #expect(try run.folder.verify().signed[0].differing == [.init(name: "review.jsonl", state: .changed)])
      try run.write(review, to: "review.jsonl")

      let text = try run.read(file)
      try run.write(text.replacing("Jane Doe", with: "John Doe"), to: file)
      let forged = try run.folder.verify(allowedSigners: key + ".allowed")
      #expect(!forged.isWhole)
      guard case .wrong = forged.signed[0].check else {
        Issue.record("\(forged.signed[0].check)")
        return
      }
    }
  }

  @Test("A signature of a key that isn't allowed, a removed one, and one of another run are named")
  func foreign() throws {
    try withRunFolder { run in
      let key = try run.makeKey()
      let other = try run.makeKey("other")
      let file = try run.folder.sign(statement, key: key)
      guard case .wrong = try run.folder.verify(allowedSigners: other + ".allowed").signed[0].check else {
        Issue.record("the key was accepted")
        return
      }
      let copy = EvidenceFolder(path: run.path + "/../2026-11-28T0630Z-unplug-77aa/")
      try FileManager.default.copyItem(
        atPath: run.path, toPath: run.path + "/../2026-11-28T0630Z-unplug-77aa")
      // The folder to hand over is a copy with another name.
      #expect(try copy.verify(allowedSigners: key + ".allowed").isWhole)
      try Data("{\"at\":1}\n".utf8).write(to: URL(filePath: copy.path + "events.jsonl"))
      #expect(try copy.verify().signed[0].otherRun == run.folder.run)
      #expect(try !copy.verify().isWhole)
      try FileManager.default.removeItem(atPath: "\(run.path)/\(file).sig")
      #expect(try run.folder.verify().signed[0].check == .missing)
      #expect(try !run.folder.verify().isWhole)
    }
  }

  @Test("A signature whose statement was removed is named, and acknowledges nothing")
  func withoutStatement() throws {
    try withRunFolder { run in
      let key = try run.makeKey()
      let file = try run.folder.sign(statement, key: key)
      #expect(try run.folder.isAcknowledged)
      try FileManager.default.removeItem(atPath: "\(run.path)/\(file)")
      let verification = try run.folder.verify(allowedSigners: key + ".allowed")
      #expect(
        verification.signed == [
          Verification.Signed(file: file, statement: nil, check: .withoutStatement, differing: [])
        ])
      #expect(!verification.isWhole)
      #expect(try !run.folder.isAcknowledged)
      // The next signature doesn't take its place.
      #expect(try run.folder.sign(statement, key: key) == "signatures/2-accepted.sha256")
      #expect(try run.folder.verify().signed.map(\.check) == [.withoutStatement, .intact])
    }
  }

  @Test("A statement that was renamed is checked like every other")
  func renamedStatement() throws {
    try withRunFolder { run in
      let file = try run.folder.sign(statement, key: try run.makeKey())
      for ending in ["", ".sig"] {
        try FileManager.default.moveItem(
          atPath: "\(run.path)/\(file)\(ending)", toPath: "\(run.path)/signatures/renamed.sha256\(ending)")
      }
      try run.write("<html>!", to: "report.html")
      let signed = try run.folder.verify().signed
      #expect(signed.map(\.file) == ["signatures/renamed.sha256"])
      #expect(signed.first?.differing == [.init(name: "report.html", state: .changed)])
    }
  }

  @Test("Without a key nothing is left of the signature")
  func noKey() throws {
    try withRunFolder { run in
      #expect(throws: EvidenceError.self) { try run.folder.sign(statement, key: "/nonexistent") }
      let verification = try run.folder.verify()
      #expect(verification.signed.isEmpty)
    }
  }
}
